"""What a project needs of a base beyond Python: libraries, programs, compilers."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from packaging.utils import canonicalize_name
from packaging.version import Version

from scaffold.model.codes import Code
from scaffold.model.knowledge import Base, BuildClass, Facts, SystemPackage
from scaffold.model.options import Options
from scaffold.model.project import Origin, Project, Use, When
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import Arch, LibcFamily
from scaffold.planner.companions import (
    find_companions,
    find_sibling_libraries,
    list_started,
    note_writes,
)
from scaffold.planner.entrypoint import HOME, WORKDIR, find_server
from scaffold.planner.hardware import list_mounted
from scaffold.planner.os_package_cost import (
    SystemCost,
    list_priced,
    offered_cost,
    python_cost,
    python_package,
    system_cost,
    taken_cost,
    written_packages,
)
from scaffold.planner.source_builds import find_builds, runtime_libraries
from scaffold.planner.source_usage import (
    OF_GLIBC,
    Usage,
    describe_elsewhere,
    excuse_programs,
    find_dropped,
    find_incompatible,
    find_missing,
    find_missing_server,
    find_refused,
    is_closed,
    weigh_uses,
)

SHELL = "busybox"
_LDCONFIG = "ldconfig"


@dataclass(frozen=True, slots=True, kw_only=True)
class OsPackages:
    """What has to be added, what it costs, what stands against."""

    run_packages: tuple[SystemPackage, ...]
    cost: SystemCost
    build_packages: tuple[str, ...]
    build_tools: tuple[str, ...]
    build_class: BuildClass
    refused: tuple[Reason, ...]
    remarks: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Lack:
    """A library or program that the base does not have; ``package`` is who needs it.

    ``sought`` is a library that is asked for with find_library.
    """

    id: str
    package: str
    file: str
    program: bool
    sought: bool = False
    likely: bool = False


def find_os_packages(
    *,
    project: Project,
    facts: Facts,
    base: Base,
    arch: Arch,
    packages: Sequence[Weighed],
    options: Options,
    python: str = "",
    system: Sequence[tuple[str, str, str]] = (),
) -> OsPackages:
    """Return what the packages and the application need that the base does not ship.

    ``system`` are (name, version, package) of what the distribution brings itself. Without a
    ``python`` the modules that the sources import are not looked at.
    """
    given = (*options.programs, *((SHELL,) if options.debug_shell else ()))
    usage = weigh_uses(
        base,
        (
            *excuse_programs(project, facts),
            *list_started(project, facts),
            *_opened(facts, packages),
            *_started(project, facts, packages),
        ),
        facts,
        given=given,
        commands=set(_commands_of(project, facts, packages)),
        provided=(*options.provided, *list_mounted(facts, project)),
    )
    lacks = _lacks(project, usage, facts, base, packages, options, python)
    additions = _find_additions(facts, base, options, lacks)
    install = additions.install
    refused = [*_check_glibc(base, packages), *additions.refused, *usage.refused]
    remarks = [*additions.remarks, *usage.notes]
    there = {*install, *base.programs, *given}
    more = tuple(_besides(project, facts, packages, options, there, python=python, system=system))
    refused.extend(reason for reason, certain in more if certain)
    remarks.extend(reason for reason, certain in more if not certain)
    build, tools, build_class, build_reasons, unbuilt = find_builds(
        facts, base, arch, packages, install
    )
    remarks.extend(build_reasons)
    refused.extend(unbuilt)
    remarks.extend(_lacks_each_version(facts, base, packages))
    remarks.extend(_from_repositories(project))
    if own_reasons := tuple(_compiles_own(project)):
        remarks.extend(own_reasons)
        build_class = BuildClass.MINUTES if build_class is BuildClass.WHEELS else build_class
    modules = [deb for _, _, deb in system]
    cost = _weigh(facts, base, arch, additions, programs=options.programs, given=given)
    cost += python_cost(base, arch, facts, modules)
    install |= {
        name: SystemPackage(name=name, on_disk=0, download=0) for name in base.python_packages
    }
    install |= {deb: python_package(base, arch, facts, deb) for deb in modules}
    remarks.extend(_from_distribution(base, *one) for one in system)
    return OsPackages(
        run_packages=tuple(install[name] for name in sorted(install)),
        cost=cost,
        build_packages=build,
        build_tools=tools,
        build_class=build_class,
        refused=tuple(refused),
        remarks=tuple(remarks),
    )


@dataclass(slots=True)
class _Additions:
    """What is installed by name, the sonames taken over from the base, and what cannot be."""

    install: dict[str, SystemPackage] = field(default_factory=dict)
    offered: list[str] = field(default_factory=list)
    refused: list[Reason] = field(default_factory=list)
    remarks: list[Reason] = field(default_factory=list)


def _find_additions(
    facts: Facts, base: Base, options: Options, lacks: Iterable[_Lack]
) -> _Additions:
    """Return who brings what the base lacks, and a shell where one is asked for."""
    found = _Additions()
    release = base.distribution_key
    table = facts.distributions.get(release)
    priced, written = (table.packages if table else {}), written_packages(release, facts)

    def add(lack: _Lack, package: SystemPackage | None) -> None:
        if package is None:
            found.refused.append(_cannot(facts, base, lack))
        else:
            found.install[package.name] = package
            known = package.name in priced or package.name in written
            found.remarks.append(_adds(base, lack, package, known=known))

    for lack in sorted(set(lacks), key=lambda one: (one.package, one.id, one.file)):
        asked = lack.id in options.programs  # in a minimal image programs are found by their name
        package = _provider_of(facts, base, lack.id)
        if asked and lack.id not in facts.libraries and base.package_manager:
            # Nobody has looked for it: the package that is called like the program.
            package = SystemPackage(name=lack.id.lower(), on_disk=0, download=0, verified=False)
        # What is cut from a base follows machine code; what is opened by name it does not see.
        unseen = base.origin and not lack.file and not (asked and lack.program)
        if lack.id in base.offers and lack.file:
            found.offered.append(lack.id)
        else:
            add(lack, None if lack.sought or unseen else package)
    if options.debug_shell and not base.shell:
        shell = _provider_of(facts, base, SHELL) if base.origin else None
        add(_Lack(SHELL, "--debug-shell", "", program=True), shell)
    return found


def _weigh(
    facts: Facts,
    base: Base,
    arch: Arch,
    additions: _Additions,
    *,
    programs: Sequence[str],
    given: Sequence[str],
) -> SystemCost:
    """Return what additions cost; ``programs`` are asked for by name, ``given`` with the shell."""
    priced = list_priced(base, given)
    bought = _list_providers(facts, base, priced)
    cost = system_cost(
        base.distribution_key,
        additions.install.keys() - bought,
        facts,
        arch=arch,
        alone=bool(base.origin),
        started=_list_providers(facts, base, set(programs) - priced),
        ships=() if base.origin else (*base.ships, *base.programs),
    )
    cost += taken_cost(base, priced, bought, facts, arch)
    return cost + offered_cost(base, additions.offered)


def _besides(
    project: Project,
    facts: Facts,
    packages: Sequence[Weighed],
    options: Options,
    there: AbstractSet[str],
    *,
    python: str,
    system: Sequence[tuple[str, str, str]],
) -> Iterator[tuple[Reason, bool]]:
    """Yield what the sources and packages want that no base brings, each with whether it has to."""
    if not python:
        return
    installed = {weighed.pinned.name: weighed.pinned.version for weighed in packages}
    installed |= {name: version for name, version, _ in system}
    # What is built from a repository can be imported as nobody knows what.
    installed |= {canonicalize_name(one.name): "" for one in project.asked if one.build_from}
    provided = frozenset(options.provided)
    yield from find_missing(
        project,
        facts,
        installed=installed,
        modules={weighed.pinned.name: weighed.facts.modules for weighed in packages},
        python=python,
        provided=provided,
    )
    yield from find_dropped(project, packages, provided)
    yield from find_refused(project, packages, provided)
    yield from find_incompatible(project, facts, packages, provided)
    yield from find_missing_server(find_server(project, options), project, {*installed, *provided})
    provided |= {posixpath.basename(one.path) for one in options.fetched}
    yield from find_companions(project, facts, installed, provided, there)
    yield from ((note, False) for note in _installs_at_run_time(project, provided))
    for note in note_writes(project, workdir=WORKDIR, home=HOME):
        yield note, False


def _installs_at_run_time(project: Project, provided: AbstractSet[str]) -> Iterator[Reason]:
    for use in project.uses:
        if use.code == "installs-packages" and use.value not in provided:
            text = (
                f"{use.origin} installs packages with {use.value} when it runs, which an image "
                "without it and with a read-only root refuses: add them to the requirements"
            )
            yield Reason(code=Code.INSTALLS_PACKAGES, text=text)


def _from_repositories(project: Project) -> Iterator[Reason]:
    for one in project.asked:
        if one.build_from:
            compiled = f" with a compiler ({', '.join(one.build_tools)})" if one.build_tools else ""
            text = (
                f"{one.name} is built from {one.build_from}{compiled} when the image is built; its "
                "size is not known before the build"
            )
            yield Reason(code=Code.FROM_REPOSITORY, text=text, package=one.name)


def _compiles_own(project: Project) -> Iterator[Reason]:
    for one in project.packages:
        if one.tools:
            text = (
                f"{one.name} has code to compile ({', '.join(one.tools)}; {one.origin}), which is "
                f"built with the image; its size is not known before the build, so the prediction "
                f"covers the range of such code elsewhere"
            )
            yield Reason(code=Code.OWN_EXTENSION, text=text, package=one.name)


def _from_distribution(base: Base, name: str, version: str, package: str) -> Reason:
    text = f"{name} {version} is {base.distribution.title()}'s own: {package}"
    return Reason(code=Code.FROM_DISTRIBUTION, text=text, package=name, fact=package)


def _check_glibc(base: Base, packages: Sequence[Weighed]) -> Iterator[Reason]:
    """Trust symbol versions, not tags: some wheels need a newer glibc than their name says."""
    if base.libc is not LibcFamily.GLIBC:
        return
    for weighed in packages:
        floor = weighed.facts.glibc
        if floor is not None and floor > base.libc_version:
            have = ".".join(map(str, base.libc_version))
            text = (
                f"{weighed.pinned.name} {weighed.pinned.version} needs glibc "
                f"{floor[0]}.{floor[1]}, {base.id} has {have}"
            )
            yield Reason(
                code=Code.GLIBC_TOO_OLD,
                text=text,
                package=weighed.pinned.name,
                file=weighed.pinned.file.filename,
                fact=base.id,
            )


def _lacks(  # noqa: PLR0917 - what an application needs comes from all of them
    project: Project,
    usage: Usage,
    facts: Facts,
    base: Base,
    packages: Sequence[Weighed],
    options: Options,
    python: str,
) -> Iterator[_Lack]:
    programs = set(base.programs)
    ships = {soname.replace("{python}", python) for soname in base.ships}
    installed = {weighed.pinned.name for weighed in packages}
    brought = find_sibling_libraries(packages)
    imported = _list_imported(project)
    for weighed in packages:
        spared = {
            soname
            for several, taken in _choose_versions(facts, base, weighed)
            for soname in several
            if soname != taken
        }
        used = _is_used(imported, facts, weighed)
        for lack in _of_package(facts, weighed, installed, used=used):
            if lack.file and lack.id in brought[weighed.pinned.name] | spared:
                continue
            sought = lack.sought and _LDCONFIG not in programs
            if lack.id not in options.provided and (sought or lack.id not in ships | programs):
                yield replace(lack, sought=sought)
    yield from _of_mounted(facts, project, ships)
    for name, origin in usage.lacks:
        yield _Lack(name, origin, "", program=facts.libraries[name].program)
    yield from (
        _Lack(soname, own.name, str(own.origin), program=False)
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
            yield _Lack(program, "--with", "", program=known is None or known.program)


def _of_mounted(facts: Facts, project: Project, ships: AbstractSet[str]) -> Iterator[_Lack]:
    for library, needs in list_mounted(facts, project).items():
        yield from (
            _Lack(soname, f"{library} of the device", "", program=False)
            for soname in needs
            if soname not in ships
        )


def _choose_versions(facts: Facts, base: Base, weighed: Weighed) -> Iterator[tuple[list[str], str]]:
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
            there += [one for one in several if _provider_of(facts, base, one)]
            found.append((several, (there or [""])[0]))
    whole = all(taken for _, taken in found)
    yield from ((several, taken if whole else "") for several, taken in found)


def _lacks_each_version(facts: Facts, base: Base, packages: Sequence[Weighed]) -> Iterator[Reason]:
    for weighed in packages:
        lacking = [
            soname
            for several, taken in _choose_versions(facts, base, weighed)
            for soname in sorted(several)
            if not taken
        ]
        if lacking:
            text = (
                f"{weighed.pinned.name} has builds for {', '.join(lacking)}, and {base.id} has "
                "none of them: code that uses these libraries fails"
            )
            yield Reason(
                code=Code.MAY_NEED_LIBRARY,
                text=text,
                package=weighed.pinned.name,
                file=weighed.pinned.file.filename,
                fact=lacking[0],
            )


def _likely(project: Project, facts: Facts) -> Iterator[_Lack]:
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
            yield _Lack(program, str(found.origin), "", program=True, likely=True)


def _opened(facts: Facts, packages: Sequence[Weighed]) -> Iterator[Use]:
    """Yield the libraries that packages open by name, where no fact says which they are."""
    for weighed in packages:
        fact = facts.packages.get(weighed.pinned.name)
        if fact is None or not fact.dlopens:
            for library, where, sure in weighed.facts.opened:
                origin = Origin(file=f"{weighed.pinned.name} ({where})")
                when = When.START if sure else When.MAYBE
                yield Use(code="finds-library", value=library, origin=origin, when=when)


def _started(project: Project, facts: Facts, packages: Sequence[Weighed]) -> Iterator[Use]:
    """Yield the program that each package is a wrapper of, where no fact says what it starts.

    Of several the first counts: the others are alternatives. What only another package imports may
    go without, of what a fact says, too.
    """
    programs = {one.id.lower(): one.id for one in facts.libraries.values() if one.program}
    imported = _list_imported(project)
    for weighed in packages:
        name, fact = weighed.pinned.name, facts.packages.get(weighed.pinned.name)
        starts = weighed.source.starts if weighed.source else weighed.facts.starts
        known = [(program, where) for program, where in starts if program in programs]
        optional = fact.optional_needs if fact else ()
        if fact is not None and not _is_used(imported, facts, weighed):
            yield from (
                Use(
                    code="runs-program",
                    value=program,
                    origin=Origin(file=f"{name} (for {weighed.pinned.required_by[0]})"),
                    when=When.MAYBE,
                )
                for program in fact.programs
            )
        if known and not (fact and fact.programs) and programs[known[0][0]] not in optional:
            program, where = known[0]
            asked = not imported.isdisjoint(where.partition(":")[0].removesuffix(".py").split("/"))
            yield Use(
                code="runs-program",
                value=programs[program],
                origin=Origin(file=f"{name} ({where})"),
                when=When.CALL if asked else When.MAYBE,
            )


def _list_imported(project: Project) -> set[str]:
    return {use.value for use in project.uses if use.code == "imports"}


def _is_used(imported: AbstractSet[str], facts: Facts, weighed: Weighed) -> bool:
    """Tell whether the project uses a package itself: nothing requires it, or it is imported."""
    pinned, fact = weighed.pinned, facts.packages.get(weighed.pinned.name)
    names = {pinned.name.replace("-", "_"), *(fact.provides_import if fact else ())}
    known = (facts.modules[one] for one in imported if one in facts.modules)
    return (
        not pinned.required_by
        or not names.isdisjoint(imported)
        or any(pinned.name in module.packages for module in known)
    )


def _commands_of(project: Project, facts: Facts, packages: Sequence[Weighed]) -> Iterator[str]:
    """Yield the names under which packages install their commands, as far as names tell."""
    yield project.name.value
    for weighed in packages:
        yield weighed.pinned.name
        fact = facts.packages.get(weighed.pinned.name)
        # gitpython is imported as git, and runs it.
        yield from (
            (name for name in fact.provides_import if name not in fact.programs) if fact else ()
        )


def _of_package(
    facts: Facts, weighed: Weighed, installed: set[str], *, used: bool
) -> Iterator[_Lack]:
    """Yield what a package loads: read from its ELF files, or known to be opened by name.

    ``used``: the project uses it itself, so that it needs the package's programs as well.
    """
    pinned = weighed.pinned
    fact = facts.packages.get(pinned.name)
    for soname in weighed.facts.needs:
        optional = fact is not None and soname in fact.optional_needs
        if not optional and not _is_libc(soname):
            yield _Lack(soname, pinned.name, pinned.file.filename, program=False)
    if fact is None:
        return
    brought = installed & set(fact.dlopens_unless) or (
        fact.dlopens_pure and pinned.wheel and not pinned.file.filename.endswith("-any.whl")
    )
    for soname in () if brought else fact.dlopens:
        yield _Lack(soname, pinned.name, "", program=False, sought=fact.dlopens_sought)
    for program in fact.programs if used else ():
        yield _Lack(program, pinned.name, "", program=True)


def _is_libc(soname: str) -> bool:
    """Every base has its own C library; a wheel for the other one was never a candidate."""
    stem = soname.partition(".so")[0]
    return stem in OF_GLIBC or stem.startswith(("ld-linux", "ld64", "libc.musl", "ld-musl"))


def _provider_of(facts: Facts, base: Base, identifier: str) -> SystemPackage | None:
    library = facts.libraries.get(identifier) if base.package_manager else None
    return library.packages.get(base.distribution_key) if library else None


def _list_providers(facts: Facts, base: Base, programs: Iterable[str]) -> list[str]:
    """Return the packages that are known to have these programs, sorted."""
    return sorted({p.name for one in programs if (p := _provider_of(facts, base, one))})


def _cannot(facts: Facts, base: Base, lack: _Lack) -> Reason:
    what = "program" if lack.program else "library"
    code = Code.NEEDS_PROGRAM if lack.program else Code.NEEDS_LIBRARY
    closed = is_closed(base)
    elsewhere = describe_elsewhere(facts, lack.id)
    if not elsewhere and base.package_manager == "apt" and (named := name_by_policy(lack.id)):
        elsewhere = f" (by Debian's rule for names it is that of {named})"
    why = f"no package of {base.id} is known to have it{elsewhere}"
    driven = next((one for one in facts.accelerators.values() if lack.id in one.provides), None)
    if driven is not None:
        why = (
            f"the driver of the {driven.name} brings it: --accelerator {driven.id} says that the "
            "device has one"
        )
    elif base.origin:
        why = f"{base.id} has only the libraries that binaries link to"
        if lack.program:
            out = f", `--provided {lack.id}` leaves it out" if lack.likely else ""
            why = f"{base.id} has no programs; `--with {lack.id}` adds it{out}"
    elif closed:
        why = f"{base.id} has no package manager"
    elif lack.sought:
        why = f"find_library asks ldconfig or a compiler for it, and {base.id} has neither"
    return Reason(
        code=code if closed else Code.LIBRARY_UNAVAILABLE,
        text=f"{_wants(lack)} the {what} {lack.id}: {why}",
        package=lack.package,
        file=lack.file,
        fact=lack.id,
    )


def name_by_policy(soname: str) -> str:
    """Return what Debian's policy (8.1) calls the package of a library, empty for no soname."""
    found = re.fullmatch(r"(lib[\w.+-]*?)(?:\.so\.([\d.]+)|-([\d.]+)\.so)", soname)
    if found is None:
        return ""
    name = found[1].lower().replace("_", "-")
    return f"{name}{'-' if name[-1].isdigit() else ''}{found[2] or found[3]}"


def _wants(lack: _Lack) -> str:
    if lack.likely:
        return (
            f"no source names {lack.id}, but {lack.package} installs it: a dependency likely needs"
        )
    return f"{lack.package} {'asks for' if lack.package.startswith('--') else 'needs'}"


def _adds(base: Base, lack: _Lack, package: SystemPackage, *, known: bool) -> Reason:
    code = Code.NEEDS_PROGRAM if lack.program else Code.NEEDS_LIBRARY
    text = f"{_wants(lack)} {lack.id}, which {base.id} lacks: {package.name} is added"
    text += f" (`--provided {lack.id}` leaves it out)" if lack.likely else ""
    if not known:
        text += ", if the distribution has it, and its size is not counted: nothing is known of it"
    return Reason(
        code=code if known and not lack.likely else Code.MAY_NEED_PROGRAM,
        text=text,
        package=lack.package,
        file=lack.file,
        fact=lack.id,
    )
