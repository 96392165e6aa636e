"""The image that is written without an engine is the one that an engine builds of the same plan."""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold
from tests.support.scanners import seen_by_both
from tools import WRITTEN

pytestmark = [pytest.mark.engine, pytest.mark.online]

ROOT = Path(__file__).parents[2]
PYTHON = "3.13"
# What the two clients say of themselves, and what an engine adds of its own.
_SAID = ("created", "config", "architecture", "os", "variant")

Row = tuple[bytes, int, int, int, int, int, str, str]


def read_saved(path: Path) -> tuple[dict[str, Any], list[dict[str, Row]]]:
    """Return configuration and layers of an archive, each path with all that an image keeps."""
    with tarfile.open(path) as tar:

        def read(name: str) -> bytes:
            file = tar.extractfile(name)
            assert file is not None
            return file.read()

        (saved,) = json.loads(read("manifest.json"))
        layers = []
        for name in saved["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(read(name))) as layer:
                # Engines lay devices of their own over those that a base may have.
                kept = (one for one in layer if not (one.ischr() or one.isblk()))
                layers.append({one.name.strip("/"): read_row(layer, one) for one in kept})
        return json.loads(read(saved["Config"])), layers


def read_files(path: Path) -> dict[str, bytes]:
    """Return the records in an archive's layers, later ones over earlier ones."""
    found = {}
    with tarfile.open(path) as tar:
        (saved,) = json.loads(cast("IO[bytes]", tar.extractfile("manifest.json")).read())
        for name in saved["Layers"]:
            with tarfile.open(fileobj=tar.extractfile(name)) as layer:
                for one in layer:
                    if one.isreg() and ("/dpkg/status" in one.name or "/apk/db/" in one.name):
                        found[one.name] = cast("IO[bytes]", layer.extractfile(one)).read()
    return found


def read_row(layer: tarfile.TarFile, one: tarfile.TarInfo) -> Row:
    file = layer.extractfile(one) if one.isreg() else None
    held = hashlib.sha256(file.read()).hexdigest() if file else ""
    size = one.size
    if one.name.endswith(".pyc"):  # of another patch release of that minor, and of another run
        held, size = "bytecode", 0
    return (one.type, one.mode, one.uid, one.gid, int(one.mtime), size, one.linkname, held)


def package(project: Path) -> None:
    """Make the project a package below ``src``, which asks for an sdist, too."""
    (project / "src/shop").mkdir(parents=True)
    (project / "main.py").rename(project / "src/shop/__init__.py")
    (project / "Procfile").write_text("web: uvicorn shop:app --host 0.0.0.0 --port 8000\n")
    asked = project / "requirements.txt"
    asked.write_text(f"{asked.read_text()}docopt==0.6.2\n")
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "shop"\nversion = "1"\n[project.scripts]\nshop = "shop:app"\n'
    )


def save_base(engine: Engine, project: Path, arch: str) -> tuple[str, str]:
    """Put the base image of a project's plan beside it, and return the option that names it."""
    record = json.loads((project / "leanscaffold.json").read_text())
    reference, archive = record["targets"][0]["reference"], project.parent / "base.tar"
    engine.docker("pull", "--quiet", "--platform", f"linux/{arch}", reference)
    engine.docker("save", reference, "-o", str(archive))
    return "--base-from", str(archive)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("base", ["slim-trixie", "bare-trixie", "bare-alpine-3.23"])
def test_both_images_have_the_same_files(
    bases: Callable[..., Engine],
    certificates: Path | None,
    tmp_path: Path,
    base: str,
    own: bool,  # noqa: FBT001 - pytest hands it over
) -> None:
    engine = bases("amd64")
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "fastapi", project, ignore=WRITTEN)
    if own:  # and an sdist that is built
        package(project)
    trust = ("--ca", str(certificates)) if certificates else ()
    env = {**environment(engine, tmp_path), "SOURCE_DATE_EPOCH": "1700000000"}
    name = f"leanscaffold-test-same-{uuid4().hex[:8]}"
    choice = ("--target", "amd64", "--python", PYTHON, "--base", base, *trust, "--quiet")
    built = leanscaffold("build", str(project), *choice, "--tag", name, env=env)
    assert built.code == 0, built.err
    try:
        engine.docker("save", name, "-o", str(tmp_path / "engine.tar"))
    finally:
        engine.docker("rmi", "--force", name)
    words = ("--to", str(tmp_path / "own.tar"), *save_base(engine, project, "amd64"))
    written = leanscaffold("build", str(project), *words, "--tag", name, *trust, env=env)
    assert written.code == 0, written.err
    theirs, their_layers = read_saved(tmp_path / "engine.tar")
    ours, our_layers = read_saved(tmp_path / "own.tar")
    their_layers = [layer for layer in their_layers if layer]  # WORKDIR makes one without files
    compiled = "no CPython" not in written.out
    assert len(our_layers) == len(their_layers)
    for made, other in zip(our_layers, their_layers, strict=True):
        wanted = other if compiled else {k: v for k, v in other.items() if "pyc" not in k}
        assert {k: v for k, v in wanted.items() if made.get(k) != v} == {}
        assert set(made) - set(wanted) == set()
    assert {key: ours.get(key) for key in _SAID} == {key: theirs.get(key) for key in _SAID}
    libraries = {"slim-trixie": "libssl3t64", "bare-trixie": "libssl3t64"}.get(base, "libssl3")
    seen = {one.name for one in seen_by_both(read_files(tmp_path / "own.tar"))}
    assert {libraries, "musl" if "alpine" in base else "libc6"} <= seen


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
@pytest.mark.parametrize("example", ["hello", "fastapi", "django", "yolo", "pandas", "detector"])
def test_an_example_written_without_an_engine_passes_on_one(
    bases: Callable[..., Engine], certificates: Path | None, tmp_path: Path, example: str, arch: str
) -> None:
    engine = bases(arch)
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / example, project, ignore=WRITTEN)
    trust = ("--ca", str(certificates)) if certificates else ()
    env = environment(engine, tmp_path)
    choice = ("--target", arch, "--python", PYTHON, "--base", "bare-trixie", *trust, "--quiet")
    generated = leanscaffold("generate", str(project), *choice, env=env)
    assert generated.code == 0, generated.err
    name = f"leanscaffold-test-example-{uuid4().hex[:8]}:latest"
    words = ("--to", str(tmp_path / "app.tar"), *save_base(engine, project, arch), "--tag", name)
    no_engine = {**env, "DOCKER_HOST": f"unix://{tmp_path / 'none.sock'}"}
    written = leanscaffold("build", str(project), *words, *trust, env=no_engine)
    assert written.code == 0, written.err
    engine.docker("load", "--quiet", "--input", str(tmp_path / "app.tar"))
    try:
        proven = leanscaffold("verify", str(project), "--image", name, "--quick", env=env)
    finally:
        engine.docker("rmi", "--force", name)
    assert proven.code == 0, proven.out + proven.err
