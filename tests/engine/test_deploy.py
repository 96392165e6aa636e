"""From here onto a device: what travels, what runs there, what stays if the new one does not."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import Ended, environment, leanscaffold
from tests.engine.second import second_engine
from tests.engine.ssh import reached_by_ssh
from tests.engine.test_elsewhere import APP

pytestmark = pytest.mark.engine

WORDS = (
    "--python",
    "3.13",
    "--offline",
    "--port",
    "8000",
    "--health",
    "/",
    "--base",
    "slim-trixie",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A device, a project without packages, and a copy of its base image."""

    away: Engine
    project: Path
    base: Path
    env: Mapping[str, str]

    def deploy(self, address: str, app: str, *words: str) -> Ended:
        (self.project / "main.py").write_text(app)
        place = ("--base-from", str(self.base), "--target", "amd64", "--json")
        argv = ("deploy", str(self.project), "--on", address, *place, *WORDS, *words)
        return leanscaffold(*argv, env=self.env)


@pytest.fixture
def bench(engine: Engine, bases: object, home: Home, tmp_path: Path) -> Iterator[Bench]:
    if not engine.own:
        pytest.skip("only an engine of the tests' own has a second one")
    assert callable(bases)
    bases()
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("")
    (project / "Procfile").write_text("web: python main.py\n")
    reference = "python:3.13-slim-trixie"
    engine.docker("pull", "--quiet", "--platform", "linux/amd64", reference)
    base = tmp_path / "base.tar"
    engine.docker("save", reference, "-o", str(base))
    client = tmp_path / "client"
    shutil.copytree(engine.environ["DOCKER_CONFIG"], client, symlinks=True)
    env = {**environment(engine, tmp_path), "DOCKER_CONFIG": str(client)}
    with second_engine(home, engine) as away:
        yield Bench(away=away, project=project, base=base, env=env)


def test_only_an_edit_travels_and_a_crash_leaves_the_old_one(bench: Bench, home: Home) -> None:
    with reached_by_ssh(home, bench.away) as (address, client):
        path = f"{client}{os.pathsep}{bench.env['PATH']}"
        device = Bench(
            away=bench.away, project=bench.project, base=bench.base, env={**bench.env, "PATH": path}
        )
        first = device.deploy(address, APP)
        assert first.code == 0, first.err
        edited = device.deploy(address, APP + "# edited\n")
        assert edited.code == 0, edited.err
        running = bench.away.docker("inspect", "project", "-f", "{{.Image}} {{.State.Running}}")
        broken = device.deploy(address, "raise SystemExit('broken')\n")
    assert first.document()["moved"] == first.document()["whole"]
    assert edited.document()["moved"] < edited.document()["whole"] / 20
    assert (first.document()["replaced"], edited.document()["replaced"]) == (False, True)
    assert broken.code == 7
    assert "does not run there" in broken.err
    assert "broken" in broken.err
    after = bench.away.docker("inspect", "project", "-f", "{{.Image}} {{.State.Running}}")
    assert after == running
    assert after.strip().endswith("true")
    named = bench.away.docker("ps", "--all", "--format", "{{.Names}}").split()
    assert named == ["project"]
