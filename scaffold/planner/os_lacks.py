"""Libraries and programs that packages and sources need and that a base does not have."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from packaging.version import Version

from scaffold.model.knowledge import Base, Facts, SystemPackage
from scaffold.model.options import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Weighed
from scaffold.planner.companions import (
    find_sibling_libraries,
)
from scaffold.planner.hardware import list_mounted
from scaffold.planner.source_builds import runtime_libraries
from scaffold.planner.source_usage import (
    OF_GLIBC,
    Usage,
)

_LDCONFIG = "ldconfig"


@dataclass(frozen=True, slots=True)
class Lack:
    """A library or program that the base does not have; ``package`` is who needs it.

    ``sought`` is a library that is asked for with find_library.
    """

    id: str
    package: str
    file: str
    program: bool
    sought: bool = False
    likely: bool = False


def find_lacks(  # noqa: PLR0917 - what an application needs comes from all of them
    project: Project,
    usage: Usage,
    facts: Facts,
    base: Base,
    packages: Sequence[Weighed],
    options: Options,
    python: str,
) -> Iterator[Lack]:
    """Yield what packages and sources need that the base does not ship, also by ``--with``."""
    programs = set(base.programs)
    ships = {soname.replace("{python}", python) for soname in base.ships}
    installed = {weighed.pinned.name for weighed in packages}
    brought = find_sibling_libraries(packages)
    imported = list_imported(project)
    for weighed in packages:
        spared = {
            soname
            for several, taken in choose_versions(facts, base, weighed)
            for soname in several
            if soname != taken
        }
        used = is_used(imported, facts, weighed)
        for lack in _of_package(facts, weighed, installed, used=used):
            if lack.file and lack.id in brought[weighed.pinned.name] | spared:
                continue
            sought = lack.sought and _LDCONFIG not in programs
            if lack.id not in options.provided and (sought or lack.id not in ships | programs):
                yield replace(lack, sought=sought)
    yield from _of_mounted(facts, project, ships)
    for name, origin in usage.lacks:
        yield Lack(name, origin, "", program=facts.libraries[name].program)
    yield from (
        Lack(soname, own.name, str(own.origin), program=False)
        for own in project.packages
        for soname in runtime_libraries(own)
        if soname not in ships
    )
    named = {use.value for use in project.uses if use.code == "runs-program"}
    for lack in _likely(project, facts):
        if lack.id not in {*named, *programs, *options.programs, *options.provided}:
            yield lack
    # What the base is cut from has programs already; they are taken over, not installed.
    whole = {p for one in facts.bases if one.id == base.origin for p in one.programs}
    for program in options.programs:
        if program not in programs | whole:
            known = facts.libraries.get(program)
            yield Lack(program, "--with", "", program=known is None or known.program)


def _of_mounted(facts: Facts, project: Project, ships: AbstractSet[str]) -> Iterator[Lack]:
    for library, needs in list_mounted(facts, project).items():
        yield from (
            Lack(soname, f"{library} of the device", "", program=False)
            for soname in needs
            if soname not in ships
        )


def choose_versions(facts: Facts, base: Base, weighed: Weighed) -> Iterator[tuple[list[str], str]]:
    """Yield the sonames of a library of which a wheel needs several versions, and the one to take.

    A process loads one of them: the wheel has a build for each, and loads the one whose library is
    there. The base's own counts, then the newest that can be added; it is empty where one of the
    libraries can be had in no version.
    """
    versions: dict[str, list[str]] = {}
    for soname in weighed.facts.needs:
        stem, _, version = soname.partition(".so.")
        if version.replace(".", "").isdigit():
            versions.setdefault(stem, []).append(soname)
    found = []
    for several in versions.values():
        if len(several) > 1:
            several.sort(key=lambda one: Version(one.partition(".so.")[2]), reverse=True)
            there = [one for one in several if one in {*base.ships, *base.offers}]
            there += [one for one in several if provider_of(facts, base, one)]
            found.append((several, (there or [""])[0]))
    whole = all(taken for _, taken in found)
    yield from ((several, taken if whole else "") for several, taken in found)


def _likely(project: Project, facts: Facts) -> Iterator[Lack]:
    """Yield a program of each package that the people's own image has and nothing here names.

    A dependency may start it.
    """
    for found in project.own_image.installs if project.own_image else ():
        brings = [
            library.id
            for library in facts.libraries.values()
            if library.program and found.value in {p.name for p in library.packages.values()}
        ]
        if brings and not any(use.value in brings for use in project.uses):
            program = found.value if found.value in brings else brings[0]
            yield Lack(program, str(found.origin), "", program=True, likely=True)


def list_imported(project: Project) -> set[str]:
    """Return the top-level modules that the sources import."""
    return {use.value for use in project.uses if use.code == "imports"}


def is_used(imported: AbstractSet[str], facts: Facts, weighed: Weighed) -> bool:
    """Tell whether the project uses a package itself: nothing requires it, or it is imported."""
    pinned, fact = weighed.pinned, facts.packages.get(weighed.pinned.name)
    names = {pinned.name.replace("-", "_"), *(fact.provides_import if fact else ())}
    known = (facts.modules[one] for one in imported if one in facts.modules)
    return (
        not pinned.required_by
        or not names.isdisjoint(imported)
        or any(pinned.name in module.packages for module in known)
    )


def _of_package(
    facts: Facts, weighed: Weighed, installed: set[str], *, used: bool
) -> Iterator[Lack]:
    """Yield what a package loads: read from its ELF files, or known to be opened by name.

    ``used``: the project uses it itself, so that it needs the package's programs as well.
    """
    pinned = weighed.pinned
    fact = facts.packages.get(pinned.name)
    for soname in weighed.facts.needs:
        optional = fact is not None and soname in fact.optional_needs
        if not optional and not _is_libc(soname):
            yield Lack(soname, pinned.name, pinned.file.filename, program=False)
    if fact is None:
        return
    brought = installed & set(fact.dlopens_unless) or (
        fact.dlopens_pure and pinned.wheel and not pinned.file.filename.endswith("-any.whl")
    )
    for soname in () if brought else fact.dlopens:
        yield Lack(soname, pinned.name, "", program=False, sought=fact.dlopens_sought)
    for program in fact.programs if used else ():
        yield Lack(program, pinned.name, "", program=True)


def _is_libc(soname: str) -> bool:
    """Every base has its own C library; a wheel for the other one was never a candidate."""
    stem = soname.partition(".so")[0]
    return stem in OF_GLIBC or stem.startswith(("ld-linux", "ld64", "libc.musl", "ld-musl"))


def provider_of(facts: Facts, base: Base, identifier: str) -> SystemPackage | None:
    """Return the package of a base's distribution that has a library or program."""
    library = facts.libraries.get(identifier) if base.package_manager else None
    return library.packages.get(base.distribution_key) if library else None
