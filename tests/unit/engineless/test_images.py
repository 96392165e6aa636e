"""Images written without an engine, from a base in OCI's layout to the archive."""

import base64
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sys
import sysconfig
import tarfile
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

import pytest

from scaffold.docker.blob_store import Store
from scaffold.docker.image_archive import read_archive_file
from scaffold.docker.oci import (
    CONFIG,
    MANIFEST,
    ZSTD_LAYER,
    ZSTD_MAGIC,
    Image,
    Layout,
    dump,
    write_archive,
    write_layout,
    zstd,
)
from scaffold.dockerfile.template_context import make_template_context
from scaffold.dockerfile.template_values import OwnBuild, TemplateContext
from scaffold.engineless.attestation import PROVENANCE, SPDX
from scaffold.engineless.base_files import unpack_base
from scaffold.engineless.images import ImageJob, Written, check_goal, write_bundle, write_images
from scaffold.engineless.layers import Entry, write_layer
from scaffold.engineless.wheels import gather_wheels
from scaffold.index.configuration import IndexConfig
from scaffold.model.build import BuildOptions
from scaffold.model.errors import (
    BaseUnavailableError,
    PathUnreadableError,
    StepFailedError,
    UsageError,
)
from scaffold.model.options import FetchedModel
from scaffold.model.plan import Plan
from scaffold.model.target import Arch
from scaffold.model.verification import Expectation, Status
from scaffold.report.sbom import list_image, make_spdx
from scaffold.verify.session import verify_files
from tests.support.dockerfiles import distroless, plan_of, simple_plan
from tests.support.registry_server import RegistryServer, serving
from tests.support.worlds import World
from tests.unit.planner.test_decide import slim

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
LIB = f"usr/local/lib/python{MINOR}"
WHEEL = "wheels/a-1-py3-none-any.whl"
OLD = 1_000_000_000


def cut() -> Plan:
    """Return a plan of a minimal image with one package, for this machine's Python."""
    base = replace(slim(), id="bare-trixie", family="bare", shell=False, origin="slim-trixie")
    return of_base(simple_plan(base=base))


def of_base(plan: Plan) -> Plan:
    targets = tuple(replace(one, files=(WHEEL,)) for one in plan.targets)
    return replace(plan, python=MINOR, targets=targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    folder: Path

    def build(self, plan: Plan, cache: str = "cache", **changes: Any) -> Written:
        return write_images(self.job(plan, cache, **changes), lambda _: None)

    def job(self, plan: Plan, cache: str = "cache", **changes: Any) -> ImageJob:
        made = ImageJob(
            folder=self.folder / "project",
            project="app",
            arches=(Arch.ARM64,),
            goal=str(self.folder / "app.tar"),
            base_from=f"oci:{self.folder / 'base'}",
            wishes=BuildOptions(),
            index=IndexConfig(index_url="https://index.example/simple"),
            cache=self.folder / cache,
            environ=os.environ,
            moment=OLD,
            view=lambda: make_template_context(plan),
        )
        return replace(made, **changes)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    project = tmp_path / "project"
    for path, text in {
        "main.py": "x = 1\n",
        "run.sh": "#!/bin/sh\n",
        ".env": "TOKEN=1\n",
        ".dockerignore": "**/.env\n",
        "data/empty.txt": "",
    }.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    (project / "run.sh").chmod(0o700)
    (project / "link").symlink_to("main.py")
    (project / "wheels").mkdir()
    lock_wheel(project)
    write_layout(tmp_path / "base", [make_base_image(tmp_path)], Store(tmp_path / "made"))
    return Bench(folder=tmp_path)


def lock_wheel(project: Path, requires: str = ">=3") -> None:
    digest = make_wheel(project / WHEEL, requires)
    lock = f"--no-index\na==1 --hash=sha256:{digest}\n"
    (project / "requirements.arm64.lock").write_text(lock)


def make_wheel(path: Path, requires: str) -> str:
    metadata = f"Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Python: {requires}\n"
    files = {
        "a/__init__.py": "def main():\n    return 0\n",
        **dict.fromkeys(("a/libz.so", "a/libz.so.1"), "z" * (1 << 16)),
        "a-1.dist-info/METADATA": metadata,
        "a-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "a-1.dist-info/entry_points.txt": "[console_scripts]\na = a:main\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, "a-1.dist-info/RECORD"))
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, "a-1.dist-info/RECORD": record}.items():
            wheel.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_base_image(folder: Path) -> Image:
    """Return a base of two layers, the second of which removes and replaces."""
    store = Store(folder / "made")
    texts = {
        "below": {
            f"usr/local/bin/python{MINOR}": "interpreter",
            f"{LIB}/json/__init__.py": "y = 2\n",
            f"{LIB}/gone.py": "",
            f"{LIB}/site-packages/pip/__init__.py": "",
            "usr/local/bin/pip3": "",
            "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
            "etc/group": "root:x:0:\n",
            "var/lib/secret": "s",
        },
        "above": {f"{LIB}/.wh.gone.py": "", f"{LIB}/json/__init__.py": "y = 3\n"},
    }
    layers = []
    for name, files in texts.items():
        entries = []
        for path, text in files.items():
            source = folder / "sources" / name / path
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(text)
            mode = 0o755 if "/bin/" in path else 0o640 if "secret" in path else 0o644
            entries.append(
                Entry(path=path, mode=mode, gid=42, mtime=OLD, size=len(text), source=source)
            )
        if name == "below":
            entries.append(
                Entry(
                    path="usr/local/bin/same",
                    kind=tarfile.LNKTYPE,
                    target=f"usr/local/bin/python{MINOR}",
                    mtime=OLD,
                )
            )
        layers.append(write_layer(entries, store))
    config = store.add(
        dump(
            {
                "architecture": "arm64",
                "os": "linux",
                "variant": "v8",
                "config": {"Env": ["PATH=/bin", "LANG=C"], "Entrypoint": ["python"]},
                "rootfs": {"type": "layers", "diff_ids": [one.diff for one in layers]},
            }
        ),
        CONFIG,
    )
    manifest = {"config": config.describe(), "layers": [one.describe() for one in layers]}
    return Image(
        arch=Arch.ARM64,
        tag="",
        manifest=store.add(dump(manifest), MANIFEST),
        config=config,
        layers=tuple(layers),
    )


