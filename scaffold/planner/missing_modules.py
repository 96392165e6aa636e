"""Modules that the sources import and that no installed package brings, or not any more."""

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from scaffold.model.codes import Code
from scaffold.model.knowledge import Facts, ModuleFact
from scaffold.model.project import Asked, Project, Use, When
from scaffold.model.resolution import Reason, Weighed
from scaffold.resolver.releases import parse_specifier, satisfies

_SHORT = 3  # a name as short as that stands in too many others to tell anything
_NEVER = date(1970, 1, 1)


def find_missing(
    project: Project,
    facts: Facts,
    *,
    installed: Mapping[str, str],
    modules: Mapping[str, tuple[str, ...] | None],
    python: str,
    provided: frozenset[str],
) -> Iterator[tuple[Reason, bool]]:
    """Yield the modules that nothing brings, each with whether the application fails without it.

    ``installed`` maps normalised names to versions, ``modules`` are what each package can be
    imported as, None where nobody looked: one of these may bring a module whose owner no fact
    names, as far as nothing tells what else it is for.
    """
    owners = _owners(facts)
    spaces = _namespaces(facts)
    imported = [use for use in project.uses if use.code == "imports"]
    brought = {name for names in modules.values() for name in names or ()}
    told = {_name_of(one) for row in owners.values() for one in row}
    unread = {name: version for name, version in installed.items() if modules.get(name) is None}
    vague = [name for name in unread if name not in told]
    explained = {_key(use.value) for use in imported}
    # What an extra asks for under the module's name, no other package is asked to bring.
    extras = {name for _, names in project.offered for name in names}
    named = {use.value for use in imported if canonicalize_name(use.value) in extras}
    for use in imported:
        fact = facts.modules.get(use.value)
        known = owners.get(use.value, ())
        if use.value in provided or use.when is When.MAYBE or use.value in brought:
            continue
        if fact is not None and fact.until and Version(python) <= Version(fact.until):
            continue
        if fact is not None and fact.system and use.when is not When.START:
            continue
        # setuptools has no module of that name, and lets distutils be imported all the same.
        stands_in = fact is not None and bool(fact.until)
        if _is_named(use.value, installed if stands_in else unread, known):
            continue
        certain = use.when is When.START
        if fact is not None or (known and use.value not in spaces):
            row = fact or ModuleFact(packages=known, source="", checked=_NEVER)
            reason = _lacks(use, row, project, installed, python)
        elif use.value not in named and _may_bring(use.value, vague, project, explained):
            continue
        else:
            certain = certain and (use.value in named or not vague)
            text = (
                f"{use.origin} imports {use.value}, and no installed package is known to bring "
                f"it: {_from_extra(project, {canonicalize_name(use.value)})}add its package to the "
                f"requirements, or use --provided {use.value}"
            )
            code = Code.MISSING_MODULE if certain else Code.MAY_NEED_MODULE
            reason = Reason(code=code, text=text, fact=use.value)
        yield reason, certain


def find_dropped(
    project: Project, packages: Iterable[Weighed], provided: Container[str]
) -> Iterator[tuple[Reason, bool]]:
    """Yield the modules that sources import of packages whose chosen releases do not have them.

    Each with whether the application fails without it. A package that is one file may make its
    modules when it is imported: of such, and of what several packages share, nothing is told.
    """
    owners: dict[str, list[Weighed]] = {}
    for weighed in packages:
        for top in weighed.facts.modules or ():
            owners.setdefault(top, []).append(weighed)
    for use in project.uses:
        top = use.value.partition(".")[0]
        if use.code != "imports-inner" or use.when is When.MAYBE or use.value in provided:
            continue
        if len(owners.get(top, ())) != 1:
            continue
        pinned, inner = owners[top][0].pinned, owners[top][0].facts.inner or ()
        if use.value in inner or not any(name.startswith(f"{top}.") for name in inner):
            continue
        certain = use.when is When.START
        text = (
            f"{use.origin} imports {use.value}, which the wheel of {pinned.name} {pinned.version} "
            "does not have: ask for the release that the sources were written for, or use "
            f"--provided {use.value}"
        )
        code = Code.MISSING_MODULE if certain else Code.MAY_NEED_MODULE
        yield Reason(code=code, text=text, package=pinned.name, fact=use.value), certain


