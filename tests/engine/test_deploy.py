"""From here onto a device: what travels, what runs there, what stays if the new one does not."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine import compose
from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import Ended, leanscaffold, started
from tests.engine.second import APP, Bench, two_engines
from tests.engine.ssh import reached_by_ssh

pytestmark = pytest.mark.engine

WORDS = ("--target", "amd64", "--python", "3.13", "--offline", "--port", "8000", "--health", "/")
# The machine of a test has more to do than a device.
PATIENCE = ("--health-timeout", "300")
BROKEN = "raise SystemExit('broken')\n"


@pytest.fixture
def bench(engine: Engine, bases: object, home: Home, tmp_path: Path) -> Iterator[Bench]:
    """Yield a bench with the project's base image as a file, and compose as docker's plugin."""
    reference = "python:3.13-slim-trixie"
    with two_engines(engine, bases, home, tmp_path) as made:
        engine.docker("pull", "--quiet", "--platform", "linux/amd64", reference)
        engine.docker("save", reference, "-o", str(tmp_path / "base.tar"))
        plugin = tmp_path / "client/cli-plugins/docker-compose"
        plugin.parent.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            plugin.symlink_to(compose.fetch(home))
        yield made


def deploy(bench: Bench, address: str, app: str, *words: str) -> Ended:
    (bench.project / "main.py").write_text(app)
    place = ("--base-from", str(bench.project.parent / "base.tar"), "--base", "slim-trixie")
    return bench.run("deploy", "--on", address, *place, "--json", *WORDS, *PATIENCE, *words)


def running(bench: Bench) -> str:
    """Return what runs on the device: containers by name with their images."""
    names = bench.away.docker("ps", "--all", "--format", "{{.Names}}").split()
    return bench.away.docker("inspect", *names, "-f", "{{.Name}} {{.Image}} {{.State.Running}}")


@pytest.mark.parametrize("words", [(), ("--compose", "--also", "compose")])
def test_only_an_edit_travels_and_a_crash_leaves_the_old_one(
    bench: Bench, home: Home, words: tuple[str, ...]
) -> None:
    with reached_by_ssh(home, bench.away) as (address, client):
        path = f"{client}{os.pathsep}{bench.env['PATH']}"
        device = replace(bench, env={**bench.env, "PATH": path, "CPUS": "1"})
        first = deploy(device, address, APP, *words)
        assert first.code == 0, first.err
        edited = deploy(device, address, APP + "# edited\n", *words)
        assert edited.code == 0, edited.err
        before = running(bench)
        broken = deploy(device, address, BROKEN, *words)
    assert first.document()["moved"] == first.document()["whole"]
    assert edited.document()["moved"] < edited.document()["whole"] / 20
    assert (first.document()["replaced"], edited.document()["replaced"]) == (False, True)
    assert broken.code == 7
    assert "does not run there" in broken.err
    assert "broken" in broken.err
    # Compose makes its container anew, by the file and of the image before.
    assert running(bench) == before
    assert before.strip().endswith("true")
    (host,) = json.loads(bench.away.docker("inspect", edited.document()["container"]))
    assert host["HostConfig"]["ReadonlyRootfs"] is True


def test_an_archive_is_deployed_where_nothing_else_was_carried_to(bench: Bench, home: Home) -> None:
    archive, empty = str(bench.project.parent / "app.tar"), bench.project.parent / "empty"
    place = ("--base-from", str(bench.project.parent / "base.tar"), "--base", "slim-trixie")
    assert bench.run("build", "--to", archive, *place, *WORDS).code == 0
    empty.mkdir()
    with reached_by_ssh(home, bench.away) as (address, client):
        path = f"{client}{os.pathsep}{bench.env['PATH']}"
        words = ("--on", address, "--from", archive, *PATIENCE)
        done = leanscaffold("deploy", str(empty), *words, env={**bench.env, "PATH": path})
    assert done.code == 0, done.err
    assert "no leanscaffold.json" in done.out
    assert running(bench).split()[::2] == ["/project", "true"]
    assert not list(empty.iterdir())


def test_a_link_that_breaks_leaves_a_device_that_the_next_run_mends(
    bench: Bench, home: Home
) -> None:
    with reached_by_ssh(home, bench.away) as (address, client):
        path = f"{client}{os.pathsep}{bench.env['PATH']}"
        device = replace(bench, env={**bench.env, "PATH": path})
        assert deploy(device, address, APP).code == 0
        (bench.project / "main.py").write_text("import time\ntime.sleep(600)\n")
        argv = ["deploy", str(bench.project), "--on", address, *WORDS, "--base", "slim-trixie"]
        argv += ["--base-from", str(bench.project.parent / "base.tar")]
        with started(*argv, env=device.env) as process:
            names = ("ps", "--all", "--format", "{{.Names}}")
            while process.poll() is None and "project-previous" not in bench.away.docker(*names):
                time.sleep(0.1)
            process.kill()  # as if the link broke: nobody is left to mend what is there
        after = deploy(device, address, APP + "# edited\n")
    assert after.code == 0, after.err
    assert running(bench).split()[::2] == ["/project", "true"]
