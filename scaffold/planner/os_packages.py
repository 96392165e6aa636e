"""What a project needs of a base beyond Python: libraries, programs, compilers."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from scaffold.model.knowledge import Base, BuildClass, Facts, SystemPackage
from scaffold.model.options import Options
from scaffold.model.project import Origin, Project, Use, When
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import Arch
from scaffold.planner.companions import (
    find_companions,
    list_started,
    note_writes,
)
from scaffold.planner.entrypoint import HOME, WORKDIR, find_server
from scaffold.planner.hardware import list_mounted
from scaffold.planner.missing_modules import (
    find_dropped,
    find_incompatible,
    find_missing,
    find_missing_server,
    find_refused,
)
from scaffold.planner.os_lacks import (
    Lack,
    find_lacks,
    is_used,
    list_imported,
    provider_of,
)
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
from scaffold.planner.os_package_notes import (
    check_glibc,
    explain_addition,
    explain_lack,
    note_distribution,
    note_installs,
    note_own_extensions,
    note_repositories,
    note_versions,
)
from scaffold.planner.source_builds import find_builds
from scaffold.planner.source_usage import (
    excuse_programs,
    weigh_uses,
)

SHELL = "busybox"


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
    uses = (
        *excuse_programs(project, facts),
        *list_started(project, facts),
        *_opened(facts, packages),
        *_started(project, facts, packages),
    )
    usage = weigh_uses(
        base,
        uses,
        facts,
        given=given,
        commands=set(_commands_of(project, facts, packages)),
        provided=(*options.provided, *list_mounted(facts, project)),
    )
    lacks = find_lacks(project, usage, facts, base, packages, options, python)
    additions = _find_additions(facts, base, options, lacks)
    install = additions.install
    refused = [*check_glibc(base, packages), *additions.refused, *usage.refused]
    remarks = [*additions.remarks, *usage.notes]
    there = {*install, *base.programs, *given}
    more = tuple(_besides(project, facts, packages, options, there, python=python, system=system))
    for reason, certain in more:
        (refused if certain else remarks).append(reason)
    build, tools, build_class, build_reasons, unbuilt = find_builds(
        facts, base, arch, packages, install
    )
    refused.extend(unbuilt)
    own = tuple(note_own_extensions(project))
    versions = note_versions(facts, base, packages)
    remarks += [*build_reasons, *versions, *note_repositories(project), *own]
    if own and build_class is BuildClass.WHEELS:
        build_class = BuildClass.MINUTES
    modules = [deb for _, _, deb in system]
    cost = _weigh(facts, base, arch, additions, programs=options.programs, given=given)
    cost += python_cost(base, arch, facts, modules)
    install |= {
        name: SystemPackage(name=name, on_disk=0, download=0) for name in base.python_packages
    }
    install |= {deb: python_package(base, arch, facts, deb) for deb in modules}
    remarks.extend(note_distribution(base, *one) for one in system)
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
    facts: Facts, base: Base, options: Options, lacks: Iterable[Lack]
) -> _Additions:
    """Return who brings what the base lacks, and a shell where one is asked for."""
    found = _Additions()
    release = base.distribution_key
    table = facts.distributions.get(release)
    priced, written = (table.packages if table else {}), written_packages(release, facts)

    def add(lack: Lack, package: SystemPackage | None) -> None:
        if package is None:
            found.refused.append(explain_lack(facts, base, lack))
        else:
            found.install[package.name] = package
            known = package.name in priced or package.name in written
            found.remarks.append(explain_addition(base, lack, package, known=known))

    for lack in sorted(set(lacks), key=lambda one: (one.package, one.id, one.file)):
        asked = lack.id in options.programs  # in a minimal image programs are found by their name
        package = provider_of(facts, base, lack.id)
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
        shell = provider_of(facts, base, SHELL) if base.origin else None
        add(Lack(SHELL, "--debug-shell", "", program=True), shell)
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
    yield from ((note, False) for note in note_installs(project, provided))
    for note in note_writes(project, workdir=WORKDIR, home=HOME):
        yield note, False


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
    imported = list_imported(project)
    for weighed in packages:
        name, fact = weighed.pinned.name, facts.packages.get(weighed.pinned.name)
        starts = weighed.source.starts if weighed.source else weighed.facts.starts
        known = [(program, where) for program, where in starts if program in programs]
        optional = fact.optional_needs if fact else ()
        if fact is not None and not is_used(imported, facts, weighed):
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


def _list_providers(facts: Facts, base: Base, programs: Iterable[str]) -> list[str]:
    """Return the packages that are known to have these programs, sorted."""
    return sorted({p.name for one in programs if (p := provider_of(facts, base, one))})
