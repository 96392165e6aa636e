"""What goes around the Dockerfile, on request: compose file, bake file, CI, editor, unit, fleet."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from scaffold import __version__
from scaffold.dockerfile.extras.service import Service, make_service
from scaffold.model.plan import Plan

# How each kind of file is installed, the first that is there.
_INSTALL = (
    ("uv.lock", "pip install uv && uv sync"),
    ("poetry.lock", "pip install poetry && poetry install"),
    ("pdm.lock", "pip install pdm && pdm sync"),
    ("Pipfile.lock", "pip install pipenv && pipenv sync --dev"),
    ("Pipfile", "pip install pipenv && pipenv install --dev"),
    ("pylock.toml", "pip install -r pylock.toml"),
)
_TESTS = "requirements-dev.txt"
# Hosting services' machines, whose processors run the image without emulation.
_RUNNERS = {"amd64": "ubuntu-24.04", "386": "ubuntu-24.04", "arm64": "ubuntu-24.04-arm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One target's build in CI: on what machine, and whether that has to emulate."""

    target: str
    platform: str
    runner: str
    emulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """``builder`` is the image with pip that has the application's Python and C library.

    ``install`` is a line of shell; ``emulates`` that some job has to.
    """

    builder: str
    install: str
    jobs: tuple[Job, ...]
    emulates: bool
    inputs: tuple[str, ...]
    version: str


def make_workshop(plan: Plan) -> Workshop:
    """Return what development of a plan's project needs."""
    jobs = tuple(_jobs(plan))
    return Workshop(
        builder=plan.builder,
        install=_install(plan),
        jobs=jobs,
        emulates=any(job.emulated for job in jobs),
        inputs=tuple(sorted({*plan.project.files, *(target.lock for target in plan.targets)})),
        version=__version__,
    )


def _jobs(plan: Plan) -> Iterator[Job]:
    for target in plan.targets:
        arch = target.target.arch
        native = _RUNNERS.get(arch.slug)
        yield Job(
            target=arch.value,
            platform=arch.platform,
            runner=native or "ubuntu-24.04",
            emulated=native is None,
        )


def _install(plan: Plan) -> str:
    """Return how a developer installs what the project asks for, and what its tests need."""
    files = plan.project.files
    for name, line in _INSTALL:
        if name in files:
            return line
    texts = [name for name in files if name.endswith((".txt", ".in"))]
    if texts:
        asked = " ".join(f"-r {shlex.quote(name)}" for name in texts)
        return f"pip install {asked} && {{ [ ! -f {_TESTS} ] || pip install -r {_TESTS}; }}"
    return "pip install -e ."


# Word of ``--also``: (template, file). ``{name}`` is the service's, ``{suffix}`` tells what belongs
# to another Dockerfile than the one of that name.
FILES: Mapping[str, tuple[str, str]] = {
    "compose": ("around/compose.yaml.j2", "compose{suffix}.yaml"),
    "bake": ("around/docker-bake.hcl.j2", "docker-bake{suffix}.hcl"),
    "ci": ("around/image.yml.j2", ".github/workflows/image{suffix}.yml"),
    "devcontainer": ("around/devcontainer.json.j2", ".devcontainer/devcontainer.json"),
    "systemd": ("around/unit.service.j2", "{name}.service"),
    "balena": ("around/balena.yml.j2", "balena/docker-compose.yml"),
    "gitattributes": ("around/gitattributes.j2", ".gitattributes"),
}

Fill = Callable[[str, Mapping[str, Service | Workshop]], str]


def render_extras(plan: Plan, fill: Fill) -> dict[str, str]:
    """Return {file name: text} of what ``plan.options.also`` asks for.

    ``fill`` renders the template of a name with the values of its variables.
    """
    if not plan.options.also:
        return {}
    service, workshop = make_service(plan), make_workshop(plan)
    values: dict[str, Service | Workshop] = {"service": service, "workshop": workshop}
    suffixes = {"compose": service.compose_suffix}
    return {
        FILES[word][1].format(name=service.name, suffix=suffixes.get(word, service.suffix)): fill(
            FILES[word][0], values
        )
        for word in plan.options.also
    }