def read_image(path: Path) -> tuple[dict[str, Any], list[dict[str, tarfile.TarInfo]]]:
    """Return configuration and the entries of each layer, as ``docker load`` finds them."""
    with tarfile.open(path) as tar:

        def read(name: str) -> bytes:
            file = tar.extractfile(name)
            assert file is not None
            return file.read()

        (saved,) = json.loads(read("manifest.json"))
        config = json.loads(read(saved["Config"]))
        layers = []
        for name, diff in zip(saved["Layers"], config["rootfs"]["diff_ids"], strict=True):
            data = read(name)
            assert hashlib.sha256(data).hexdigest() == name.rpartition("/")[2]
            data = (zstd if data.startswith(ZSTD_MAGIC) else gzip).decompress(data)
            with tarfile.open(fileobj=io.BytesIO(data)) as layer:
                layers.append({one.name: one for one in layer})
            assert f"sha256:{hashlib.sha256(data).hexdigest()}" == diff
    return config, layers


def owners(layer: Mapping[str, tarfile.TarInfo]) -> dict[str, tuple[int, int]]:
    return {name: (one.uid, one.mode) for name, one in layer.items()}


def test_a_minimal_image_has_the_layers_of_its_plan_with_owners_modes_and_times(
    bench: Bench,
) -> None:
    written = bench.build(cut())
    config, layers = read_image(bench.folder / "app.tar")
    base, *packages, app = layers
    assert owners(app) == {
        "app": (10001, 0o755),
        "app/__pycache__": (10001, 0o755),
        f"app/__pycache__/main.{sys.implementation.cache_tag}.pyc": (10001, 0o644),
        "app/.dockerignore": (10001, 0o644),
        "app/data": (10001, 0o755),
        "app/data/empty.txt": (10001, 0o644),
        "app/link": (10001, 0o777),
        "app/main.py": (10001, 0o644),
        "app/run.sh": (10001, 0o755),
        "app/wheels": (10001, 0o755),
        f"app/{WHEEL}": (10001, 0o644),
    }
    assert app["app/link"].linkname == "main.py"
    assert {one.mtime for one in app.values()} == {OLD}
    assert f"{LIB}/json/__init__.pyc" in base
    assert f"{LIB}/gone.pyc" not in base
    assert (base["home/app"].uid, base["app"].uid, base["etc/passwd"].uid) == (10001, 10001, 0)
    assert base["tmp"].mode == 0o1777
    assert packages[-1]["usr/local/bin/a"].mode == 0o755
    (layer,) = (one for one in packages if f"{LIB}/site-packages/a/__init__.py" in one)
    link = layer[f"{LIB}/site-packages/a/libz.so.1"]
    assert (link.islnk(), link.linkname) == (True, f"{LIB}/site-packages/a/libz.so")
    assert config["architecture"] == "arm64"
    assert config["config"]["User"] == "10001:10001"
    assert config["config"]["ExposedPorts"] == {"8000/tcp": {}}
    assert config["config"]["Healthcheck"]["Interval"] == 30_000_000_000
    assert written.notes == ()
    assert written.built[0].size


