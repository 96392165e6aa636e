"""What installing distribution packages costs, counting what several of them share only once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from scaffold.model.knowledge import Base, Distribution, Facts, SystemPackage
from scaffold.model.target import Arch

# Figures of a distribution's table, and those of libraries.toml that nobody verified: Alpine's are
# estimates from Debian's packages of the same library.
TABLE_SPREAD = 0.06
TABLE_DOWNLOAD_SPREAD = 0.2
ESTIMATE_SPREAD = 0.5
# What of a library's package is machine code, which alone a cut base takes over: 2.45 of 2.96 MB
# of libpq5 and the nine packages that it pulls in, trixie on amd64, 2026-11-25.
LIBRARY_SHARE = 0.83
# The same of a program's libraries and data, which are larger: 47.6 of 47.8 MB of git, 95.5 of 93.0
# of tesseract, 214.0 of 226.2 of ffmpeg (`leanscaffold verify --with` of hello world on
# bare-trixie, amd64, 2026-11-25).
PROGRAM_SHARE = 0.98
# What was measured piece by piece is of one release's packages, which security updates change.
PIECES_SPREAD, PIECES_DOWNLOAD_SPREAD = 0.02, 0.04
# Bytecode that installing a Python package makes is counted by one ratio for all of them.
PYTHON_SPREAD = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCost:
    """What system packages add, with all they pull in (``names``), and how far that may be off.

    In bytes; on top of what the base ships.
    """

    on_disk: int = 0
    download: int = 0
    error: int = 0
    download_error: int = 0
    names: tuple[str, ...] = ()

    def __add__(self, other: "SystemCost") -> "SystemCost":
        """Return both together; what they share counts twice."""
        return SystemCost(
            on_disk=self.on_disk + other.on_disk,
            download=self.download + other.download,
            error=self.error + other.error,
            download_error=self.download_error + other.download_error,
            names=tuple(sorted({*self.names, *other.names})),
        )


def system_cost(
    release: str,
    packages: Iterable[str],
    facts: Facts,
    *,
    arch: Arch = Arch.AMD64,
    alone: bool = False,
    started: Iterable[str] = (),
    ships: Iterable[str] = (),
) -> SystemCost:
    """Return what packages add to an image, with all they pull in.

    ``release`` is a ``Base.distribution_key``; ``ships`` are the sonames and programs of the base,
    without which what comes on top of the release's slim image is counted. An architecture without
    figures of its own is counted as amd64. A package that the release's table lacks counts with
    what libraries.toml says of it, which for several such packages is an upper bound: what they
    share is counted for each. ``alone`` counts the packages without what they pull in: for a base
    that takes over single libraries; of ``started``, which have programs in them, and of libraries
    known to be linked with what they pull in, the libraries and data count as well.
    """
    wanted = sorted(set(packages))
    table = distribution(release, arch, facts)
    names: tuple[str, ...] = ()
    disk = download = unsure = unsure_download = 0
    if table is not None:
        there = set(table.closure(_providers(ships, release, facts)))
        single = {name for name in wanted if name in table.packages}
        if alone:
            linked = _linked_packages(release, facts).intersection(wanted)
            single |= _with_libraries(table, (*started, *linked))
        known = tuple(sorted(single)) if alone else table.closure(wanted)
        names = tuple(name for name in known if name not in there)
        wanted = [name for name in wanted if name not in there]
        disk, download = table.weigh(names)
    with_programs = [name for name in names if name in set(started)]
    if table is not None and alone:
        left_out = table.weigh(name for name in names if name not in with_programs)
        share = PROGRAM_SHARE if with_programs else LIBRARY_SHARE
        disk -= round(left_out[0] * (1 - share))
        download -= round(left_out[1] * (1 - share))
        # Documentation and libraries that nothing names stay out: so much that nobody counted.
        unsure, unsure_download = table.weigh(with_programs)
    others = [name for name in wanted if name not in names]
    written = written_packages(release, facts) if others else {}
    for package in (written[name] for name in others if name in written):
        disk, download = disk + package.on_disk, download + package.download
        if not package.verified:
            unsure, unsure_download = unsure + package.on_disk, unsure_download + package.download
    return SystemCost(
        on_disk=disk,
        download=download,
        error=round((disk - unsure) * TABLE_SPREAD + unsure * ESTIMATE_SPREAD),
        download_error=round(
            (download - unsure_download) * TABLE_DOWNLOAD_SPREAD + unsure_download * ESTIMATE_SPREAD
        ),
        names=tuple(sorted((*names, *others))),
    )


def offered_cost(base: Base, sonames: Iterable[str]) -> SystemCost:
    """Return what libraries add that a cut base takes over from the whole one when asked to."""
    pairs = [base.offers[soname] for soname in set(sonames)]
    disk, download = (sum(pair[number] for pair in pairs) for number in (0, 1))
    return SystemCost(
        on_disk=disk,
        download=download,
        error=round(disk * TABLE_SPREAD),
        download_error=round(download * TABLE_DOWNLOAD_SPREAD),
    )


def list_priced(base: Base, programs: Iterable[str]) -> frozenset[str]:
    """Return the programs of which it was measured what they add to a base that is cut."""
    return frozenset(programs) & {name for piece in base.pieces for name in piece.programs}


def taken_cost(
    base: Base, programs: Iterable[str], packages: Iterable[str], facts: Facts, arch: Arch
) -> SystemCost:
    """Return what programs add to a cut base that were measured there, what they share once.

    ``packages`` are those that get installed for them: where an architecture has figures of its
    own, the measured ones grow or shrink as all that these pull in does.
    """
    asked = set(programs)
    pieces = [piece for piece in base.pieces if not asked.isdisjoint(piece.programs)]
    names = sorted(set(packages))
    own = distribution(base.distribution_key, arch, facts)
    amd64 = distribution(base.distribution_key, Arch.AMD64, facts)
    grown = (1.0, 1.0)
    if own is not None and amd64 is not None and own is not amd64:
        here, there = (table.weigh(table.closure(names)) for table in (own, amd64))
        grown = (here[0] / there[0], here[1] / there[1]) if all(there) else grown
    disk = round(sum(piece.on_disk for piece in pieces) * grown[0])
    download = round(sum(piece.download for piece in pieces) * grown[1])
    measured = arch is Arch.AMD64
    return SystemCost(
        on_disk=disk,
        download=download,
        error=round(disk * (PIECES_SPREAD if measured else TABLE_SPREAD)),
        download_error=round(
            download * (PIECES_DOWNLOAD_SPREAD if measured else TABLE_DOWNLOAD_SPREAD)
        ),
        names=tuple(names),
    )


def _linked_packages(release: str, facts: Facts) -> set[str]:
    """Return the packages whose libraries are linked with all that they pull in."""
    built = {name for one in facts.headers.values() for name in one.runs_with(release)}
    return built | {
        library.packages[release].name
        for library in facts.libraries.values()
        if library.linked and release in library.packages
    }


def _with_libraries(table: Distribution, started: Iterable[str]) -> set[str]:
    """Return packages with the libraries, and data named after them, that they pull in."""
    found: set[str] = set()
    waiting = [(name, name) for name in started if name in table.packages]
    while waiting:
        name, root = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(
                (other, root)
                for other in table.packages[name][2]
                if other in table.packages and other.startswith(("lib", f"{root}-"))
            )
    return found


def _providers(ships: Iterable[str], release: str, facts: Facts) -> set[str]:
    """Return the packages that bring these libraries and programs: full images have many."""
    found = (facts.libraries.get(identifier) for identifier in ships)
    return {
        library.packages[release].name
        for library in found
        if library is not None and release in library.packages
    }


def distribution(release: str, arch: Arch, facts: Facts) -> Distribution | None:
    """Return the table of a release for an architecture, or else the one for amd64."""
    own = facts.distributions.get(f"{release}-{arch.slug}")
    return own if own is not None else facts.distributions.get(release)


def _python_table(base: Base, arch: Arch, facts: Facts) -> Distribution | None:
    own = facts.python3.get(f"{base.release}-{arch.slug}")
    return own if own is not None else facts.python3.get(base.release)


def list_system(base: Base, arch: Arch, facts: Facts) -> tuple[tuple[str, str, str], ...]:
    """Return (name, version, package) of the Python packages that a base's distribution builds.

    None for a base that brings an interpreter of another make: they are for the distribution's.
    """
    table = _python_table(base, arch, facts) if base.python_packages else None
    modules = table.modules if table else {}
    return tuple((name, version, package) for name, (package, version) in modules.items())


def python_cost(base: Base, arch: Arch, facts: Facts, packages: Iterable[str]) -> SystemCost:
    """Return what the distribution's Python packages add to a base that has its interpreter."""
    table = _python_table(base, arch, facts)
    if table is None:
        return SystemCost()
    names = table.closure(packages)
    disk, download = table.weigh(names)
    return SystemCost(
        on_disk=disk,
        download=download,
        error=round(disk * PYTHON_SPREAD),
        download_error=round(download * TABLE_DOWNLOAD_SPREAD),
        names=names,
    )


def python_package(base: Base, arch: Arch, facts: Facts, name: str) -> SystemPackage:
    """Return one of the distribution's Python packages with all it pulls in."""
    cost = python_cost(base, arch, facts, [name])
    return SystemPackage(name=name, on_disk=cost.on_disk, download=cost.download)


@cache
def written_packages(release: str, facts: Facts) -> dict[str, SystemPackage]:
    """Return the packages of a release that libraries.toml has figures for, the largest of each.

    Where a release has no table, what builds run with counts as it does on Debian.
    """
    found: dict[str, SystemPackage] = {}
    for library in facts.libraries.values():
        package = library.packages.get(release)
        if package is not None and (
            package.name not in found or found[package.name].on_disk < package.on_disk
        ):
            found[package.name] = package
    table = facts.distributions.get("trixie")
    if table is not None and release not in facts.distributions:
        for one in facts.headers.values():
            on_disk, download = table.weigh(_with_libraries(table, one.runs_with("trixie")))
            for name in one.runs_with(release)[:1]:
                like = SystemPackage(name=name, on_disk=on_disk, download=download, verified=False)
                found.setdefault(name, like)
    return found
