"""Modules that the sources import and nothing that is installed brings."""

import re
from collections.abc import Iterator, Mapping
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
    python: str,
    provided: frozenset[str],
) -> Iterator[Missing]:
    """Yield the modules that nothing brings. ``installed`` maps normalised names to versions.

    A module that facts name has known owners; for any other a package of a similar name, or one
    of which nothing in the sources tells what it is for, may well bring it.
    """
    owners = _owners(facts)
    imported = [use for use in project.uses if use.code == "imports"]
    explained = {_key(use.value) for use in imported}
    for use in imported:
        fact = facts.modules.get(use.value)
        brought = owners.get(use.value, ())
        if use.value in provided or use.when is When.MAYBE:
            continue
        if fact is not None and fact.until and Version(python) <= Version(fact.until):
            continue
        if _is_named(use.value, installed, brought):
            continue
        if fact is not None or brought:
            known = fact or ModuleFact(packages=brought, source="", checked=_NEVER)
            reason = _lacks(use, known, project, installed, python)
            yield Missing(reason=reason, certain=use.when is When.START)
        elif not _may_bring(use.value, installed, project, explained):
            text = (
                f"{use.origin} imports {use.value}, and no installed package is known to bring "
                "it: add its package to the requirements, or say --provided " + use.value
            )
            reason = Reason(code=Code.MAY_NEED_MODULE, text=text, fact=use.value)
            yield Missing(reason=reason, certain=False)


def _owners(facts: Facts) -> dict[str, tuple[str, ...]]:
    owners = {name: fact.packages for name, fact in facts.modules.items()}
    for package in facts.packages.values():
        for module in package.provides_import:
            top = module.partition(".")[0]
            owners[top] = (*owners.get(top, ()), package.name)
    return owners


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


def _may_bring(
    module: str, installed: Mapping[str, str], project: Project, explained: set[str]
) -> bool:
    """Tell whether a package may bring a module of another name."""
    key = _key(module)
    keys = {_key(name) for name in installed}
    if any(key in one or (len(one) > _SHORT and one in key) for one in keys):
        return True
    return any(_key(asked.name) not in explained for asked in project.asked)


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