def test_a_command_names_the_interpreter_of_the_image(bench: Bench) -> None:
    bench.build(cut(), goal=f"oci:{bench.folder / 'out'}")
    texts = []
    for blob in (bench.folder / "out/blobs/sha256").iterdir():
        if blob.read_bytes()[:2] == b"\x1f\x8b":
            with tarfile.open(blob) as layer:
                if "usr/local/bin/a" in layer.getnames():
                    file = layer.extractfile("usr/local/bin/a")
                    assert file is not None
                    texts.append(file.readline().decode().strip())
    assert texts == ["#!/usr/local/bin/python"]


@pytest.mark.parametrize("archive", [True, False])
def test_provenance_and_contents_stand_beside_the_image(bench: Bench, *, archive: bool) -> None:
    def list_contents(image: Path) -> dict[str, Any]:
        return make_spdx(list_image(read_archive_file(image), "app"))

    blobs: dict[str, bytes] = {}
    with serving(RegistryServer()) as registry:
        goal = {} if archive else {"goal": f"{registry.host}/app:1"}
        built = bench.build(cut(), list_contents=list_contents, **goal)
        top = dict(registry.manifests).get("1", ("", b""))[1] or b""
        blobs = {**registry.blobs, **{k: v or b"" for k, (_, v) in registry.manifests.items()}}
    if archive:
        read_image(bench.folder / "app.tar")  # as without: who loads it sees nothing of them
        with tarfile.open(bench.folder / "app.tar") as tar:
            for name in tar.getnames():
                file = tar.extractfile(name)
                blobs[name.removeprefix("blobs/").replace("/", ":")] = file.read() if file else b""
        top = blobs[json.loads(blobs["index.json"])["manifests"][0]["digest"]]
    image, attested = json.loads(top)["manifests"]
    assert attested["platform"] == {"architecture": "unknown", "os": "unknown"}
    assert attested["annotations"]["vnd.docker.reference.digest"] == image["digest"]
    assert archive or built.built[0].image == image["digest"]
    layers = json.loads(blobs[attested["digest"]])["layers"]
    said = {}
    for layer in layers:
        statement = json.loads(blobs[layer["digest"]])
        assert layer["annotations"] == {"in-toto.io/predicate-type": statement["predicateType"]}
        (subject,) = statement["subject"]
        assert f"sha256:{subject['digest']['sha256']}" == image["digest"]
        said[statement["predicateType"]] = statement["predicate"]
    origin = said[PROVENANCE]["buildDefinition"]["resolvedDependencies"]
    lock = (bench.folder / "project/requirements.arm64.lock").read_text()
    assert [one["uri"] for one in origin] == [
        "pkg:docker/python@3.13-slim-trixie?platform=linux%2Farm64",
        "pkg:pypi/a@1",
    ]
    assert origin[1]["digest"]["sha256"] in lock
    assert "pkg:pypi/a@1" in json.dumps(said[SPDX])


def test_two_machines_write_one_digest(bench: Bench) -> None:
    first = bench.build(cut())
    (bench.folder / "project/main.py").touch()
    (bench.folder / "project/main.py").chmod(0o600)
    again = bench.build(cut(), cache="other")
    assert first.built[0].image == again.built[0].image


