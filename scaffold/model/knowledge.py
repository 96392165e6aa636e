"""The facts that decisions rest on, as loaded from ``knowledge/``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import filter as fnmatch_filter

from scaffold.model.hardware import DeviceFiles, HardwareFact, Rights, matches
from scaffold.model.target import Arch, Device, LibcFamily, NoContainers, Sourced

NONE = "none"
OLD = 60  # days
UPGRADE = "pip install --upgrade leanscaffold"


def describe_age(day: date, today: date) -> str:
    """Return ``of 2026-11-25, 4 days old``."""
    age = (today - day).days
    return f"of {day}, {age} day{'' if age == 1 else 's'} old"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorRule(Sourced):
    """What holds for some packages where an accelerator is present, or where it is absent.

    ``packages`` are normalised names or patterns. ``verdict`` is ``index`` (they come from
    ``index_url``), ``works`` (the default index's files are right), ``useless`` (they install and
    are not needed), ``unusable`` (what the default index has does not run there) or ``unknown``
    (nobody looked into it; that is told). ``arches``,
    ``capabilities`` and ``jetpacks`` limit it; empty is everywhere. ``plain_arches`` are those for
    which an older version on the default index has no code for the accelerator. ``omits`` are
    patterns of what they require and do without there. ``swap`` is what does the same without it.
    """

    when: str  # present | absent
    packages: tuple[str, ...]
    verdict: str
    arches: tuple[Arch, ...] = ()
    capabilities: tuple[str, ...] = ()
    jetpacks: tuple[str, ...] = ()
    index_url: str = ""
    local: str = ""  # the local version of the files there, such as cpu
    pythons: tuple[str, ...] = ()  # the minors that there are files for; empty is any
    base: str = ""  # an image that has what the files load
    plain_arches: tuple[Arch, ...] = ()
    omits: tuple[str, ...] = ()
    swap: str = ""
    why: str

    def covers(self, package: str) -> bool:
        """Tell whether the rule is about a package."""
        return matches(package, self.packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator(Sourced):
    """One kind of accelerator.

    ``parts`` are patterns of packages that are not needed without it. ``host`` is what the device's
    own system brings, outside of any image, ``provides`` its libraries, ``signs`` are what errors
    say where it does not. ``runtime`` is the container runtime that it needs, ``variables`` are
    what that reads in the container's environment. ``asks`` maps patterns of the device's name in
    calls (``cuda``, ``package:0`` for a number) to what happens without it.
    """

    id: str
    name: str
    parts: tuple[str, ...] = ()
    host: str = ""
    provides: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    runtime: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[AcceleratorRule, ...] = ()

    def is_part(self, package: str) -> bool:
        """Tell whether a package serves nothing without it."""
        return matches(package, self.parts)


class BuildClass(StrEnum):
    """How long installing takes: no compiler, or its minutes or hours on a small CPU.

    ``unknown`` is a build of which nobody knows how long it takes, or all that it needs.
    """

    WHEELS = "wheels"
    MINUTES = "minutes"
    UNKNOWN = "unknown"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Sourced):
    """One published image: a base for one Python minor and one architecture.

    ``download`` is what a client pulls, ``on_disk`` the unpacked layers, both in bytes.
    ``error`` is the relative uncertainty of ``on_disk`` (0.01 is one percent). ``release`` is the
    interpreter's patch release. ``digest`` is ``sha256:…`` of the multi-platform index, if known.
    ``tag`` replaces ``{python}`` in the base's reference where the tag is not the minor, such as
    ``3.15-rc``.
    """

    python: str
    arch: Arch
    release: str
    download: int
    on_disk: int
    error: float
    prerelease: bool = False
    tag: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Files that a base takes over for programs: bytes, and each program that they come with."""

    on_disk: int
    download: int
    programs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base(Sourced):
    """A family of images that differ in Python and architecture only.

    ``reference`` and ``site_packages`` are format strings with ``{python}``. ``registry`` names
    the entry of the user's registry settings that prefixes it; ``default`` needs none. ``ships``
    are sonames, ``programs`` commands. ``pip_bytes`` and ``pip_download`` are what pip and
    ensurepip weigh in it, unpacked and compressed. ``rank`` breaks ties: lower is preferred
    at equal size. ``compatible`` ranks what most software expects of a system, the
    closest first. ``origin`` is the id of the base that this one is cut from in the build: then
    ``reference`` is that base's, the figures are of what is kept without any package, and
    ``offers`` are sonames taken over only when something needs them, with their bytes on disk and
    to download, ``stdlib_sources`` and ``stdlib_bytecode`` what the standard library's two forms
    are, on disk and to download, of which the figures hold the bytecode, ``stdlib_databases`` what
    trimming saves by leaving out ``_dbm`` and ``_gdbm``, ``pieces`` what programs add that are
    asked for, measured on amd64. ``in_blocks`` is what the image takes in blocks of
    4 KiB, with a block per folder, per byte of its files.
    ``python_packages`` are what brings the interpreter where the image has none, its figures with
    those: then packages that the distribution builds itself can be taken (``Facts.python3``).
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
    compatible: int = 99
    origin: str = ""
    offers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    in_blocks: float = 1.1
    stdlib_sources: tuple[int, int] = (0, 0)
    stdlib_bytecode: tuple[int, int] = (0, 0)
    stdlib_databases: tuple[int, int] = (0, 0)
    python_packages: tuple[str, ...] = ()
    images: tuple[Image, ...]

    @property
    def assembled(self) -> bool:
        """Tell whether its file system is put together anew, with a user and system packages."""
        return self.pip or bool(self.python_packages)

    def reference_for(self, image: Image) -> str:
        """Return what ``FROM`` names for one of the images."""
        return self.reference.format(python=image.tag or image.python)

    @property
    def distribution_key(self) -> str:
        """Return the key of ``Library.packages`` and ``Facts.distributions``."""
        return distribution_key(self.distribution, self.release)


def distribution_key(distribution: str, release: str) -> str:
    """Return the release's name on Debian, and ``alpine`` for every Alpine release."""
    return release if distribution == "debian" else distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPackage:
    """A distribution package that has to be installed: what it adds with all it pulls in, in bytes.

    ``verified`` is False where name and cost are estimates.
    """

    name: str
    on_disk: int
    download: int
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Library(Sourced):
    """A shared library (``soname``) or program, and who ships it on each distribution release.

    ``packages`` maps a ``Base.distribution_key`` to the package. ``linked`` says that
    it is linked with the libraries that its package pulls in, so that it never comes without them.
    ``elsewhere`` says who has it where no distribution does, ``system`` names another system than
    Linux whose program or library it is: what uses it does not run in a container.
    """

    id: str
    program: bool = False
    linked: bool = False
    elsewhere: str = ""
    system: str = ""
    packages: Mapping[str, SystemPackage]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFact(Sourced):
    """Who brings a top-level module: requirements, of which the first is the one to ask for.

    ``until`` is the last Python whose standard library has it, ``system`` the only other one
    that has it, ``elsewhere`` who has it where no index does. ``preinstalled``: images and
    environments had it before Python 3.12, so that many sources import it and no list names it.
    """

    packages: tuple[str, ...] = ()
    preinstalled: bool = False
    until: str = ""
    system: str = ""
    elsewhere: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion(Sourced):
    """What something needs besides itself, and cannot get from any package index.

    It applies where ``package`` (a name, perhaps with versions) is installed or else ``module``
    imported, and ``call`` called (a dotted name, in which ``*`` stands for anything, perhaps with a
    blank and the start of the first argument) or one of the dotted names ``takes`` used (patterns),
    as far as they are given, and nothing of ``unless`` is installed or, with ``()``, called. In
    ``unless`` and ``text``, ``{0}`` is the first argument. ``refuse``: without it the application
    fails. The code ``runs-program`` says that the call starts its first argument.
    ``device`` is a pattern of the one that a call insists on, instead of ``call``. ``argument`` is
    a regular expression for the whole first argument, which is empty where it is not known.
    ``rights`` are what the container needs for it, and ``way`` what else can be done.
    """

    code: str
    package: str = ""
    module: str = ""
    call: str = ""
    argument: str = ".*"
    takes: tuple[str, ...] = ()
    device: str = ""
    unless: tuple[str, ...] = ()
    refuse: bool = False
    text: str = ""
    way: str = ""
    rights: Rights = field(default_factory=Rights)

    @property
    def is_used(self) -> bool:
        """Tell whether it takes a use by the sources besides what is installed."""
        return bool(self.call or self.takes or self.device)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn(Sourced):
    """A library, called ``name``, that wheels load and few applications call.

    ``libraries`` are patterns of its files. An application calls it by names of ``module`` that
    match ``used_by`` and none of ``unused_by``. ``shares`` are, by package and machine in a wheel's
    tag, what goes of its machine code where a stand-in replaces the library.
    """

    name: str
    module: str
    libraries: tuple[str, ...]
    used_by: tuple[str, ...] = ("*",)
    unused_by: tuple[str, ...] = ()
    shares: Mapping[str, Mapping[str, float]]

    def share(self, package: str, filename: str) -> float:
        """Return what goes of the machine code in a wheel of that name; 0 if unmeasured."""
        machines = self.shares.get(package, {}).items()
        return next((share for machine, share in machines if machine in filename), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderSource(Sourced):
    """Who brings header files (a name that ends in ``/`` is a folder), and modules of build tools.

    ``apt`` and ``apk`` are packages to build with, ``packages``, by ``Base.distribution_key``, what
    the result runs with.
    """

    headers: tuple[str, ...]
    modules: tuple[str, ...] = ()
    apt: tuple[str, ...] = ()
    apk: tuple[str, ...] = ()
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def brings(self, name: str) -> bool:
        """Tell whether it brings a header or a module of this name."""
        return name in self.modules or any(
            name == header or (header.endswith("/") and name.startswith(header))
            for header in self.headers
        )

    def runs_with(self, key: str) -> tuple[str, ...]:
        """Return the packages that the result runs with on a distribution."""
        return self.packages.get(key, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Sourced):
    """What a distribution's packages weigh and pull in on top of its slim Python image.

    ``packages`` maps a name to (unpacked bytes, compressed layer bytes, names it depends on that
    the slim image lacks). ``id`` is the release, with ``-arm64`` where it is not for amd64.
    ``modules`` maps distributions of Python packages to (the package that has it, its version).
    """

    id: str
    release: str
    arch: Arch
    packages: Mapping[str, tuple[int, int, tuple[str, ...]]]
    modules: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def closure(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names with all they pull in, sorted; names it does not know are left out."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self.packages and name not in found:
                found.add(name)
                waiting.extend(self.packages[name][2])
        return tuple(sorted(found))

    def weigh(self, names: Iterable[str]) -> tuple[int, int]:
        """Return what these packages alone add: bytes on disk, bytes to download."""
        rows = [self.packages[name] for name in names]
        return sum(row[0] for row in rows), sum(row[1] for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Sourced):
    """A lighter requirement that can replace one.

    ``kind`` is ``safe`` (same import, same behaviour, given ``unless`` does not hold) or ``ask``.
    ``unless`` names a ``Use`` code that forbids it. ``arches`` limits it; empty is everywhere.
    ``drops`` are extras: the swap applies to a requirement that asks for one of them.
    ``needs_index`` says that the user has to name another index. ``measured`` says what it saves.
    """

    to: str
    kind: str
    preserves: str
    loses: str
    unless: str = ""
    arches: tuple[Arch, ...] = ()
    index_url: str = ""
    needs_index: bool = False
    drops: tuple[str, ...] = ()
    measured: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A recipe that was tried: ``version`` was built from source there, and imported."""

    arch: Arch
    base: str
    python: str
    version: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(Sourced):
    """How to build a package where it has no wheel: system packages to build and to run with.

    ``build`` and ``run`` map ``apt`` and ``apk`` to package names. ``effort`` is for a medium CPU.
    ``proven`` are the places where it was tried.
    """

    build: Mapping[str, tuple[str, ...]]
    run: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    effort: BuildClass
    proven: tuple[Proven, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFact(Sourced):
    """What is known of a package beyond its wheels.

    ``dlopens`` are libraries loaded at run time by name, ``programs`` commands it starts,
    ``optional_needs`` sonames that only an optional plugin loads (they are not missing).
    ``dlopens_unless`` are packages that bring those libraries when they are installed too;
    ``dlopens_pure`` says that only the pure wheel looks for them, platform wheels bring them;
    ``dlopens_sought`` that it asks ctypes' find_library for them, which asks ldconfig.
    ``keep`` are kinds of files that trimming must leave; ``symbols`` is what stripping removes.
    ``sourceless`` says that it was seen to work from bytecode alone.
    ``unloaded`` are patterns of libraries that it brings (``libonnxruntime.so.*``) and nothing
    loads but the packages in ``loaded_by``: it opens others by their full names alone.
    ``shares`` are, by rule of trimming and machine in a wheel's tag, what goes of its machine code.
    ``memory`` is bytes resident on import, where packages are installed that match
    ``memory_beside``; empty is everywhere. Elsewhere it is ``memory_alone``. ``provides_import``
    are the modules it owns.
    ``requires`` are requirements that its metadata leave out; ``{release}`` is its own release
    (``2.8`` of 2.8.1). ``breaks`` maps a version to a date: extension modules compiled before do
    not load beside it or newer ones. ``unimportable`` maps a module to why it does not import on a
    machine without the right hardware or display.
    """

    name: str
    dlopens: tuple[str, ...] = ()
    dlopens_unless: tuple[str, ...] = ()
    dlopens_pure: bool = False
    dlopens_sought: bool = False
    programs: tuple[str, ...] = ()
    optional_needs: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    sourceless: bool = False
    unloaded: tuple[str, ...] = ()
    loaded_by: tuple[str, ...] = ()
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    memory: int | None = None
    memory_beside: tuple[str, ...] = ()
    memory_alone: int | None = None
    provides_import: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    breaks: Mapping[str, date] = field(default_factory=dict)
    unimportable: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    swaps: tuple[Swap, ...] = ()
    recipe: Recipe | None = None
    notes: tuple[str, ...] = ()

    def memory_among(self, packages: Iterable[str]) -> int | None:
        """Return what importing it takes where these packages are installed; None: not known."""
        names = tuple(packages)
        beside = all(fnmatch_filter(names, pattern) for pattern in self.memory_beside)
        return self.memory if beside else self.memory_alone

    def share(self, rule: str, filename: str) -> float:
        """Return what a rule takes of the machine code in a wheel of that name; 0 if unmeasured."""
        machines = self.shares.get(rule, {}).items()
        return next((share for machine, share in machines if machine in filename), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBounds:
    """Which releases of a package do not load beside newer releases of what they require.

    ``rows`` are (releases, requirement, error): ``<2.2.3``, ``werkzeug<3`` and what importing them
    ends with. Their metadata do not bound what was not there yet.
    """

    rows: tuple[tuple[str, str, str], ...]
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """What no loader reads of a wheel's machine code.

    ``share`` is in bytes per byte of machine code, ``spent`` in bytes of a compressed layer per
    byte of symbols and headers: 0 where they are few, and like other text.
    """

    share: float = 0.0
    spent: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What becomes of a package's wheel in an image, measured on one wheel of it.

    ``bytecode`` is bytes of bytecode per byte of Python source, ``bytecode_layer`` bytes of a
    compressed layer per byte of bytecode, ``layer`` bytes of a compressed layer per byte of wheel.
    ``foreign`` are the symbols of wheels for other machines, by the machine in a wheel's tag, where
    they were measured and are not like ``symbols``.
    """

    bytecode: float
    bytecode_layer: float
    layer: float
    symbols: Symbols = Symbols()
    foreign: Mapping[str, Symbols] = field(default_factory=dict)

    def find_symbols(self, filename: str) -> Symbols:
        """Return the symbols of a wheel with such a name."""
        machines = (one for machine, one in self.foreign.items() if machine in filename)
        return next(machines, self.symbols)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFamily(Sourced):
    """What the name of an image says. ``image`` is a pattern of ``repository:tag``.

    Its named groups ``python`` and ``release`` win over the fields. ``lacks`` maps programs to the
    package that brings them, empty where the distribution has none.
    """

    image: str
    distribution: str
    libc: LibcFamily | None = None
    manager: str = ""
    shell: bool = True
    python: str = ""
    release: str = ""
    interpreter: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)

    def match(self, reference: str) -> "ImageFamily | None":
        """Return the family with what a reference says of Python and release, None for another."""
        found = re.fullmatch(self.image, reference.partition("@")[0])
        if found is None:
            return None
        said = found.groupdict()
        python, release = said.get("python"), said.get("release")
        return replace(self, python=python or self.python, release=release or self.release)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression(Sourced):
    """What a compression of layers makes of them, relative to what an engine's gzip makes.

    ``factors`` maps the least level to what libzstd makes, ``builder`` to what BuildKit's own
    encoder does; ``spread`` is how far a layer may be off. ``docker`` is the oldest major
    release of Docker Engine that reads it, ``readers`` all engines with theirs, ``refusers`` those
    that do not.
    """

    factors: Mapping[str, float]
    builder: Mapping[str, float]
    spread: float
    docker: int
    readers: tuple[str, ...]
    refusers: tuple[str, ...]

    def factor(self, level: int, *, builder: bool = False) -> float:
        """Return what a level makes of a layer."""
        rows = self.builder if builder else self.factors
        return rows[str(max(int(one) for one in rows if int(one) <= level))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedPackages(Sourced):
    """Packages that a release has no more: a line is a name, then what takes its place."""

    id: str
    packages: str

    def successors(self, name: str) -> tuple[str, ...] | None:
        """Return what takes a package's place, None for one that the release has."""
        found = re.search(rf"^{re.escape(name)}(?: (.+))?$", self.packages, re.MULTILINE)
        return tuple((found[1] or "").split()) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraIndex(Sourced):
    """An index of wheels that its owners build of sdists, for these machines and Pythons."""

    url: str
    arches: tuple[Arch, ...]
    libc: LibcFamily
    pythons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """All knowledge, indexed: bases in order of id, the rest by id or name; equal only to itself.

    ``headers`` are by the library's name; ``releases`` are when Python minors were released.
    ``python3`` are what Debian builds of Python packages, on top of its own slim image with Python.
    """

    bases: tuple[Base, ...]
    libraries: Mapping[str, Library]
    packages: Mapping[str, PackageFact]
    devices: Mapping[str, Device]
    pythons: Mapping[str, date | None] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    python3: Mapping[str, Distribution] = field(default_factory=dict)
    footprints: Mapping[str, Footprint] = field(default_factory=dict)
    modules: Mapping[str, ModuleFact] = field(default_factory=dict)
    companions: Mapping[str, Companion] = field(default_factory=dict)
    bounds: Mapping[str, ReleaseBounds] = field(default_factory=dict)
    accelerators: Mapping[str, Accelerator] = field(default_factory=dict)
    headers: Mapping[str, HeaderSource] = field(default_factory=dict)
    families: Mapping[str, ImageFamily] = field(default_factory=dict)
    dropped: Mapping[str, DroppedPackages] = field(default_factory=dict)
    releases: Mapping[str, date] = field(default_factory=dict)
    compressions: Mapping[str, Compression] = field(default_factory=dict)
    indexes: Mapping[str, ExtraIndex] = field(default_factory=dict)
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    hardware: Mapping[str, HardwareFact] = field(default_factory=dict)
    device_files: Mapping[str, DeviceFiles] = field(default_factory=dict)
    no_containers: Mapping[str, NoContainers] = field(default_factory=dict)

    def find_family(self, reference: str) -> ImageFamily | None:
        """Return what is known of an image by its name."""
        matches = (family.match(reference) for family in self.families.values())
        return next((found for found in matches if found is not None), None)
