"""What installed packages and the sources' calls need besides, which no package index has."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.utils import canonicalize_name

from scaffold.model.codes import Code
from scaffold.model.knowledge import Companion, Facts
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason

STARTS = "runs-program"
_DOWNLOADS = re.compile(r"(\w+_)?download(_\w+)?|fetch_\w+|from_pretrained")


def find_companions(
    project: Project,
    facts: Facts,
    installed: Mapping[str, str],
    provided: frozenset[str],
    system: Iterable[str] = (),
) -> Iterator[tuple[Reason, bool]]:
    """Yield what is needed besides, each with whether the application fails without it.

    ``installed`` are normalised names; what is ``provided`` by other means counts as installed.
    ``system`` are programs and packages of the distribution that the image has.
    """
    there = {*installed, *(canonicalize_name(name) for name in provided)}
    besides = there.union(map(canonicalize_name, system))
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
        for use, argument in _told_of(companion, uses):
            unless = {one.replace("{0}", argument) for one in companion.unless}
            calls = {one.removesuffix("()") for one in unless if one.endswith("()")}
            if not calls.isdisjoint(map(_function, called)):
                continue
            if besides.isdisjoint(map(canonicalize_name, unless - calls)):
                yield _tell(companion, use, argument), companion.refuse
    for use in called:
        if use not in told and _DOWNLOADS.fullmatch(_function(use).rpartition(".")[2]):
            yield _downloads(use), False


def _told_of(
    companion: Companion, uses: Sequence[tuple[Use, str]]
) -> Sequence[tuple[Use | None, str]]:
    """Return the uses that a note each is written for: one, where all would say the same."""
    same = "{0}" not in companion.text + companion.way + "".join(companion.unless)
    return (uses[:1] if same else uses) or ((None, ""),)


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


def _function(use: Use) -> str:
    return use.value.partition(" ")[0]


def _downloads(use: Use) -> Reason:
    function, _, argument = use.value.partition(" ")
    text = (
        f"{use.origin}: {function} downloads {argument or 'data'} when it is called, as "
        "its name says; bring it into the project's folder, or mount a volume for it"
    )
    return Reason(code=Code.DOWNLOADS_DATA, text=text)