def test_layers_compressed_with_zstd_hold_the_same_and_can_be_a_base(bench: Bench) -> None:
    bench.build(cut())
    plain, _ = read_image(bench.folder / "app.tar")
    packed = BuildOptions(compression="zstd:3")
    bench.build(cut(), wishes=packed)
    config, _ = read_image(bench.folder / "app.tar")
    assert config["rootfs"] == plain["rootfs"]
    goal = bench.folder / "out"
    bench.build(cut(), goal=f"oci:{goal}", wishes=packed)
    (row,) = json.loads((goal / "index.json").read_text())["manifests"]
    manifest = json.loads((goal / "blobs" / row["digest"].replace(":", "/")).read_text())
    assert {one["mediaType"] for one in manifest["layers"]} == {ZSTD_LAYER}
    entries = unpack_base(Layout(goal).find("app:latest", Arch.ARM64), Store(goal)).entries
    assert "app/main.py" in entries
    assert "/app/main.py" in read_archive_file(bench.folder / "app.tar").files


def test_an_edit_makes_another_last_layer_alone(bench: Bench) -> None:
    first = bench.build(cut())
    before, _ = read_image(bench.folder / "app.tar")
    (bench.folder / "project/main.py").write_text("x = 2\n")
    edited = bench.build(cut())
    after, _ = read_image(bench.folder / "app.tar")
    assert first.built[0].image != edited.built[0].image
    same = [
        a == b for a, b in zip(*(c["rootfs"]["diff_ids"] for c in (before, after)), strict=True)
    ]
    assert same == [*(len(same) - 1) * [True], False]


def test_models_have_a_layer_of_their_own_that_no_edit_moves(bench: Bench) -> None:
    view = replace(make_template_context(cut()), models=("data/net.onnx", "data/gone.onnx"))
    (bench.folder / "project/data/net.onnx").write_bytes(b"\0" * 100)
    bench.build(cut(), view=lambda: view)
    before, (*_, models, app) = read_image(bench.folder / "app.tar")
    assert owners(models) == {
        "app": (10001, 0o755),
        "app/data": (10001, 0o755),
        "app/data/net.onnx": (10001, 0o644),
    }
    assert {one.mtime for one in models.values()} == {view.moment}
    assert "app/data/empty.txt" in app
    assert "app/data/net.onnx" not in app
    assert [one["created_by"] for one in before["history"]][-2:] == [
        "leanscaffold: models",
        "leanscaffold: application",
    ]


def test_a_file_that_is_fetched_has_a_layer_of_its_own(bench: Bench) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    model = FetchedModel(path="net/a.onnx", url="http://127.0.0.1:1/a", sha256=digest)
    view = replace(make_template_context(cut()), fetched=(model,))
    with pytest.raises(StepFailedError, match="cannot be fetched"):
        bench.build(cut(), view=lambda: view)
    Store(bench.folder / "cache/images").add(b"weights", "")
    bench.build(cut(), view=lambda: view)
    _, (*_, fetched, app) = read_image(bench.folder / "app.tar")
    assert owners(fetched) == {
        "app": (10001, 0o755),
        "app/net": (10001, 0o755),
        "app/net/a.onnx": (10001, 0o644),
    }
    assert "app/main.py" in app


def test_a_base_that_stays_whole_loses_pip_and_gets_a_user(bench: Bench) -> None:
    bench.build(of_base(simple_plan()))
    _, (base, *_) = read_image(bench.folder / "app.tar")
    assert "usr/local/bin/pip3" not in base
    assert not any("/pip/" in name for name in base)
    assert f"{LIB}/gone.py" not in base
    secret = base["var/lib/secret"]
    assert (secret.mode, secret.gid, secret.mtime) == (0o640, 42, OLD)
    assert base["usr/local/bin/same"].islnk()
    assert base["home/app"].uid == 10001
    assert base["etc/passwd"].size > len("root:x:0:0:root:/root:/bin/bash\n")


def test_a_base_without_pip_keeps_its_layers_and_variables(bench: Bench) -> None:
    bench.build(of_base(simple_plan(base=distroless())))
    config, layers = read_image(bench.folder / "app.tar")
    assert f"{LIB}/gone.py" in layers[0]
    assert "LANG=C.UTF-8" in config["config"]["Env"] or "LANG=C" in config["config"]["Env"]
    assert "Entrypoint" not in config["config"]


