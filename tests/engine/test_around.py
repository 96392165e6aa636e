"""What goes around the Dockerfile, used: the image is built once, and run from each file."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from tests.engine import compose
from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.shell import run
from tools import WRITTEN

pytestmark = [pytest.mark.engine, pytest.mark.online]

ROOT = Path(__file__).parents[2]
NAME = f"leanscaffold-test-around-{uuid4().hex[:8]}"
CHOICE = ("--python", "3.13", "--base", "bare-alpine-3.23", "--target", "amd64")
DEVICE = ("--device", "raspberry-pi-4", "--also", "compose,bake,ci,devcontainer,systemd")
WRITES = """
import pathlib
pathlib.Path('/tmp/x').write_text('x')
pathlib.Path.home().joinpath('kept').write_text('x')
try:
    pathlib.Path('/app/x').write_text('x')
except OSError as error:
    print(error.strerror)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A project with an image and everything around it."""

    engine: Engine
    folder: Path
    env: Mapping[str, str]
    trust: str

    def run(self, *words: str | Path, **more: str) -> str:
        return run(words, env={**self.env, **more}, cwd=self.folder)


@pytest.fixture(scope="module")
def made(
    bases: Callable[..., Engine],
    certificates: Path | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    engine = bases("amd64")
    home = tmp_path_factory.mktemp("around")
    folder = home / "readings"
    shutil.copytree(ROOT / "examples" / "fastapi", folder, ignore=WRITTEN)
    env = environment(engine, home)
    trust = ("--ca", str(certificates)) if certificates else ()
    words = ("build", str(folder), *CHOICE, *DEVICE, *trust, "--tag", NAME, "--quiet")
    built = leanscaffold(*words, env=env)
    assert built.code == 0, built.err
    yield Made(engine=engine, folder=folder, env=env, trust=str(certificates or ""))
    engine.docker("rmi", "--force", NAME, f"{NAME}-baked")


def answer(port: str) -> Any:
    end = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as response:
                return json.load(response)
        except (URLError, OSError):
            assert time.monotonic() < end, "nothing answers"
            time.sleep(0.2)


def test_compose_runs_it_healthy_with_a_read_only_root_and_keeps_its_home(
    made: Made, home: Home
) -> None:
    program = compose.fetch(home)
    # Any free port; a machine with fewer cores than the device refuses the device's.
    settings = {"IMAGE": NAME, "PORT": "0", "CPUS": "0.5", "COMPOSE_PROJECT_NAME": NAME}
    try:
        made.run(program, "up", "--detach", "--wait", "--no-build", **settings)
        port = made.run(program, "port", "readings", "8000", **settings).strip().rpartition(":")[2]
        assert answer(port) == {"status": "ok"}
        name = f"{NAME}-readings-1"
        said = made.engine.docker("exec", name, "python", "-c", WRITES)
        assert said == "Read-only file system\n"
        host = json.loads(made.engine.docker("inspect", name))[0]["HostConfig"]
        assert host["ReadonlyRootfs"] is True
        assert host["Memory"] == 3584 << 20
        assert host["CapDrop"] == ["ALL"]
        made.run(program, "up", "--detach", "--wait", "--force-recreate", **settings)
        listing = "import os; print(os.listdir(os.path.expanduser('~')))"
        assert "kept" in made.engine.docker("exec", name, "python", "-c", listing)
    finally:
        made.run(program, "down", "--volumes", "--timeout", "2", **settings)


def test_the_bake_file_builds_it(made: Made) -> None:
    settings = {"TAG": f"{NAME}-baked", "CA": made.trust}
    allowed = (f"--allow=fs.read={made.trust}",) if made.trust else ()
    made.run("docker", "buildx", "bake", *allowed, **settings)
    image = json.loads(made.engine.docker("image", "inspect", f"{NAME}-baked"))[0]
    assert image["Architecture"] == "amd64"
    plan = made.run("docker", "buildx", "bake", "--print", "all", **settings)
    assert json.loads(plan)["target"]["all"]["platforms"] == ["linux/amd64"]


def test_the_unit_starts_it_as_systemd_would(made: Made) -> None:
    unit = (made.folder / "readings.service").read_text()
    env_file = made.folder / "unit.env"
    env_file.touch()
    joined = unit.replace("\\\n", " ").replace("/etc/readings.env", str(env_file))
    (line,) = re.findall(r"^ExecStart=(.*)$", joined, re.MULTILINE)
    for ours, theirs in (("8000:8000", "8000"), ("--cpus 3.5", "--cpus 0.5")):
        assert ours in line
        line = line.replace(ours, theirs)
    words = line.replace("--name readings", f"--name {NAME}").split()
    words = [*words[:-1], NAME]
    with subprocess.Popen(words, env=dict(made.env), stdout=subprocess.DEVNULL) as process:
        try:
            while not (port := _port_of(made.engine)):
                assert process.poll() is None
                time.sleep(0.2)
            assert answer(port) == {"status": "ok"}
        finally:
            made.engine.docker("stop", NAME)
        assert process.wait(20) in {0, 143}
    assert "\nSuccessExitStatus=143\n" in unit
    made.engine.docker("volume", "rm", "readings-home")


def _port_of(engine: Engine) -> str:
    with suppress(Exception):
        return engine.docker("port", NAME, "8000").splitlines()[0].rpartition(":")[2]
    return ""


def test_the_editors_container_installs_the_project(made: Made, certificates: Path | None) -> None:
    container = json.loads((made.folder / ".devcontainer/devcontainer.json").read_text())
    trust = ("--volume", f"{certificates}:/ca.pem:ro", "--env", "PIP_CERT=/ca.pem")
    made.engine.docker(
        *("run", "--rm", "--volume", f"{made.folder}:/work", "--workdir", "/work"),
        *(trust if certificates else ()),
        *(container["image"], "sh", "-c", container["postCreateCommand"]),
    )
