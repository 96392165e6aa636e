"""What an index, a lock or the snapshot says of files, and what the name of a wheel tells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from msgspec import Struct


class DistFile(Struct, frozen=True, array_like=True):
    """One file of a project on an index. ``size`` in bytes; ``uploaded`` an ISO date or time.

    ``metadata_sha256`` is what the index says of the file's metadata beside it; ``index`` is the
    address of the index that lists it, without credentials, empty where none does.

    A struct and no dataclass because pages hold thousands: it is made faster, and kept as it is.
    """

    filename: str
    url: str = ""
    sha256: str = ""
    size: int | None = None
    requires_python: str = ""
    yanked: bool = False
    uploaded: str = ""
    has_metadata: bool = False
    metadata_sha256: str = ""
    index: str = ""


def is_iso_time(text: str) -> bool:
    """Tell whether a text is a date, or a date and time, of ISO 8601."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All files of one project. ``origin`` is ``index``, ``cache``, ``lock`` or ``snapshot``.

    ``elsewhere`` pairs (version, system) for files left out because they suit no CPython on Linux:
    ``Windows``, ``macOS``, ``PyPy`` or ``other systems``.
    """

    name: str
    files: tuple[DistFile, ...]
    origin: str
    index_url: str = ""
    elsewhere: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Core metadata of one file: dependencies as PEP 508 text, and the extras it offers.

    ``uncertain`` marks an sdist that does not say what it requires: only building it would tell.
    ``pythons`` are the minors (``3.12``) that its classifiers name; ``problem`` says why what it
    requires cannot be read.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    requires_python: str = ""
    uncertain: bool = False
    pythons: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledLibrary:
    """A shared library in an sdist; ``machines`` are as wheel tags name them (``aarch64``).

    ``libc`` is ``glibc`` or ``musl``, empty where the library loads neither.
    """

    path: str
    machines: tuple[str, ...]
    libc: str = ""

    def runs_on(self, machine: str, libc: str) -> bool:
        """Tell whether a loader of that machine and libc takes it."""
        return machine in self.machines and self.libc in {"", libc}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What building an sdist takes, as far as reading it tells.

    ``native`` says that a compiler runs; ``languages`` are ``c``, ``c++``, ``cython``, ``cmake``,
    ``fortran``, ``meson``, ``rust``, ``swig``. ``headers`` are the system headers that its sources
    include (``jpeglib.h``, ``ft2build.h``), ``modules`` names asked of pkg-config, CMake or meson.
    ``libraries`` are those that it brings compiled: no build makes them for another machine.
    ``tuned`` says that a build asks the compiler for all that its own processor has. ``starts``
    are as in ``WheelFacts``.
    """

    native: bool
    languages: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    libraries: tuple[CompiledLibrary, ...] = ()
    tuned: bool = False
    starts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFacts:
    """What is inside one wheel. All sizes in bytes.

    ``installed`` sums the unpacked files. ``kinds`` splits it by kind of file: ``py``, ``so``,
    ``pyi``, ``headers``, ``static``, ``sources``, ``tests``, ``docs``, ``examples``,
    ``locales``, ``dist-info``, ``other``.
    ``glibc`` is the highest GLIBC symbol version any ELF file needs, None for none or not read.
    ``needs`` are shared libraries that the ELF files load and the wheel does not bring.
    ``elf`` says how the ELF facts came about: ``read``, ``none`` (a pure wheel), ``assumed`` (taken
    over from the release named in ``elf_from``) or ``unread``. ``blocks`` is what files and folders
    take in blocks of 4 KiB, None where nobody counted.
    ``brings`` are the paths of the shared libraries in the wheel, below site-packages, None where
    nobody looked; ``sought`` pairs (soname, folder there) for needs that RPATH or RUNPATH look for
    beside the file that has them. ``modules`` are the names below site-packages that can be
    imported, and ``inner`` the dotted ones of what lies somewhere below (``google.cloud``), None
    where nobody looked or there are very many; ``opened`` are (library, where, at import) that its
    Python code opens or looks for by name; ``starts`` are (program in lower case, where) of what it
    says it wraps; ``refused`` are its modules whose import only raises an error.
    ``duplicates`` are the bytes of files that have the contents of
    another, ``symbols`` those that stripping its machine code takes out, ``served`` those below
    folders named static, which a site collects; None where nobody looked.
    """

    installed: int
    files: int
    kinds: tuple[tuple[str, int], ...] = ()
    glibc: tuple[int, int] | None = None
    needs: tuple[str, ...] = ()
    elf: str = "unread"
    elf_from: str = ""
    blocks: int | None = None
    brings: tuple[str, ...] | None = None
    sought: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] | None = None
    inner: tuple[str, ...] | None = None
    opened: tuple[tuple[str, str, bool], ...] = ()
    starts: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, ...] = ()
    duplicates: int | None = None
    symbols: int | None = None
    served: int | None = None

    def kind(self, name: str) -> int:
        """Return the bytes of one kind of file."""
        return dict(self.kinds).get(name, 0)