def test_a_base_also_comes_from_an_archive(bench: Bench) -> None:
    folder = bench.folder
    store = Store(folder / "made")
    write_archive(folder / "base.tar", [make_base_image(folder)], store)
    first = bench.build(cut())
    assert bench.build(cut(), cache="x", base_from=str(folder / "base.tar")).built[0].image == (
        first.built[0].image
    )
    with pytest.raises(BaseUnavailableError, match="no image for linux/386"):
        bench.build(cut(), arches=(Arch.I386,), base_from=str(folder / "base.tar"))


def test_a_base_of_another_name_is_refused(bench: Bench) -> None:
    image = replace(make_base_image(bench.folder), tag="mirror.example/python:2.7-slim")
    store = Store(bench.folder / "made")
    write_archive(bench.folder / "base.tar", [image], store)
    write_layout(bench.folder / "other", [image], store)
    for place in (bench.folder / "base.tar", f"oci:{bench.folder / 'other'}"):
        with pytest.raises(BaseUnavailableError, match=r"has mirror.example/python:2.7-slim"):
            bench.build(cut(), base_from=str(place))


def test_what_needs_no_run_is_proven_of_an_archive_and_the_rest_is_named(bench: Bench) -> None:
    bench.build(cut())
    contents = read_archive_file(bench.folder / "app.tar")
    promise = Expectation(arch=Arch.ARM64, packages={"a": "1"})
    report = verify_files(contents, promise, {})
    by_status = {status: [c.code for c in report.checks if c.status is status] for status in Status}
    assert by_status[Status.LEFT_OUT] == [
        *("imports", "start", "memory", "stop", "writes", "rebuild", "update"),
    ]
    assert {"size", "libraries", "secrets"} <= set(by_status[Status.PASSED])
    assert by_status[Status.NOT_VERIFIED] == []
    lacking = verify_files(contents, replace(promise, packages={"b": "2"}), {})
    assert next(one for one in lacking.checks if one.code == "imports").status is Status.FAILED
    with pytest.raises(PathUnreadableError, match="cannot be read"):
        read_archive_file(bench.folder / "none.tar")


def test_a_bundle_is_all_that_a_machine_without_a_network_needs(bench: Bench) -> None:
    first = bench.build(cut())
    job = bench.job(cut(), cache="packing", goal=str(bench.folder / "site.tar"))
    write_bundle(job, lambda _: None)
    shutil.rmtree(bench.folder / "base")

    def undecided() -> TemplateContext:
        raise AssertionError("the plan is in the bundle")

    there = {"base_from": "", "bundle": str(bench.folder / "site.tar"), "view": undecided}
    again = bench.build(cut(), cache="there", **there)
    with tarfile.open(bench.folder / "site.tar") as tar:
        assert "wheels/a-1-py3-none-any.whl" in tar.getnames()
    assert first.built[0].size == again.built[0].size
    (bench.folder / "bad.tar").write_bytes(b"")
    with pytest.raises(BaseUnavailableError, match="is not a bundle"):
        bench.build(cut(), cache="x", **{**there, "bundle": str(bench.folder / "bad.tar")})


def test_wheels_are_asked_for_once(tmp_path: Path) -> None:
    store, asked = Store(tmp_path / "store"), []
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a.whl", "b.whl")}
    lock = tmp_path / "lock"

    def gather(names: tuple[str, ...], folder: str) -> dict[str, str]:
        lock.write_text("".join(f"{n}==1 \\\n  --hash=sha256:{digests[n]}\n" for n in names))
        files = tmp_path / folder
        files.mkdir()

        def download(part: Path) -> None:
            missing = [name for name in digests if digests[name] in part.read_text()]
            asked.append(missing)
            for name in missing:
                (files / name).write_text(name)

        return gather_wheels(lock, files, store, download)

    gather(("a.whl",), "one")
    gather(("a.whl", "b.whl"), "two")
    found = gather(("a.whl", "b.whl"), "three")
    assert asked == [["a.whl"], ["b.whl"]]
    assert found == {name: f"sha256:{digest}" for name, digest in digests.items()}
    assert (tmp_path / "three/b.whl").read_text() == "b.whl"