def find_refused(
    project: Project, packages: Iterable[Weighed], provided: Container[str]
) -> Iterator[tuple[Reason, bool]]:
    """Yield the modules that sources import and whose import only raises an error.

    A release leaves such a module where it renamed or dropped one. Each with whether the
    application fails at its start.
    """
    refused = {name: one.pinned for one in packages for name in one.facts.refused}
    told = set[str]()
    for use in project.uses if refused else ():
        parts = use.value.split(".")
        names = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        name = next((one for one in names if one in refused), "")
        known = use.code not in {"takes", "imports-inner"} or use.when is When.MAYBE
        if known or not name or name in told or name in provided:
            continue
        told.add(name)
        certain = use.when is When.START
        pinned = refused[name]
        text = (
            f"{use.origin} imports {name}, which {pinned.name} {pinned.version} has only to "
            "raise an error: ask for the release that the sources were written for"
        )
        code = Code.MISSING_MODULE if certain else Code.MAY_NEED_MODULE
        yield Reason(code=code, text=text, package=pinned.name, fact=name), certain


def find_incompatible(
    project: Project, facts: Facts, packages: Iterable[Weighed], provided: Container[str]
) -> Iterator[tuple[Reason, bool]]:
    """Yield the packages that do not load beside the chosen release of another.

    Each with whether the application imports it at its start: with a package go those that it
    requires.
    """
    pinned = {one.pinned.name: one.pinned for one in packages}
    tops = {use.value for use in project.uses if use.code == "imports" and use.when is When.START}
    wave = {
        one.pinned.name
        for one in packages
        if canonicalize_name(one.pinned.name) in {canonicalize_name(top) for top in tops}
        or tops & {*(one.facts.modules or ())}
    }
    started: set[str] = set()
    while wave:
        started |= wave
        wave = {name for one in wave for name in pinned[one].requires if name in pinned} - started
    for name, one in pinned.items():
        for releases, text, error in facts.bounds[name].rows if name in facts.bounds else ():
            need = Requirement(text)
            other = pinned.get(canonicalize_name(need.name))
            version = Version(one.version)
            if other is None or name in provided or not satisfies(version, releases):
                continue
            if need.specifier.contains(other.version, prereleases=True):
                continue
            told = (
                f"{name} {one.version} does not load with {other.name} {other.version} ({error}): "
                f"ask for {text}, or for a newer {name}"
            )
            reason = Reason(code=Code.INCOMPATIBLE_RELEASES, text=told, package=name)
            yield reason, name in started


def find_missing_server(
    server: Use | None, project: Project, there: Collection[str]
) -> Iterator[tuple[Reason, bool]]:
    """Yield that nothing brings the server started; ``there`` are normalised names."""
    if server is not None and server.value not in there:
        fact = ModuleFact(packages=(server.value,), source="", checked=_NEVER)
        yield _lacks(server, fact, project, {}, ""), True


def add_preinstalled(project: Project, facts: Facts) -> Project:
    """Return a project that asks for what Python once came with, too, unless it has a lock."""
    named = {asked.name for asked in project.asked}
    more: dict[str, Asked] = {}
    for use in project.uses if not project.lock else ():
        fact = facts.modules.get(use.value) if use.code == "imports" else None
        if fact is None or not fact.preinstalled or use.when is not When.START:
            continue
        requirement = Requirement(fact.packages[0])
        asked = Asked(
            name=canonicalize_name(requirement.name),
            specifier=str(requirement.specifier),
            marker=f'python_version > "{fact.until}"' if fact.until else "",
            text=fact.packages[0],
            origin=replace(use.origin, detail=f"imports {use.value}"),
        )
        if asked.name not in named and not (more.get(asked.name) and not asked.specifier):
            more[asked.name] = asked
    notes = tuple(
        f"{one.origin.file}:{one.origin.line} {one.origin.detail}, which images had before Python "
        f"3.12 and no requirement brings: {one.text} is installed, too"
        for one in more.values()
    )
    return replace(project, asked=(*project.asked, *more.values()), notes=(*project.notes, *notes))


