"""What installed packages and the sources' calls need besides, which no package index has."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from packaging.utils import canonicalize_name

from scaffold.model.codes import Code
from scaffold.model.knowledge import Companion, Facts
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason

STARTS = "runs-program"
_DOWNLOADS = re.compile(r"(\w+_)?download(_\w+)?|fetch_\w+|from_pretrained")


def find_companions(
    project: Project, facts: Facts, installed: Mapping[str, str], provided: frozenset[str]
) -> Iterator[tuple[Reason, bool]]:
    """Yield what is needed besides, each with whether the application fails without it.

    ``installed`` are normalised names; what is ``provided`` by other means counts as installed.
    """
    there = {*installed, *(canonicalize_name(name) for name in provided)}
    called = [use for use in project.uses if use.code == "calls" and use.when is not When.MAYBE]
    told: set[Use] = set()
    for name, companion in sorted(facts.companions.items()):
        if name in provided or (companion.package and companion.package in provided):
            continue
        if companion.code == STARTS or (companion.package and companion.package not in there):
            continue
        uses = list(_matching(companion, project))
        told.update(use for use, _ in uses)
        if not uses and (companion.call or not companion.package):
            continue
        found: list[tuple[Use | None, str]] = [*uses] or [(None, "")]
        for use, argument in found:
            unless = {one.replace("{0}", argument) for one in companion.unless}
            calls = {one.removesuffix("()") for one in unless if one.endswith("()")}
            if not calls.isdisjoint(one.value.partition(" ")[0] for one in called):
                continue
            if there.isdisjoint(map(canonicalize_name, unless - calls)):
                yield _tell(companion, use, argument), companion.refuse
    for use in called:
        function, _, argument = use.value.partition(" ")
        if use not in told and _DOWNLOADS.fullmatch(function.rpartition(".")[2]):
            text = (
                f"{use.origin}: {function} downloads {argument or 'data'} when it is called, as "
                "its name says; bring it into the project's folder, or mount a volume for it"
            )
            yield Reason(code=Code.DOWNLOADS_DATA, text=text), False


def list_started(project: Project, facts: Facts) -> tuple[Use, ...]:
    """Return a use for each program that functions of packages are known to start."""
    return tuple(
        replace(use, code=STARTS, value=argument.partition(" ")[0].rpartition("/")[2])
        for companion in facts.companions.values()
        if companion.code == STARTS
        for use, argument in _matching(companion, project)
        if argument
    )


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