def test_what_was_changed_on_the_way_is_refused(bench: Bench) -> None:
    lock = bench.folder / "project/requirements.arm64.lock"
    lock.write_text(f"--no-index\na==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(StepFailedError) as raised:
        bench.build(cut())
    assert any("HASHES" in one.text for one in raised.value.details)


def test_without_a_python_of_that_minor_there_is_no_bytecode_and_a_note(bench: Bench) -> None:
    plan = replace(cut(), python="3.99")
    base = bench.folder / "project"
    assert base.is_dir()
    view = make_template_context(plan)
    written = bench.build(cut(), view=lambda: as_of(view))
    assert "no CPython 3.99" in written.notes[0]
    _, layers = read_image(bench.folder / "app.tar")
    assert not any(name.endswith(".pyc") for layer in layers for name in layer)


def test_packages_that_this_machines_python_cannot_run_are_installed(bench: Bench) -> None:
    lock_wheel(bench.folder / "project", ">=3.99")
    bench.build(replace(cut(), python="3.99"))
    _, layers = read_image(bench.folder / "app.tar")
    assert any("/a/__init__.py" in name for layer in layers for name in layer)


BACKEND = """
import os, zipfile

def build_wheel(folder, config=None, metadata=None, tag="TAG"):
    name = f"own-1-{tag}.whl"
    files = {
        "own/__init__.py": "z = 1\\n",
        "own-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: own\\nVersion: 1\\n",
        "own-1.dist-info/WHEEL": f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {tag}\\n",
        "own-1.dist-info/entry_points.txt": "[console_scripts]\\nown = own:main\\n",
    }
    record = "".join(f"{one},,\\n" for one in (*files, "own-1.dist-info/RECORD"))
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        for one, text in {**files, "own-1.dist-info/RECORD": record}.items():
            wheel.writestr(zipfile.ZipInfo(one), text)
    return name
"""
SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def with_own_package(bench: Bench, tag: str = "py3-none-any") -> ImageJob:
    """Return a job whose project is a package below ``src``, with a backend of its own."""
    project = bench.folder / "project"
    (project / "backend.py").write_text(BACKEND.replace("TAG", tag))
    (project / "pyproject.toml").write_text(SYSTEM)
    (project / "requirements.build.lock").write_text("# nothing\n")
    (project / "src/own").mkdir(parents=True)
    (project / "src/own/__init__.py").write_text("z = 0\n")
    (project / "src/own/kept.txt").write_text("kept")
    own = OwnBuild(number=1, folder="/build", root="/out/app/src")
    view = replace(make_template_context(cut()), own=(own,))
    return replace(bench.job(cut()), view=lambda: view)


def test_the_projects_own_package_is_built_and_laid_over_its_sources(bench: Bench) -> None:
    job = with_own_package(bench)
    write_images(job, lambda _: None)
    _, layers = read_image(bench.folder / "app.tar")
    app = layers[-1]
    assert {"app/src/own/kept.txt", "app/src/own-1.dist-info/METADATA"} <= set(app)
    assert any(name.startswith("app/src/own/__pycache__/") for name in app)
    assert owners(app)["app/src/own/__init__.py"] == owners(app)["app/main.py"]
    assert owners(app)["usr/local/bin/own"] == (0, 0o755)
    texts = read_texts(bench.folder / "app.tar")
    assert texts["app/src/own/__init__.py"] == "z = 1\n"
    assert texts["usr/local/bin/own"].startswith("#!/usr/local/bin/python")
    # As a stage of the Dockerfile would say, whatever the folder is called here.
    origin = texts["app/src/own-1.dist-info/direct_url.json"]
    assert json.loads(origin)["url"] == "file:///wheels/1/own-1-py3-none-any.whl"
    digest = base64.urlsafe_b64encode(hashlib.sha256(origin.encode()).digest()).decode().rstrip("=")
    record = texts["app/src/own-1.dist-info/RECORD"]
    assert f"own-1.dist-info/direct_url.json,sha256={digest},{len(origin)}" in record


def test_an_own_package_with_code_of_this_machine_is_refused(bench: Bench) -> None:
    tag = f"cp{MINOR.replace('.', '')}-abi3-{sysconfig.get_platform()}".replace(
        "-linux-", "-linux_"
    )
    with pytest.raises(UsageError, match="machine code of this machine"):
        write_images(with_own_package(bench, tag), lambda _: None)


def test_an_sdist_that_is_pure_python_is_built(bench: Bench) -> None:
    project = bench.folder / "project"
    sdist = project / "wheels/own-1.tar.gz"
    with tarfile.open(sdist, "w:gz") as tar:
        for name, text in {
            "pyproject.toml": SYSTEM,
            "backend.py": BACKEND.replace("TAG", "py3-none-any"),
            "PKG-INFO": "Metadata-Version: 2.1\nName: own\nVersion: 1\n",
        }.items():
            (project / name).write_text(text)
            tar.add(project / name, f"own-1/{name}")
            (project / name).unlink()
    lock = project / "requirements.arm64.lock"
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    lock.write_text(f"{lock.read_text()}own==1 --hash=sha256:{digest}\n")
    view = make_template_context(cut())
    files = (*view.builds[0].files, ("wheels/own-1.tar.gz", "/tmp/files/own-1.tar.gz"))  # noqa: S108
    build = replace(view.builds[0], pure=("own",), sdists=("own",), files=files)
    bench.build(cut(), view=lambda: replace(view, builds=(build,)))
    texts = read_texts(bench.folder / "app.tar")
    assert texts[f"{LIB}/site-packages/a/__init__.py"]
    assert texts[f"{LIB}/site-packages/own/__init__.py"] == "z = 1\n"
    # It is of an index, not of a file: pip's own cache may have built that another day.
    assert f"{LIB}/site-packages/own-1.dist-info/direct_url.json" not in texts


def read_texts(archive: Path) -> dict[str, str]:
    """Return what the files of an image's layers say, later ones over earlier ones."""
    found: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        saved = json.loads(cast("IO[bytes]", tar.extractfile("manifest.json")).read())
        for name in saved[0]["Layers"]:
            with tarfile.open(fileobj=tar.extractfile(name)) as layer:
                found |= {
                    one.name: cast("IO[bytes]", layer.extractfile(one))
                    .read()
                    .decode("utf-8", "replace")
                    for one in layer
                    if one.isreg()
                }
    return found


def as_of(view: TemplateContext) -> TemplateContext:
    """Return a view whose base is this machine's, though its Python is another."""
    words = tuple(one.replace("python3.99", f"python{MINOR}") for one in view.assembly)
    builds = tuple(
        replace(one, selection=tuple(p for p in one.selection if p[0] == "--platform"))
        for one in view.builds
    )
    return replace(view, assembly=words, builds=builds)


def test_what_needs_an_engine_is_refused_with_all_reasons(bench: Bench) -> None:
    plan = plan_of(World().add("a-1.tar.gz").add("b-1-py3-none-any.whl"), "a", "b")
    with pytest.raises(UsageError, match="without an engine") as raised:
        bench.build(plan)
    texts = [one.text for one in raised.value.details]
    assert any("a compiler" in text for text in texts), texts
    assert "leave out --to" in raised.value.hint


@pytest.mark.parametrize("goal", ["app", "oci:", "app.zip"])
def test_a_goal_that_is_none_is_refused(goal: str) -> None:
    with pytest.raises(UsageError, match="--to"):
        check_goal(goal)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork, and no kill")
def test_a_build_that_is_killed_leaves_a_whole_image_or_none_and_the_next_mends(
    bench: Bench,
) -> None:
    made = bench.folder / "project/app.tar"
    begun = time.monotonic()
    wanted = bench.build(cut(), "other", goal=str(bench.folder / "app.tar")).built[0].image
    whole = time.monotonic() - begun
    for number in range(6):
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            with suppress(BaseException):
                bench.build(cut(), goal=str(made))
            os._exit(0)
        with suppress(PermissionError, ProcessLookupError):
            os.setpgid(child, child)
        time.sleep(whole * random.uniform(0.05, 1.1))  # noqa: S311 - any instant
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # with what it started, which would write on
        os.waitpid(child, 0)
        if made.exists():
            assert read_archive_file(made).id == wanted, number
            made.unlink()
    left = [*made.parent.glob(".*draft-*"), *(bench.folder / "cache").rglob(".work-*")]
    for path in (made.with_name(".app.tar.draft-left"), *left):
        path.touch()
        os.utime(path, (OLD, OLD))
    assert bench.build(cut(), goal=str(made)).built[0].image == wanted
    assert not [*made.parent.glob(".*draft-*"), *(bench.folder / "cache").rglob(".work-*")]
