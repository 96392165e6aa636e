"""The same plan makes the same layers anywhere, and a change moves what changed and no more."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from scaffold.catalog.resources import knowledge
from scaffold.catalog.snapshot import Snapshot
from scaffold.docker.connect import connect
from scaffold.docker.images import inspect_image, weigh_image
from scaffold.state.record import read_record
from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.other import other_engine
from tools import WRITTEN

pytestmark = [pytest.mark.engine, pytest.mark.online]

ROOT = Path(__file__).parents[2]
NAME = f"leanscaffold-test-updates-{uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """An engine, checkouts of an example, and what builds them."""

    engine: Engine
    folder: Path
    env: Mapping[str, str]
    trust: tuple[str, ...]
    knowledge: tuple[str, ...]

    def check_out(self, name: str, base: str, *, mask: int = 0o022, day: int = 1) -> Path:
        """Return a checkout with its files written: its own umask, and times of its own."""
        project = self.folder / name / "app"
        before = os.umask(mask)
        try:
            shutil.copytree(
                ROOT / "examples" / "fastapi",
                project,
                copy_function=shutil.copyfile,
                ignore=WRITTEN,
            )
            # The child has the mask, too.
            self.generate(project, base)
        finally:
            os.umask(before)
        for path in project.rglob("*"):
            os.utime(path, (day * 86400, day * 86400))
        return project

    def generate(self, project: Path, base: str) -> None:
        """Write the files, from the bundled knowledge."""
        words = ("--target", "amd64", "--python", "3.13", "--base", base, "--offline")
        made = leanscaffold(
            "generate", str(project), *words, *self.knowledge, "--quiet", env=self.env
        )
        assert made.code == 0, made.err

    def build(self, engine: Engine, project: Path, tag: str, *words: str) -> None:
        """Build as anybody would, with docker alone."""
        secret = ("--secret", f"id=ca,src={self.trust[1]}") if self.trust else ()
        engine.docker(
            *("buildx", "build", "--progress=plain", "--load", "--tag", f"{NAME}:{tag}", *secret),
            *(*words, str(project)),
        )

    def layers(self, engine: Engine, tag: str) -> list[str]:
        found = json.loads(engine.docker("image", "inspect", f"{NAME}:{tag}"))
        layers: list[str] = found[0]["RootFS"]["Layers"]
        return layers


@pytest.fixture
def bench(
    bases: Callable[..., Engine],
    certificates: Path | None,
    knowledge_options: tuple[str, ...],
    tmp_path: Path,
) -> Iterator[Bench]:
    engine = bases("amd64")
    trust = ("--ca", str(certificates)) if certificates else ()
    yield Bench(
        engine=engine,
        folder=tmp_path,
        env=environment(engine, tmp_path),
        trust=trust,
        knowledge=knowledge_options,
    )
    # By name: by its number an image goes with all names that anybody gave it.
    mine = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}", NAME).split()
    if mine:
        engine.docker("rmi", *mine)


@pytest.mark.parametrize("base", ["bare-trixie", "slim-trixie", "bare-alpine-3.23", "alpine-3.23"])
def test_two_checkouts_make_the_same_layers_without_any_cache(bench: Bench, base: str) -> None:
    one = bench.check_out("one", base)
    other = bench.check_out("other", base, mask=0o077, day=2)
    bench.build(bench.engine, one, "one", "--no-cache")
    bench.build(bench.engine, other, "other", "--no-cache")
    assert bench.layers(bench.engine, "one") == bench.layers(bench.engine, "other")


def test_another_engine_makes_the_same_layers_and_its_store_holds_what_was_predicted(
    bench: Bench,
) -> None:
    if not bench.engine.own:
        pytest.skip("the second engine needs the programs of the first")
    project = bench.check_out("one", "bare-trixie")
    bench.build(bench.engine, project, "here")
    record = read_record(project)
    assert record is not None
    planned = record.targets[0].size
    with other_engine(bench.engine) as there:
        elsewhere = bench.check_out("other", "bare-trixie", mask=0o077, day=2)
        bench.build(there, elsewhere, "there", "--network=host")
        assert bench.layers(there, "there") == bench.layers(bench.engine, "here")
        with connect(environ=there.environ) as client:
            stored = weigh_image(client, f"{NAME}:there")
            layers = inspect_image(client, f"{NAME}:there").layers
    assert stored is not None
    assert stored.containerd
    counted = sum(layer.in_blocks + layer.download for layer in layers)
    assert stored.bytes == pytest.approx(counted, rel=0.005)
    assert stored.bytes == pytest.approx(planned.containerd, rel=0.05)


def test_an_edit_moves_the_application_alone(bench: Bench) -> None:
    project = bench.check_out("one", "bare-trixie")
    bench.build(bench.engine, project, "before")
    app = sum(p.stat().st_size for p in project.glob("*") if p.is_file())
    with (project / "main.py").open("a") as source:
        source.write("\n# edited\n")
    bench.build(bench.engine, project, "after")
    before, after = bench.layers(bench.engine, "before"), bench.layers(bench.engine, "after")
    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]
    with connect(environ=bench.engine.environ) as client:
        moved = inspect_image(client, f"{NAME}:after").layers[-1]
    assert moved.download <= app + 100_000
    assert moved.on_disk <= 3 * app


def test_a_change_of_a_light_package_leaves_the_heavy_ones_below_it(bench: Bench) -> None:
    project = bench.check_out("one", "bare-trixie")
    requirements = project / "requirements.txt"
    asked = requirements.read_text()
    newest, older = _versions("idna")[:2]
    for tag, version in (("before", older), ("after", newest)):
        requirements.write_text(f"{asked}numpy\nidna=={version}\n")
        bench.generate(project, "bare-trixie")
        bench.build(bench.engine, project, tag)
    before, after = bench.layers(bench.engine, "before"), bench.layers(bench.engine, "after")
    changed = [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    with connect(environ=bench.engine.environ) as client:
        layers = inspect_image(client, f"{NAME}:after").layers
    # The light packages, and the application, which has the requirements in it.
    assert changed == [len(after) - 3, len(after) - 1]
    assert sum(layers[n].download for n in changed) < 3_000_000
    assert sum(layer.download for layer in layers) > 30_000_000


def _versions(name: str) -> list[str]:
    """Return the releases that the bundled knowledge has, newest first."""
    known = Snapshot(knowledge() / "snapshots" / "wheels").project(name)
    assert known is not None
    return [release.metadata.version for release in known.releases]


def test_a_classic_store_pulls_all_above_a_layer_and_containerds_the_layer_alone(
    bench: Bench,
) -> None:
    registry = bench.engine.registry
    if registry is None:
        pytest.skip("no registry to push to")
    names = [f"{registry}/{NAME}:{tag}" for tag in ("one", "two")]
    with other_engine(bench.engine) as there:
        for number, name in enumerate(names):
            project = bench.folder / str(number)
            project.mkdir()
            steps = ["FROM scratch"]
            for layer, content in (("below", "same"), ("middle", name), ("above", "alike")):
                # Every run has layers of its own: engines know those of earlier ones.
                (project / layer).write_text(f"{content} {bench.folder}")
                os.utime(project / layer, (1, 1))
                steps.append(f"COPY {layer} /")
            (project / "Dockerfile").write_text("\n".join(steps))
            there.docker("buildx", "build", "--quiet", "--load", "--tag", name, str(project))
            there.docker("push", "--quiet", name)
            there.docker("rmi", "--force", name)
        there.docker("builder", "prune", "--all", "--force")
        pulled = {}
        for label, engine in (("classic", bench.engine), ("containerd", there)):
            engine.docker("pull", "--quiet", names[0])
            said = engine.docker("pull", names[1])
            pulled[label] = said.count("Download complete")
            engine.docker("rmi", "--force", *names)
    assert pulled == {"classic": 2, "containerd": 1}
