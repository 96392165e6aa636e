"""The CI workflow's steps, run as a hosting service runs them, on machines that come empty."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.private_index import MORE, PACKAGE, PASSWORD, USER, PrivateIndex, serving
from tests.engine.second import second_engine, served
from tests.engine.shell import run

pytestmark = pytest.mark.engine

NAME = f"leanscaffold-test-workflow-{uuid4().hex[:8]}"
CHOICE = ("--python", "3.13", "--base", "bare-alpine-3.23", "--also", "ci")
TARGETS = ("--target", "amd64", "--target", "arm64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a job did: whether each step was in the cache, and which packages pip fetched."""

    cached: Mapping[str, bool]
    fetched: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What runs workflows: a builder that is emptied, and a cache per job that is kept."""

    builder: Engine
    project: Path
    index: PrivateIndex
    env: Mapping[str, str]
    caches: Path

    def run(self) -> dict[str, Job]:
        """Run every job on a machine of its own; return what each did, by target."""
        workflow = yaml.safe_load((self.project / ".github/workflows/image.yml").read_text())
        jobs = workflow["jobs"]
        steps = {step["name"]: step["run"] for step in jobs["image"]["steps"] if "name" in step}
        cells = jobs["image"]["strategy"]["matrix"]["include"]
        return {cell["target"]: self._job(steps, cell["target"]) for cell in cells}

    def _job(self, steps: Mapping[str, str], target: str) -> Job:
        self.builder.docker("builder", "prune", "--all", "--force")
        self.index.asked.granted.clear()
        cache = str(self.caches / target.replace("/", "-"))
        self._step(steps["files are up to date, within the limits"])
        build = steps["build"].replace("${{ matrix.target }}", target).rstrip() + " --json"
        (image,) = json.loads(self._step(build, CACHE=cache))["images"]
        self._step(steps["keep the layers of this build only"], CACHE=cache)
        made = {
            one["name"]: one["cached"]
            for one in image["steps"]
            if "] RUN" in one["name"] or "] COPY" in one["name"]
        }
        return Job(cached=made, fetched=self.index.fetched())

    def _step(self, script: str, **more: str) -> str:
        words = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
        return run(words, env={**self.env, **more}, cwd=self.project)


def gateway(engine: Engine) -> str:
    """Return an address of this machine that the engine's containers reach."""
    network = json.loads(engine.docker("network", "inspect", "bridge"))
    return str(network[0]["IPAM"]["Config"][0]["Gateway"])


@pytest.fixture
def service(engine: Engine, bases: object, home: Home, tmp_path: Path) -> Iterator[Service]:
    if not engine.own:
        pytest.skip("only an engine of the tests' own has a second one")
    assert callable(bases)
    bases()
    project = tmp_path / NAME  # which is the image's name, too
    project.mkdir()
    (project / "requirements.txt").write_text(f"{PACKAGE}\n")
    (project / "main.py").write_text("import leanscaffold_hush\nprint(leanscaffold_hush.WORD)\n")
    (project / "Procfile").write_text("web: python main.py\n")
    client = tmp_path / "client"
    shutil.copytree(engine.environ["DOCKER_CONFIG"], client, symlinks=True)
    with (
        second_engine(home, engine) as away,
        serving(gateway(away), tmp_path, packages=(PACKAGE, MORE)) as index,
        served(away) as address,
    ):
        plain = environment(engine, tmp_path)
        login = f"{USER}:{PASSWORD.replace('/', '%2F').replace('@', '%40')}"
        env = {
            **plain,
            "DOCKER_CONFIG": str(client),
            "PATH": f"{Path(sys.executable).parent}:{plain['PATH']}",
            "HTTPS_PROXY": index.proxy,
            "SSL_CERT_FILE": str(index.certificate),
            "PIP_INDEX_URL": index.url.replace("https://", f"https://{login}@"),
        }
        words = ("create", "--use", "--name", NAME, "--driver", "remote", address)
        run(["docker", "buildx", *words], env=env)
        made = leanscaffold("generate", str(project), *CHOICE, *TARGETS, env=env)
        assert made.code == 0, made.err
        yield Service(
            builder=away, project=project, index=index, env=env, caches=tmp_path / "caches"
        )
        run(["docker", "buildx", "rm", "--force", NAME], env=env)
        engine.docker("rmi", "--force", NAME)
        # Those of earlier runs have lost their name to the last one's.
        mine = f"label=org.opencontainers.image.title={NAME}"
        engine.docker("image", "prune", "--force", "--filter", mine)


def test_an_empty_machine_builds_from_the_caches_of_the_last_run(service: Service) -> None:
    for job in service.run().values():
        assert job.fetched == [PACKAGE]
        assert not any(job.cached.values())

    for job in service.run().values():
        assert job.fetched == []
        assert len(job.cached) > 5
        assert all(job.cached.values()), job.cached

    # With another lock the layers of the packages are no longer those.
    (service.project / "requirements.txt").write_text(f"{PACKAGE}\n{MORE}\n")
    updated = leanscaffold("update", str(service.project), env=service.env)
    assert updated.code == 0, updated.err
    for job in service.run().values():
        assert sorted(job.fetched) == sorted((PACKAGE, MORE))
        assert not any(cached for name, cached in job.cached.items() if "pip install" in name)
