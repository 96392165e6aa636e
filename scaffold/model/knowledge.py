"""The facts that decisions rest on, as loaded from ``knowledge/``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from scaffold.model.target import Arch, Device, LibcFamily


class BuildClass(StrEnum):
    """How long installing takes: wheels only, or a compiler's minutes or hours on a small CPU."""

    WHEELS = "wheels"
    MINUTES = "minutes"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One published image: a base for one Python minor and one architecture.

    ``download`` is what a client pulls, ``on_disk`` the unpacked layers, both in bytes.
    ``error`` is the relative uncertainty of ``on_disk`` (0.01 is one percent). ``release`` is the
    interpreter's patch release. ``digest`` is ``sha256:…`` of the multi-platform index, if known.
    """

    python: str
    arch: Arch
    release: str
    download: int
    on_disk: int
    error: float
    prerelease: bool = False
    digest: str = ""
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A family of images that differ in Python and architecture only.

    ``reference`` is a format string with ``{python}``. ``registry`` names the entry of the user's
    registry settings that prefixes it; ``default`` needs none. ``ships`` are sonames,
    ``programs`` commands. ``pip_bytes`` and ``pip_download`` are what pip and ensurepip weigh in
    it, unpacked and compressed. ``ranks`` ties: lower is preferred at equal size.
    """

    id: str
    family: str
    distribution: str
    release: str
    reference: str
    registry: str = "default"
    libc: LibcFamily
    libc_version: tuple[int, int]
    package_manager: str | None
    shell: bool
    user: str
    interpreter: str
    site_packages: str
    pip: bool
    pip_bytes: int = 0
    pip_download: int = 0
    eol: date | None
    ships: tuple[str, ...]
    programs: tuple[str, ...] = ()
    rank: int = 0
    source: str
    checked: date
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPackage:
    """A distribution package that has to be installed: what it adds with all it pulls in, in bytes.

    ``verified`` is False where only the name is known from general knowledge.
    """

    name: str
    on_disk: int
    download: int
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A shared library (``soname``) or program, and who ships it on each distribution release.

    ``packages`` maps ``bookworm``, ``trixie`` and ``alpine`` to the package.
    """

    id: str
    program: bool = False
    packages: Mapping[str, SystemPackage]
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A lighter requirement that can replace one.

    ``kind`` is ``safe`` (same import, same behaviour, given ``unless`` does not hold) or ``ask``.
    ``unless`` names a ``Use`` code that forbids it. ``arches`` limits it; empty is everywhere.
    """

    to: str
    kind: str
    preserves: str
    loses: str
    unless: str = ""
    arches: tuple[Arch, ...] = ()
    index_url: str = ""
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to build a package where it has no wheel: system packages to build and to run with.

    ``build`` and ``run`` map ``apt`` and ``apk`` to package names. ``effort`` is for a medium CPU.
    """

    build: Mapping[str, tuple[str, ...]]
    run: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    effort: BuildClass
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFact:
    """What is known of a package beyond its wheels.

    ``dlopens`` are libraries loaded at run time by name, ``programs`` commands it starts,
    ``optional_needs`` sonames that only an optional plugin loads (they are not missing).
    ``keep`` are kinds of files that trimming must leave. ``memory`` is bytes resident on import.
    ``provides_import`` are the modules it owns. ``extra_modules`` maps nothing else.
    """

    name: str
    dlopens: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    optional_needs: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    memory: int | None = None
    provides_import: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    swaps: tuple[Swap, ...] = ()
    recipe: Recipe | None = None
    notes: tuple[str, ...] = ()
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All knowledge, indexed: bases in order of id, the rest by id or name."""

    bases: tuple[Base, ...]
    libraries: Mapping[str, Library]
    packages: Mapping[str, PackageFact]
    devices: Mapping[str, Device]