# The files of a wheel: path below site-packages, bytes, and the rule of trimming that covers it.
Contents = tuple[tuple[str, int, str], ...]


class Index(Protocol):
    """Pages, metadata and wheel facts, from wherever they are known.

    Every method may raise ``TransientError`` when a network layer fails and nothing else knows.
    Names are normalised (PEP 503).
    """

    def page(self, name: str, *, index: str = "") -> Page | None:
        """Return all files of a project, or None if no layer knows the project.

        ``index`` is the only one to ask (``Asked.index``), empty for those configured.
        """
        ...

    def prefetch(self, names: Sequence[str]) -> None:
        """Hint that these pages will be asked for soon; returns at once."""
        ...

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        """Return the metadata of one file: others of its release may require something else.

        None means that it cannot be known (offline, or a broken file).
        """
        ...

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Hint that the metadata of these (name, version, file) will be asked for soon."""
        ...

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:
        """Return what building an sdist takes, None where it cannot be known."""
        ...

    def wheel_facts(
        self, wanted: Sequence[tuple[str, str, DistFile]], *, network: bool, large: bool = False
    ) -> tuple[WheelFacts | None, ...]:
        """Return the facts of wheels, given as (name, version, file), in the order asked.

        Without ``network`` only what is already known (snapshot, cache) is returned, at once.
        None is a wheel that nothing is known of. ``large`` reads the machine code of large wheels.
        """
        ...


@lru_cache(maxsize=65536)
def wheel_platforms(filename: str) -> frozenset[tuple[str, str]]:
    """Return the (libc family, machine) pairs of a wheel's platform tags.

    A pure wheel has ``{("any", "any")}``; what runs on no Linux is left out.
    """
    pairs = set()
    for tag in _platform_tags(filename).split("."):
        family = _FAMILIES.get(tag.partition("_")[0].rstrip("0123456789"))
        if tag == "any":
            pairs.add(("any", "any"))
        elif family:
            pairs.add((family, _machine(tag)))
    return frozenset(pairs)


_FAMILIES = {"manylinux": "glibc", "linux": "glibc", "musllinux": "musl"}


def _machine(tag: str) -> str:
    """Return ``x86_64`` for ``manylinux_2_28_x86_64`` and ``linux_x86_64``."""
    parts = tag.split("_")
    versioned = parts[0] in {"manylinux", "musllinux"}  # not so manylinux2014
    return "_".join(parts[3:] if versioned else parts[1:])


def is_pure(filename: str) -> bool:
    """Tell whether a wheel promises to hold no machine code."""
    return ("any", "any") in wheel_platforms(filename)


def assume_elf(
    facts: WheelFacts, filename: str, siblings: Iterable[tuple[str, WheelFacts]]
) -> WheelFacts:
    """Fill unread ELF facts in from another wheel of the project, for the same libc and machine.

    ``siblings`` are (file name, facts), the nearest first; one with the very same platform tags is
    nearer than any other. Without any the facts stay as they are.
    """
    if facts.elf != "unread":
        return facts
    wanted = wheel_platforms(filename)
    fitting = [
        (other, known)
        for other, known in siblings
        if known.elf == "read" and other != filename and wanted & wheel_platforms(other)
    ]
    if not fitting:
        return facts
    tags = _platform_tags(filename)
    other, known = next((one for one in fitting if _platform_tags(one[0]) == tags), fitting[0])
    return replace(
        facts,
        glibc=known.glibc,
        needs=known.needs,
        elf="assumed",
        elf_from=other,
        sought=known.sought,
        symbols=_as_many(facts, known),
    )


def _as_many(facts: WheelFacts, known: WheelFacts) -> int | None:
    """Return the symbols that a wheel has if their part of its machine code is the sibling's."""
    code = known.kind("so")
    return None if known.symbols is None or not code else known.symbols * facts.kind("so") // code


def _platform_tags(filename: str) -> str:
    return filename.removesuffix(".whl").rpartition("-")[2]