def _owners(facts: Facts) -> dict[str, tuple[str, ...]]:
    owners = {name: fact.packages for name, fact in facts.modules.items()}
    for package in facts.packages.values():
        for module in package.provides_import:
            top = module.partition(".")[0]
            owners[top] = (*owners.get(top, ()), package.name)
    return owners


@cache
def _name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def _namespaces(facts: Facts) -> set[str]:
    """Return the modules that packages share: which of them brings one, its name does not tell."""
    names = {name for package in facts.packages.values() for name in package.provides_import}
    return {name.partition(".")[0] for name in names if "." in name} - names


def _is_named(module: str, installed: Mapping[str, str], owners: tuple[str, ...]) -> bool:
    """Tell whether an owner is installed, or a package that is called like the module."""
    for text in owners:
        owner = Requirement(text)
        version = installed.get(canonicalize_name(owner.name))
        if version is not None:
            try:
                if owner.specifier.contains(version, prereleases=True):
                    return True
            except InvalidVersion:
                return True
    return canonicalize_name(module) in installed


def _may_bring(module: str, vague: Collection[str], project: Project, explained: set[str]) -> bool:
    """Tell whether a package of which nothing is known may bring a module of another name."""
    key = _key(module)
    keys = {_key(name) for name in vague}
    if any(key in one or (len(one) > _SHORT and one in key) for one in keys):
        return True
    asked = {canonicalize_name(one.name) for one in project.asked} & {*vague}
    return any(_key(name) not in explained for name in asked)


def _key(name: str) -> str:
    return re.sub(r"[-_.]", "", name).lower()


def _from_extra(project: Project, names: AbstractSet[str]) -> str:
    """Return the extra or group that has one of these, or an extra of a README's, if any."""
    offered = [(option, listed) for option, listed in project.offered if listed & names]
    best = min(
        offered, key=lambda one: (one[0].partition(" ")[2] not in names, len(one[1])), default=("",)
    )
    if best[0]:
        return f"use {best[0]}, or "
    own = {canonicalize_name(project.name.value), *(one.name for one in project.packages)}
    for found in project.told_extras:
        name, _, told = found.value.rstrip("]").partition("[")
        if name in own and f"--extra {told}" not in dict(project.offered):
            return f"{found.origin} installs {found.value}: try --extra {told}, or "
        if name not in own and name in {one.name for one in project.asked}:
            return f"{found.origin} installs {found.value}, which may bring it, or "
    return ""


def _lacks(
    use: Use, fact: ModuleFact, project: Project, installed: Mapping[str, str], python: str
) -> Reason:
    certain = use.when is When.START
    code = Code.MISSING_MODULE if certain else Code.MAY_NEED_MODULE
    verb = "starts" if use.code == "starts-server" else "imports"
    what = f"{use.origin} {verb} {use.value}"
    first = fact.packages[0] if fact.packages else ""
    name = _name_of(first) if first else ""
    if fact.until:
        what += f", which Python {python} dropped (the last with it is {fact.until})"
        bounds = (parse_specifier(bound.value) for bound in project.pythons)
        usable = all(one is None or one.contains(f"{fact.until}.99") for one in bounds)
        ways = [f"use --python {fact.until}"] if usable or not first else []
        way = ", or ".join([*ways, *([f"add {first}"] if first else [])])
    elif name in installed:
        what += f", which {name} {installed[name]} does not have"
        way = f"ask for {first}"
    elif fact.system:
        what += f", and only {fact.system} has it"
        way = f"import it only there, or use --provided {use.value} if it is never reached"
    elif fact.elsewhere:
        what += f", which no index has: {fact.elsewhere}"
        way = f"use --provided {use.value} if the image gets it by other means"
    else:
        what += ", and nothing that is installed brings it"
        file = project.files[0] if project.files else "requirements.txt"
        names = {_name_of(one) for one in fact.packages}
        way = f"{_from_extra(project, names)}add {first} to {file}"
    return Reason(code=code, text=f"{what}; {way}", package=name, fact=use.value)
