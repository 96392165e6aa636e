"""``leanscaffold build`` on a real engine: several platforms at once, loaded or pushed."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import Ended, environment, leanscaffold, started
from tools import WRITTEN

pytestmark = [pytest.mark.engine, pytest.mark.online]

ROOT = Path(__file__).parents[2]
CHOICE = ("--python", "3.13", "--base", "alpine-3.23")
# Of this run alone: others may test on the same engine.
NAME = f"leanscaffold-test-build-{uuid4().hex[:8]}"
SLEEP = f"sleep {100_000 + os.getpid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """An engine, a project of our examples, and the command that builds it."""

    engine: Engine
    project: Path
    env: Mapping[str, str]
    trust: tuple[str, ...]

    def build(self, *words: str, tag: str = NAME) -> Ended:
        argv = ("build", str(self.project), *CHOICE, *self.trust, "--tag", tag, *words)
        return leanscaffold(*argv, env=self.env)

    def left_over(self) -> list[Path]:
        return list(Path(self.env["TMPDIR"]).iterdir())


@pytest.fixture
def bench(
    bases: Callable[..., Engine], certificates: Path | None, tmp_path: Path
) -> Iterator[Bench]:
    engine = bases("amd64", "arm64")
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "fastapi", project, ignore=WRITTEN)
    trust = ("--ca", str(certificates)) if certificates else ()
    env = environment(engine, tmp_path)
    yield Bench(engine=engine, project=project, env=env, trust=trust)
    listed = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    mine = [name for name in listed if NAME in name]
    if mine:
        engine.docker("rmi", "--force", *mine)


def test_two_targets_are_built_at_once_and_the_second_time_nothing_is_done(bench: Bench) -> None:
    first = bench.build("--target", "amd64", "--target", "arm64", "--json")
    assert first.code == 0, first.err
    images = first.document()["images"]
    assert [image["tag"] for image in images] == [f"{NAME}:amd64", f"{NAME}:arm64"]
    for image in images:
        facts = json.loads(bench.engine.docker("image", "inspect", image["tag"]))[0]
        assert image["image"] == facts["Id"]
        assert image["size"] == facts["Size"]
        assert image["platform"] == f"linux/{facts['Architecture']}"
    written = (bench.project / "Dockerfile").stat().st_mtime_ns
    again = bench.build("--json")
    assert again.code == 0, again.err
    assert (bench.project / "Dockerfile").stat().st_mtime_ns == written
    for image, before in zip(again.document()["images"], images, strict=True):
        assert image["image"] == before["image"]
        run = [s for s in image["steps"] if "] RUN" in s["name"] or "] COPY" in s["name"]]
        assert len(run) > 5
        assert all(step["cached"] for step in run)
    assert bench.left_over() == []


def test_only_the_last_copy_is_done_again_after_an_edit(bench: Bench) -> None:
    assert bench.build("--target", "amd64", "--quiet").code == 0
    with (bench.project / "main.py").open("a") as source:
        source.write(f"\n# edited for {NAME}\n")
    (image,) = bench.build("--target", "amd64", "--json").document()["images"]
    done = [s["name"] for s in image["steps"] if not s["cached"] and ("COPY" in s["name"])]
    assert len(done) == 1
    assert done[0].endswith("COPY --from=app /out/ /")


def test_pushed_images_are_one_manifest_list(bench: Bench) -> None:
    if bench.engine.registry is None:
        pytest.skip("no registry to push to")
    tag = f"{bench.engine.registry}/{NAME}:1"
    pushed = bench.build("--target", "amd64", "--target", "arm64", "--push", "--json", tag=tag)
    assert pushed.code == 0, pushed.err
    images = pushed.document()["images"]
    assert {image["tag"] for image in images} == {tag}
    assert {image["pushed"] for image in images} == {True}
    listed = json.loads(bench.engine.docker("buildx", "imagetools", "inspect", "--raw", tag))
    platforms = {row["platform"]["architecture"] for row in listed["manifests"]}
    assert platforms >= {"amd64", "arm64"}
    bench.engine.docker("pull", "--quiet", f"{tag.rpartition(':')[0]}@{images[0]['image']}")


def test_a_step_that_fails_is_named_with_what_it_printed(bench: Bench) -> None:
    assert bench.build("--target", "amd64", "--quiet").code == 0
    dockerfile = bench.project / "Dockerfile"
    text = dockerfile.read_text()
    dockerfile.write_text(text.replace("/out/app || true", "/out/app && nosuchprogram", 1))
    failed = bench.build("--quiet")
    assert failed.code == 8
    assert "error[step-failed]: a step of the build failed: [app 2/2] RUN" in failed.err
    assert "nosuchprogram: not found" in failed.err
    assert bench.left_over() == []


def test_a_base_that_is_nowhere_is_named(bench: Bench) -> None:
    assert bench.build("--target", "amd64", "--quiet").code == 0
    dockerfile = bench.project / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("3.13-alpine3.23", "3.13-nowhere"))
    failed = bench.build("--quiet")
    assert failed.code == 8
    assert "error[base-unavailable]: the base image python:3.13-nowhere" in failed.err


def test_ctrl_c_stops_the_build_and_leaves_nothing(bench: Bench) -> None:
    assert bench.build("--target", "amd64", "--quiet").code == 0
    dockerfile = bench.project / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("|| true", f"&& {SLEEP}"))
    tag = f"{NAME}-interrupted"
    words = ("build", str(bench.project), *CHOICE, *bench.trust, "--tag", tag)
    with started(*words, env=bench.env) as process:
        begin = time.monotonic()
        while not _sleeps() and time.monotonic() < begin + 60:
            time.sleep(0.2)
        assert _sleeps()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=90)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("interrupted\n")
    assert bench.left_over() == []
    deadline = time.monotonic() + 60
    while _sleeps() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _sleeps()
    assert tag not in bench.engine.docker("images", "--format", "{{.Repository}}")


def _sleeps() -> bool:
    """Tell whether the build's own step runs in the engine."""
    found = subprocess.run(["pgrep", "-f", f"^{SLEEP}$"], capture_output=True, check=False)
    return found.returncode == 0
