"""Where a project has wheels, and «does it work on Alpine?»: a package with all that it needs."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from packaging.version import Version

from scaffold.model.index import Index, Page, WheelFacts
from scaffold.model.knowledge import BuildClass, PackageFact, Recipe
from scaffold.model.project import Asked, Origin
from scaffold.model.target import Arch, Environment, Libc, LibcFamily
from scaffold.resolver.cache import EnvironmentTags, ResolutionRequest, ResolverCache
from scaffold.resolver.provider import Provider, walk_closure
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


_TRIED = PYTHONS[1:-1]  # the newest are pre-releases in many places, the oldest is nearly over


class InstallEffort(StrEnum):
    """How a package gets onto a place; ``compile`` is for a time that nobody has noted."""

    READY = "ready"
    OLDER = "older"
    MINUTES = "minutes"
    HOURS = "hours"
    COMPILE = "compile"
    NONE = "none"


_RANK = {ease: rank for rank, ease in enumerate(InstallEffort)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where people want to run things: what they call it, and what it is."""

    label: str
    libc: Libc
    arch: Arch


_MUSL = Libc(family=LibcFamily.MUSL, version=(1, 2))
_GLIBC = Libc(family=LibcFamily.GLIBC, version=(2, 41))
PLACES = (
    Place(label="Alpine", libc=_MUSL, arch=Arch.AMD64),
    Place(label="Alpine", libc=_MUSL, arch=Arch.ARM64),
    Place(label="a 64-bit Raspberry Pi", libc=_GLIBC, arch=Arch.ARM64),
    Place(label="a 32-bit Raspberry Pi", libc=_GLIBC, arch=Arch.ARM_V7),
    Place(label="a Raspberry Pi Zero or 1", libc=_GLIBC, arch=Arch.ARM_V6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """How a package gets onto one place with the newest Python that makes it easiest.

    ``version`` is the one that would be taken, empty for none. ``because`` are the packages that
    have to be compiled, or that have nothing to install; the package itself may be one of them.
    """

    place: Place
    ease: InstallEffort
    python: str
    version: str = ""
    because: tuple[str, ...] = ()


def find_support(
    name: str, shelf: ResolverCache, recipe_of: Callable[[str], Recipe | None]
) -> tuple[Support, ...]:
    """Return how a package gets onto each of ``PLACES``; its dependencies count as it does."""
    found = []
    for place in PLACES:
        tried: list[Support] = []
        for python in reversed(_TRIED):
            tried.append(_reach(name, place, python, shelf, recipe_of))
            if tried[-1].ease is InstallEffort.READY:
                break
        found.append(min(tried, key=lambda one: _RANK[one.ease]))
    return tuple(found)


def _reach(
    name: str,
    place: Place,
    python: str,
    shelf: ResolverCache,
    recipe_of: Callable[[str], Recipe | None],
) -> Support:
    environment = Environment(python=python, arch=place.arch, libc=place.libc)
    asked = Asked(name=name, text=name, origin=Origin(file="command line"))
    provider = Provider(
        ResolutionRequest(asked=(asked,)), EnvironmentTags(environment, f"{python}.99"), shelf
    )
    version, missing, built = "", list[str](), list[str]()
    for need, contender in walk_closure(provider, provider.roots(), strict=False):
        if contender is None:
            # What the snapshot does not hold is not said to be missing, only what it knows of.
            if shelf.page(need.name) is not None:
                missing.append(need.name)
        elif not contender.wheel and not need.extras:
            built.append(need.name)
        if contender is not None and need.name == name:
            version = str(contender.version)
    ease = InstallEffort.NONE if missing else _effort(built, recipe_of)
    if ease is InstallEffort.READY and version != newest_final(shelf.releases(name)):
        ease = InstallEffort.OLDER
    because = tuple(dict.fromkeys(missing or built))
    return Support(place=place, ease=ease, python=python, version=version, because=because)


def _effort(built: Sequence[str], recipe_of: Callable[[str], Recipe | None]) -> InstallEffort:
    if not built:
        return InstallEffort.READY
    efforts = {recipe.effort if (recipe := recipe_of(name)) else None for name in built}
    if BuildClass.HOURS in efforts:
        return InstallEffort.HOURS
    return InstallEffort.COMPILE if None in efforts else InstallEffort.MINUTES


def describe_support(name: str, found: Sequence[Support]) -> str:
    """Return one plain sentence that answers for all places."""
    grouped: dict[str, list[Support]] = {}
    for one in found:
        grouped.setdefault(_spell(name, one), []).append(one)
    clauses = [
        words.format(places=join_words(_labels(group, found))) for words, group in grouped.items()
    ]
    return f"{name} {'; '.join(clauses)}."


def _spell(name: str, one: Support) -> str:
    behind = Version(one.python) < Version(_TRIED[-1])
    limit = f" with Python up to {one.python}" if behind else ""
    match one.ease:
        case InstallEffort.READY:
            return f"installs ready-made on {{places}}{limit}"
        case InstallEffort.OLDER:
            return f"installs ready-made on {{places}}{limit} as the older {one.version}"
        case InstallEffort.NONE:
            have = "it has" if name in one.because else f"{join_words(one.because)} offers"
            return f"does not install on {{places}}: {have} neither a wheel nor sources for it"
        case _:
            who = "" if name in one.because else f" for {join_words(one.because)}"
            takes = "an unknown time" if one.ease is InstallEffort.COMPILE else f"{one.ease}"
            return f"needs a compiler{who} on {{places}}, which takes {takes}"


def _labels(group: Sequence[Support], found: Sequence[Support]) -> list[str]:
    """Return the places of a group; one of several architectures alone is named with it."""
    labels = []
    for one in group:
        label = one.place.label
        everywhere = all(other in group for other in found if other.place.label == label)
        labels.append(label if everywhere else f"{label} on {one.place.arch}")
    return list(dict.fromkeys(labels))


def join_words(words: Iterable[str]) -> str:
    """Return words as a list in a sentence."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSupport:
    """Where a package runs. ``answer`` is a sentence, and one more on what it needs of the system.

    ``recipe`` is None where nobody noted one.
    """

    matrix: Matrix
    reach: tuple[Support, ...]
    answer: str
    recipe: Recipe | None


def find_package_support(
    page: Page, index: Index, fact_of: Callable[[str], PackageFact | None]
) -> PackageSupport:
    """Return where the package of a page runs; its dependencies are looked up in the index."""

    def recipe_of(name: str) -> Recipe | None:
        fact = fact_of(name)
        return fact.recipe if fact else None

    reach = find_support(page.name, ResolverCache(index), recipe_of)
    fact = fact_of(page.name)
    return PackageSupport(
        matrix=make_matrix(page),
        reach=reach,
        answer=describe_support(page.name, reach) + (_describe_loads(fact) if fact else ""),
        recipe=recipe_of(page.name),
    )


def _describe_loads(fact: PackageFact) -> str:
    """Return what a package opens or starts by name, which its wheel does not bring."""
    if not fact.dlopens and not fact.programs:
        return ""
    text = f" It needs {join_words((*fact.dlopens, *fact.programs))} of the system"
    if fact.dlopens_unless:
        text += f" unless {' or '.join(fact.dlopens_unless)} is installed too"
    if fact.dlopens_pure:
        text += " where its wheel is not for one platform"
    return text + (", and does not find it on Alpine." if fact.dlopens_sought else ".")
