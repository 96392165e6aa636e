"""Targets: how people spell architectures, and what an environment accepts.

The tag lists follow PEP 425 (compatibility tags), PEP 600 (manylinux), PEP 656 (musllinux); the
markers follow the dependency specifiers specification. Nothing is asked of the running
interpreter: every value comes from the environment given.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags

from scaffold.model.errors import UsageError, nearest
from scaffold.model.target import Arch, Environment, LibcFamily

if TYPE_CHECKING:
    from packaging.tags import Tag

_SPELLINGS = {
    **dict.fromkeys(("x86_64", "x86-64", "x64"), Arch.AMD64),
    **dict.fromkeys(("aarch64", "arm64/v8", "arm64v8", "armv8"), Arch.ARM64),
    **dict.fromkeys(("arm", "armv7", "armv7l", "armhf", "arm32v7"), Arch.ARM_V7),
    **dict.fromkeys(("armv6", "armv6l", "arm32v6", "armel"), Arch.ARM_V6),
    **dict.fromkeys(("i386", "i686", "x86"), Arch.I386),
    "ppc64el": Arch.PPC64LE,
    "riscv": Arch.RISCV64,
    **{arch.value: arch for arch in Arch},
}

_LEGACY_MANYLINUX = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_OLDEST_GLIBC_MINOR = {Arch.AMD64: 5, Arch.I386: 5}
_NO_MANYLINUX = {Arch.ARM_V6}  # PEP 599 and 600 define no armv6l tag


def parse_arch(text: str) -> Arch:
    """Return the architecture meant by ``arm64``, ``linux/arm64``, ``aarch64``, ``armhf``.

    Raises UsageError with the nearest spelling.
    """
    if arch := _SPELLINGS.get(_plain(text)):
        return arch
    near = near_arches(text)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"unknown target {text!r}", hint=f"{meant}known targets: {', '.join(Arch)}")


def near_arches(text: str) -> list[Arch]:
    """Return the architectures that a text spells, or nearly spells."""
    return list(dict.fromkeys(_SPELLINGS[one] for one in nearest(_plain(text), _SPELLINGS)))


def _plain(text: str) -> str:
    return text.strip().lower().removeprefix("linux/").removeprefix("linux-")


def platform_tags(environment: Environment) -> tuple[str, ...]:
    """Return the platform tags of an environment, best first.

    ``linux_*`` tags promise nothing; the files that carry them are glibc builds, so a musl
    environment does not accept them. An ARMv6 device is never given ARMv7 code.
    """
    arch, libc = environment.arch, environment.libc
    major, minor = libc.version
    if libc.family is LibcFamily.MUSL:
        return tuple(f"musllinux_{major}_{m}_{arch.machine}" for m in range(minor, -1, -1))
    tags: list[str] = []
    if arch not in _NO_MANYLINUX:
        for m in range(minor, _OLDEST_GLIBC_MINOR.get(arch, 17) - 1, -1):
            tags.append(f"manylinux_2_{m}_{arch.machine}")
            legacy = _LEGACY_MANYLINUX.get(m)
            if legacy and (m == 17 or arch in _OLDEST_GLIBC_MINOR):  # noqa: PLR2004 - glibc 2.17
                tags.append(f"{legacy}_{arch.machine}")
    return (*tags, f"linux_{arch.machine}")


@lru_cache(maxsize=256)
def tag_ranks(environment: Environment) -> "dict[Tag, int]":
    """Return every tag the environment accepts with its rank; 0 is the best."""
    version = python_version(environment.python)
    digits = f"cp{version[0]}{version[1]}"
    platforms = list(platform_tags(environment))
    tags = [
        *cpython_tags(version, [digits], platforms),
        *compatible_tags(version, digits, platforms),
    ]
    ranks: dict[Tag, int] = {}
    for rank, tag in enumerate(tags):
        ranks.setdefault(tag, rank)
    return ranks


def python_version(minor: str) -> tuple[int, int]:
    """Return (3, 13) for ``3.13``."""
    major, _, rest = minor.partition(".")
    return int(major), int(rest)


def marker_environment(environment: Environment, *, release: str = "") -> dict[str, str]:
    """Return the values of PEP 508 markers on the target.

    ``release`` is the interpreter's full version; without it the first final release of the
    minor stands in, which only markers on ``python_full_version`` notice.
    """
    full = release or f"{environment.python}.0"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": environment.arch.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": environment.python,
        "sys_platform": "linux",
    }
