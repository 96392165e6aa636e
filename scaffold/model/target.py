"""What the image must run on: architecture, libc, interpreter, device, budget."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase


def mega(size: int) -> str:
    """Return ``12.3 MB``, or of little ``12.3 kB``, of much ``1.23 GB``: figures to compare."""
    if abs(size) >= 1e9:  # noqa: PLR2004 - a GB
        return f"{size / 1e9:.2f} GB"
    return f"{size / 1e6:.1f} MB" if abs(size) >= 1e5 else f"{size / 1e3:.1f} kB"  # noqa: PLR2004 - a tenth of a MB


class Arch(StrEnum):
    """An architecture, spelled as Docker's platform without the ``linux/``."""

    AMD64 = "amd64"
    ARM64 = "arm64"
    ARM_V7 = "arm/v7"
    ARM_V6 = "arm/v6"
    I386 = "386"
    PPC64LE = "ppc64le"
    S390X = "s390x"
    RISCV64 = "riscv64"

    @property
    def machine(self) -> str:
        """Return the kernel's and the wheel tags' name, such as ``aarch64``."""
        return _MACHINES[self]

    @property
    def platform(self) -> str:
        """Return Docker's platform, such as ``linux/arm/v7``."""
        return f"linux/{self}"

    @property
    def slug(self) -> str:
        """Return the name for files: what ``$TARGETARCH$TARGETVARIANT`` expands to."""
        return self.replace("/", "")


# Debian's folders of libraries.
LIBRARY_FOLDERS = {
    Arch.AMD64: "x86_64-linux-gnu",
    Arch.ARM64: "aarch64-linux-gnu",
    Arch.ARM_V7: "arm-linux-gnueabihf",
    Arch.ARM_V6: "arm-linux-gnueabihf",
    Arch.I386: "i386-linux-gnu",
    Arch.PPC64LE: "powerpc64le-linux-gnu",
    Arch.S390X: "s390x-linux-gnu",
    Arch.RISCV64: "riscv64-linux-gnu",
}
_MACHINES = {
    Arch.AMD64: "x86_64",
    Arch.ARM64: "aarch64",
    Arch.ARM_V7: "armv7l",
    Arch.ARM_V6: "armv6l",
    Arch.I386: "i686",
    Arch.PPC64LE: "ppc64le",
    Arch.S390X: "s390x",
    Arch.RISCV64: "riscv64",
}


class LibcFamily(StrEnum):
    """The C library's family."""

    GLIBC = "glibc"
    MUSL = "musl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Libc:
    """A C library with its version, such as glibc 2.41 or musl 1.2."""

    family: LibcFamily
    version: tuple[int, int]

    def __str__(self) -> str:
        """Return ``glibc 2.41``."""
        return f"{self.family} {self.version[0]}.{self.version[1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a wheel has to suit: a CPython minor (``3.13``), an architecture and a libc."""

    python: str
    arch: Arch
    libc: Libc

    def __str__(self) -> str:
        """Return ``Python 3.13, arm64, glibc 2.41``."""
        return f"Python {self.python}, {self.arch}, {self.libc}"


class CpuClass(StrEnum):
    """How fast a processor compiles: a factor on every build time."""

    SLOW = "slow"
    MEDIUM = "medium"
    FAST = "fast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A fact: ``source`` says what tells it or how it was measured, ``checked`` on which day."""

    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Sourced):
    """A profile of a real device. Memory and storage in bytes, None where unknown."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()  # what people type for it
    arch: Arch
    memory: int | None
    storage: int | None
    cpu: CpuClass
    cores: int | None = None
    board: str = ""  # whose pins and buses it has, such as raspberry-pi-5; empty: not known
    i2c: int = 1  # the bus on pins 3 and 5 of its header, or the board's first
    accelerator: str = "none"  # the one that it is sold with
    capability: str = ""  # CUDA's compute capability, such as 8.7
    jetpacks: tuple[str, ...] = ()  # NVIDIA's system releases for it, the newest last
    sockets: tuple[str, ...] = ()  # accelerators that can be added
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoContainers(Sourced):
    """What people take for a device and runs no containers: globs of names without blanks, - and _.

    ``why`` follows the name in a sentence, ``instead`` is what to do; ``unless`` run Linux.
    """

    names: tuple[str, ...]
    unless: tuple[str, ...] = ()
    why: str
    instead: str

    def matches(self, name: str) -> bool:
        """Tell whether a name, written that way, is one of these."""
        of_these, others = (
            any(fnmatchcase(name, glob) for glob in globs) for globs in (self.names, self.unless)
        )
        return of_these and not others


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Upper bounds in bytes; None is no bound.

    ``storage`` is where the old image and the new one have to fit, and not the new one alone if
    ``keeps_old`` says that a device pulls before it removes.
    """

    on_disk: int | None = None
    download: int | None = None
    memory: int | None = None
    storage: int | None = None
    keeps_old: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One architecture to build for, with the device and the budget it came with.

    ``accelerator`` is the id of the one to use, empty where nobody said which there is; ``asked``
    that the user named it, and not the device's profile.
    """

    arch: Arch
    budget: Budget
    cpu: CpuClass = CpuClass.MEDIUM
    device: Device | None = None
    accelerator: str = ""
    accelerator_asked: bool = False
