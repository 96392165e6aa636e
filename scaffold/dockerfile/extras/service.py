"""The container as it runs on the device: limits, rights, hardware, what it may write."""

import re
from dataclasses import dataclass

from scaffold.docker.build_requests import default_name
from scaffold.dockerfile.extras.hardware import Group, Hardware, find_hardware, groups_of
from scaffold.model.plan import Plan
from scaffold.model.target import Target

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
    """

    name: str
    image: str
    platform: str
    several: bool
    arches: tuple[tuple[str, str], ...]
    port: int | None
    home: str
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


def make_service(plan: Plan) -> Service:
    """Return how a plan's image runs. An eighth of the device is left to its system."""
    name = default_name(plan.project.name.value)
    arches = tuple((t.target.arch.slug, t.target.arch.platform) for t in plan.targets)
    target = plan.targets[0].target
    memory = None if target.budget.memory is None else target.budget.memory * 7 // 8 // _MEBI
    hardware = find_hardware(plan.project)
    suffix = _suffix(plan.options.dockerfile)
    return Service(
        name=name,
        image=name,
        platform=arches[0][1] if len(arches) == 1 else "",
        several=len(arches) > 1,
        arches=arches,
        port=plan.port,
        home=plan.home,
        memory=memory,
        cpus=_cpus(target),
        tmp=min(_TMP_MOST // _MEBI, memory // _TMP_SHARE) if memory else _TMP_MOST // _MEBI,
        limits_of=_limits_of(target),
        lasts=plan.health is not None,
        dockerfile=plan.options.dockerfile,
        suffix=suffix,
        compose_suffix=suffix or (".lean" if plan.project.composed else ""),
        hardware=tuple(one for one in hardware if not one.mounted),
        mounts=tuple(one for one in hardware if one.mounted),
        groups=tuple(groups_of(hardware)),
    )


def _suffix(dockerfile: str) -> str:
    folder, _, name = dockerfile.rpartition("/")
    word = re.sub("(docker|container)file", "", name, flags=re.IGNORECASE).strip("._-") or folder
    return f".{word.replace('/', '-')}" if word else ""


def _cpus(target: Target) -> str | None:
    cores = target.device.cores if target.device else None
    return f"{cores * 7 / 8:.3f}".rstrip("0").rstrip(".") if cores else None


def _limits_of(target: Target) -> str:
    if target.device is None or target.budget.memory != target.device.memory:
        return "--memory"
    return target.device.name
