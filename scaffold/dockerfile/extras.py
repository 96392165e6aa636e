"""What goes around the Dockerfile, on request: how it runs on the device, where it is worked on."""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scaffold import __version__
from scaffold.model.build import spell_push
from scaffold.model.hardware import Group, Hardware, Rights, groups_of, share_memory
from scaffold.model.knowledge import Accelerator
from scaffold.model.plan import Plan, default_name
from scaffold.model.project import When
from scaffold.planner.companions import list_volumes, name_volume
from scaffold.project.locks import find_format, list_locks

_MEBI = 1 << 20
_TMP_SHARE = 8  # of the memory may be files in /tmp, which are in memory
_TMP_MOST = 256 * _MEBI


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One container. ``memory`` and ``tmp`` are MiB, ``cpus`` cores; None where unknown.

    ``image`` is what ``leanscaffold build`` names it, ``platform`` set where there is only one.
    ``lasts`` says that something tells whether it is well, so that it is one that goes on.
    ``limits_of`` names the device that the limits are of. ``dockerfile`` is what builds the image,
    ``suffix`` (``.lean``) tells its files from those of a Dockerfile of the user's, and
    ``compose_suffix`` the compose file from one of theirs, which docker would pass over for it.
    ``settings`` are variables that the sources have no default for, ``push`` is buildx's output,
    ``fetches`` that the build downloads models.
    ``accelerator`` is one that asks for a container runtime of its own, ``environment`` what it and
    packages read, ``security`` what the engine hides or forbids otherwise, ``rules`` let it open
    device files that come and go, ``rights`` are given for what ``asks`` says. ``shared`` is how
    much shared memory it gets, in MiB, for what ``shares`` says, None for the engine's default.
    """

    name: str
    image: str
    platform: str
    several: bool
    arches: tuple[tuple[str, str], ...]
    port: int | None
    home: str
    volumes: tuple[tuple[str, str], ...]
    memory: int | None
    cpus: str | None
    tmp: int
    limits_of: str
    lasts: bool
    dockerfile: str
    suffix: str
    compose_suffix: str
    hardware: tuple[Hardware, ...]
    mounts: tuple[Hardware, ...]
    groups: tuple[tuple[Group, str], ...]
    settings: tuple[str, ...]
    push: str
    fetches: bool
    accelerator: Accelerator | None
    environment: Mapping[str, str]
    security: tuple[str, ...]
    rules: tuple[str, ...]
    rights: Rights
    asks: tuple[str, ...]
    shared: int | None
    shares: str


def make_service(plan: Plan) -> Service:
    """Return how a plan's image runs. An eighth of the device is left to its system."""
    name = default_name(plan.project.name.value)
    arches = tuple((t.target.arch.slug, t.target.arch.platform) for t in plan.targets)
    device, memory_of = plan.targets[0].target.device, plan.targets[0].target.budget.memory
    memory = None if memory_of is None else memory_of * 7 // 8 // _MEBI
    cores = device.cores if device else None
    suffix = _suffix(plan.options.dockerfile)
    candidate = plan.targets[0].chosen.candidate
    accelerator, access = candidate.accelerator, candidate.access
    runtime = accelerator if accelerator and accelerator.runtime else None
    return Service(
        accelerator=runtime,
        environment={**(runtime.variables if runtime else {}), **access.variables},
        security=access.security,
        rules=access.rules,
        rights=access.rights,
        asks=access.asks,
        shared=share_memory(memory_of) // _MEBI if access.shares else None,
        shares=access.shares,
        name=name,
        image=name,
        platform=arches[0][1] if len(arches) == 1 else "",
        several=len(arches) > 1,
        arches=arches,
        # On the host's own network every port is the host's.
        port=None if access.rights.network else plan.port,
        home=plan.home,
        volumes=tuple(
            (name_volume(path), path) for path in list_volumes(plan.project, workdir=plan.workdir)
        ),
        memory=memory,
        cpus=f"{cores * 7 / 8:.3f}".rstrip("0").rstrip(".") if cores else None,
        tmp=min(_TMP_MOST // _MEBI, memory // _TMP_SHARE) if memory else _TMP_MOST // _MEBI,
        limits_of="--memory" if device is None or memory_of != device.memory else device.name,
        lasts=plan.health is not None,
        dockerfile=plan.options.dockerfile,
        push=spell_push(plan.options.compression),
        fetches=bool(plan.options.fetched),
        suffix=suffix,
        compose_suffix=suffix or (".lean" if plan.project.composed else ""),
        hardware=tuple(one for one in access.hardware if not one.mounted),
        mounts=tuple(one for one in access.hardware if one.mounted),
        groups=tuple(groups_of(access.hardware)),
        settings=tuple(
            one.value
            for one in plan.project.uses
            if one.code == "needs-setting"
            and one.when is not When.MAYBE
            and one.value not in dict(plan.environment)
        ),
    )


def _suffix(dockerfile: str) -> str:
    folder, _, name = dockerfile.rpartition("/")
    word = re.sub("(docker|container)file", "", name, flags=re.IGNORECASE).strip("._-") or folder
    return f".{word.replace('/', '-')}" if word else ""


_TESTS = "requirements-dev.txt"
# Hosting services' machines, whose processors run the image without emulation.
_RUNNERS = {"amd64": "ubuntu-24.04", "386": "ubuntu-24.04", "arm64": "ubuntu-24.04-arm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One target's build in CI, and on what machine."""

    target: str
    platform: str
    runner: str


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
    arches = [target.target.arch for target in plan.targets]
    return Workshop(
        builder=plan.builder,
        install=_install(plan),
        jobs=tuple(
            Job(
                target=arch.value,
                platform=arch.platform,
                runner=_RUNNERS.get(arch.slug, _RUNNERS["amd64"]),
            )
            for arch in arches
        ),
        emulates=any(arch.slug not in _RUNNERS for arch in arches),
        inputs=tuple(sorted({*plan.project.files, *(target.lock for target in plan.targets)})),
        version=__version__,
    )


def _install(plan: Plan) -> str:
    """Return how a developer installs what the project asks for, and what its tests need."""
    files = plan.project.files
    if locks := list_locks(files):
        found = find_format(locks[0])
        return found.install if found else ""
    if "Pipfile" in files:
        return "pip install pipenv && pipenv install --dev"
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
    """Return {file name: text} of ``plan.options.also``; ``fill`` renders a template by name."""
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
