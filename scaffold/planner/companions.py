"""What installed packages and the sources' calls need besides, which no package index has."""

import re
from collections.abc import Iterator, Mapping

from packaging.utils import canonicalize_name

from scaffold.model.knowledge import Companion, Facts
from scaffold.model.project import Project, Use
from scaffold.model.resolution import Reason


def find_companions(
    project: Project, facts: Facts, installed: Mapping[str, str], provided: frozenset[str]
) -> Iterator[tuple[Reason, bool]]:
    """Yield what is needed besides, each with whether the application fails without it.

    ``installed`` are normalised names; what is ``provided`` by other means counts as installed.
    """
    there = {*installed, *(canonicalize_name(name) for name in provided)}
    for name, companion in sorted(facts.companions.items()):
        if name in provided or (companion.package and companion.package in provided):
            continue
        if companion.package and companion.package not in there:
            continue
        uses = list(_matching(companion, project))
        if (companion.module or companion.call) and not uses:
            continue
        found: list[tuple[Use | None, str]] = [*uses] or [(None, "")]
        for use, argument in found:
            unless = {canonicalize_name(one.replace("{0}", argument)) for one in companion.unless}
            if there.isdisjoint(unless):
                yield _tell(companion, use, argument), companion.refuse


def _matching(companion: Companion, project: Project) -> Iterator[tuple[Use, str]]:
    """Yield the uses that a companion is about, each with the call's first argument."""
    if companion.call:
        dotted, _, start = companion.call.partition(" ")
        pattern = re.compile(re.escape(dotted).replace(r"\*", ".+"))
        for use in project.uses:
            called, _, argument = use.value.partition(" ")
            if use.code == "calls" and pattern.fullmatch(called) and argument.startswith(start):
                yield use, argument
    elif companion.module:
        for use in project.uses:
            if use.code == "imports" and use.value == companion.module:
                yield use, ""


def _tell(companion: Companion, use: Use | None, argument: str) -> Reason:
    what = companion.text.replace("{0}", argument or "what it is asked for")
    where = f"{use.origin}: " if use is not None else ""
    return Reason(
        code=companion.code, text=f"{where}{what}; {companion.way}", package=companion.package
    )
