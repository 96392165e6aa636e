"""Modules that the sources import and nothing that is installed brings."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from scaffold.model.codes import Code
from scaffold.model.knowledge import Facts, ModuleFact
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason

_SHORT = 3  # a name as short as that stands in too many others to tell anything
_NEVER = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A module that is not there. ``certain``: the application does not start without it."""

    reason: Reason
    certain: bool


def find_missing(
    project: Project,
    facts: Facts,
    *,
    installed: Mapping[str, str],
    modules: Mapping[str, tuple[str, ...] | None],
    python: str,
    provided: frozenset[str],
) -> Iterator[Missing]:
    """Yield the modules that nothing brings. ``installed`` maps normalised names to versions.

    ``modules`` are what each package can be imported as, None where nobody looked: one of these
    may bring a module whose owner no fact names, as far as nothing tells what else it is for.
    """
    owners = _owners(facts)
    spaces = _namespaces(facts)
    imported = [use for use in project.uses if use.code == "imports"]
    brought = {name for names in modules.values() for name in names or ()}
    told = {canonicalize_name(Requirement(one).name) for row in owners.values() for one in row}
    unread = {name: version for name, version in installed.items() if modules.get(name) is None}
    vague = [name for name in unread if name not in told]
    explained = {_key(use.value) for use in imported}
    for use in imported:
        fact = facts.modules.get(use.value)
        known = owners.get(use.value, ())
        if use.value in provided or use.when is When.MAYBE or use.value in brought:
            continue
        if fact is not None and fact.until and Version(python) <= Version(fact.until):
            continue
        if _is_named(use.value, unread, known):
            continue
        certain = use.when is When.START
        if fact is not None or (known and use.value not in spaces):
            row = fact or ModuleFact(packages=known, source="", checked=_NEVER)
            reason = _lacks(use, row, project, installed, python)
        elif _may_bring(use.value, vague, project, explained):
            continue
        else:
            certain = certain and not vague
            text = (
                f"{use.origin} imports {use.value}, and no installed package is known to bring "
                f"it: add its package to the requirements, or say --provided {use.value}"
            )
            code = Code.MISSING_MODULE if certain else Code.MAY_NEED_MODULE
            reason = Reason(code=code, text=text, fact=use.value)
        yield Missing(reason=reason, certain=certain)


def _owners(facts: Facts) -> dict[str, tuple[str, ...]]:
    owners = {name: fact.packages for name, fact in facts.modules.items()}
    for package in facts.packages.values():
        for module in package.provides_import:
            top = module.partition(".")[0]
            owners[top] = (*owners.get(top, ()), package.name)
    return owners


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


def _lacks(
    use: Use, fact: ModuleFact, project: Project, installed: Mapping[str, str], python: str
) -> Reason:
    certain = use.when is When.START
    code = Code.MISSING_MODULE if certain else Code.MAY_NEED_MODULE
    what = f"{use.origin} imports {use.value}"
    first = fact.packages[0] if fact.packages else ""
    name = canonicalize_name(Requirement(first).name) if first else ""
    if fact.until:
        what += f", which Python {python} dropped (the last with it is {fact.until})"
        way = f"ask for --python {fact.until}" + (f", or add {first}" if first else "")
    elif name in installed:
        what += f", which {name} {installed[name]} does not have"
        way = f"ask for {first}"
    elif fact.elsewhere:
        what += f", which no index has: {fact.elsewhere}"
        way = f"say --provided {use.value} where the image gets it by other means"
    else:
        what += ", and nothing that is installed brings it"
        file = project.files[0] if project.files else "requirements.txt"
        way = f"add {first} to {file}"
    return Reason(code=code, text=f"{what}; {way}", package=name, fact=use.value)
