"""Which wheels of a package serve which Pythons, architectures and C libraries."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from scaffold.model.index import Page, WheelFacts
from scaffold.model.target import Arch, LibcFamily
from scaffold.resolver.releases import (
    Release,
    accepts_python,
    final_releases,
    find_largest,
    is_placeholder,
    list_releases,
    newest_final,
    split_tags,
    usable_sdist,
)
from scaffold.resolver.tags import python_version

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
ANY = "any"
_FIRST_ABI3 = 2  # PEP 384 came with Python 3.2
_LEGACY_FLOORS = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_PLATFORM = re.compile(
    r"(?:(?P<family>manylinux|musllinux)_(?P<major>\d+)_(?P<minor>\d+)"
    r"|(?P<legacy>manylinux1|manylinux2010|manylinux2014)"
    r"|(?P<plain>linux))_(?P<machine>.+)"
)
_INTERPRETER = re.compile(r"(?P<kind>cp|py)(?P<major>\d)(?P<minor>\d*)")
_ARCHES = {arch.machine: arch for arch in Arch}
_NEVER = (99, 0)
_OLDEST_GLIBC = {Arch.AMD64: (2, 5), Arch.I386: (2, 5), Arch.ARM_V6: _NEVER}
Spot = tuple[LibcFamily, Arch, str]  # and the Python
_ROWS = tuple((libc, arch) for libc in LibcFamily for arch in Arch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The newest version with a wheel in one place; an empty ``version`` for none.

    ``newest`` tells whether it is the project's newest final release, ``pure`` whether the wheel
    runs anywhere. ``floor`` is the libc the wheel asks for, None where it asks for none. ``sdist``
    is the newest version whose source archive admits the Python, where there is no wheel.
    """

    version: str = ""
    newest: bool = False
    pure: bool = False
    floor: tuple[int, int] | None = None
    file: str = ""
    sdist: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells of one libc and architecture, in the order of the matrix's Pythons.

    ``first`` is the oldest known version with a wheel for any of the Pythons, ``without`` the
    newest that has files but no wheel there; empty for none.
    """

    libc: LibcFamily
    arch: Arch
    cells: tuple[Cell, ...]
    first: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All rows of a project: its newest final release, and the newest with a source archive."""

    name: str
    newest: str
    sdist: str
    pythons: tuple[str, ...]
    rows: tuple[Row, ...]
    origin: str


def make_matrix(page: Page) -> Matrix:
    """Return what a page offers everywhere; withdrawn files and pre-releases do not count.

    A project that has nothing but pre-releases is shown with those.
    """
    releases = list_releases(page)
    finals = tuple(final_releases(releases)) or tuple(r for r in releases if not r.yanked)
    newest = newest_final(releases) or (str(finals[0].version) if finals else "")
    found: dict[Spot, Cell] = {}
    first: dict[tuple[LibcFamily, Arch], str] = {}
    without: dict[tuple[LibcFamily, Arch], str] = {}
    largest = find_largest(finals)
    for release in finals:
        served = set()
        full = [w for w in release.wheels if not is_placeholder(w, release.version, largest)]
        for place, cell in _cells(replace(release, wheels=tuple(full)), newest):
            served.add(place[:2])
            held = found.get(place)
            if held is None or (held.version == cell.version and _better(cell, held)):
                found[place] = cell
        version = str(release.version)
        first.update(dict.fromkeys(served, version))
        for row in _ROWS:
            if row not in served:
                without.setdefault(row, version)
    sources = {python: _newest_sdist(finals, python) for python in PYTHONS}
    rows = tuple(
        Row(
            libc=libc,
            arch=arch,
            cells=tuple(
                found.get((libc, arch, python)) or Cell(sdist=sources[python]) for python in PYTHONS
            ),
            first=first.get((libc, arch), ""),
            without=without.get((libc, arch), ""),
        )
        for libc, arch in _ROWS
    )
    sdist = next((str(r.version) for r in finals if r.sdist and not r.sdist.yanked), "")
    return Matrix(
        name=page.name, newest=newest, sdist=sdist, pythons=PYTHONS, rows=rows, origin=page.origin
    )


def _newest_sdist(releases: Sequence[Release], python: str) -> str:
    """Return the newest version that could be built for a Python, or an empty string."""
    version = Version(f"{python}.99")
    return next((str(r.version) for r in releases if usable_sdist(r, version)), "")


def _better(cell: Cell, held: Cell) -> bool:
    """Tell whether a wheel of the same version is the one to name: made for it, less demanding."""
    return (cell.pure, cell.floor or (0, 0), cell.file) < (
        held.pure,
        held.floor or (0, 0),
        held.file,
    )


def _cells(release: Release, newest: str) -> Iterator[tuple[Spot, Cell]]:
    version = str(release.version)
    for file in release.wheels:
        if file.yanked:
            continue
        minors = [
            python
            for python in PYTHONS
            if serves(file.filename, python_version(python))
            and accepts_python(file, Version(f"{python}.99"))
        ]
        for libc, arch, floor, pure in places(file.filename):
            cell = Cell(
                version=version,
                newest=version == newest,
                pure=pure,
                floor=floor,
                file=file.filename,
            )
            for minor in minors:
                yield (libc, arch, minor), cell


def serves(filename: str, python: tuple[int, int]) -> bool:
    """Tell whether a wheel's interpreter and ABI tags admit a CPython (PEP 425, abi3, no ``t``)."""
    interpreters, abis, _ = split_tags(filename)
    own = f"cp{python[0]}{python[1]}"
    for interpreter in interpreters:
        match = _INTERPRETER.fullmatch(interpreter)
        if match is None or int(match["major"]) != python[0]:
            continue
        minor = int(match["minor"] or 0)
        exact = interpreter == own
        if match["kind"] == "cp":
            if exact and not {own, "abi3", "none"}.isdisjoint(abis):
                return True
            if "abi3" in abis and _FIRST_ABI3 <= minor <= python[1]:
                return True
        elif "none" in abis and minor <= python[1]:
            return True
    return False


def places(filename: str) -> Iterator[tuple[LibcFamily, Arch, tuple[int, int] | None, bool]]:
    """Yield (libc, architecture, libc floor, pure) for each place a wheel's platforms admit.

    ``linux_*`` tags promise nothing; they are glibc builds. No manylinux tag exists for ARMv6.
    """
    _, abis, platforms = split_tags(filename)
    for platform in platforms:
        if platform == ANY:
            if "none" in abis:  # installers take no abi3 wheel that claims to run anywhere
                yield from ((libc, arch, None, True) for libc in LibcFamily for arch in Arch)
            continue
        match = _PLATFORM.fullmatch(platform)
        arch = _ARCHES.get(match["machine"]) if match else None
        if match is None or arch is None:
            continue
        libc = LibcFamily.MUSL if match["family"] == "musllinux" else LibcFamily.GLIBC
        floor = _floor(match)
        if libc is LibcFamily.GLIBC and floor and floor < _OLDEST_GLIBC.get(arch, (2, 17)):
            continue
        yield libc, arch, floor, False


def _floor(match: re.Match[str]) -> tuple[int, int] | None:
    if match["plain"]:
        return None
    return _LEGACY_FLOORS.get(match["legacy"] or "") or (int(match["major"]), int(match["minor"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWheel:
    """The newest wheel for a libc and an architecture, and what is inside."""

    libc: LibcFamily
    arch: Arch
    version: str
    facts: WheelFacts
