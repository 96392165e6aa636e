"""What can be left out of installed packages: one rule a file, each with its reason.

A file belongs to the first rule that covers it, by its path alone; so what a rule saves at most is
known from a wheel's directory. The rule then looks at the packages and may leave it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from . import docs, examples, headers, locales, pip, sources, static, stubs, tests, unloaded
from .scan import Packages, Parts, top_of

LEVELS = ("none", "safe", "max")
EVERY = "*"  # in the place of a package's top-level name
# What compilers and linkers read stays in an image that has one.
FOR_COMPILERS = ("headers", "static", "sources")
# Files that a source may open by name: one that is named in its own package stays.
_OPENED = frozenset({"headers", "static", "sources", "stubs", "docs", "examples"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of file that can go, from a level of trimming on.

    ``kind`` is what facts of wheels call it. ``covers`` tells by a path's parts, ``find`` returns
    which of the files covered nothing needs.
    """

    name: str
    level: str
    kind: str
    covers: Callable[[Parts], bool]
    find: Callable[[Packages, Iterable[Parts]], list[Parts]]


RULES = (
    Rule("pip", "safe", "", pip.covers, pip.find),
    Rule("tests", "safe", "tests", tests.covers, tests.find),
    Rule("headers", "safe", "headers", headers.covers, headers.find),
    Rule("static", "safe", "static", static.covers, static.find),
    Rule("sources", "safe", "sources", sources.covers, sources.find),
    Rule("stubs", "safe", "pyi", stubs.covers, stubs.find),
    Rule("docs", "safe", "docs", docs.covers, docs.find),
    Rule(unloaded.UNLOADED, "safe", "", unloaded.covers, unloaded.find),
    Rule("examples", "max", "examples", examples.covers, examples.find),
    Rule("locales", "max", "locales", locales.covers, locales.find),
)


def rules_of(level: str) -> tuple[Rule, ...]:
    """Return the rules of a level and those below it."""
    return tuple(rule for rule in RULES if LEVELS.index(rule.level) <= LEVELS.index(level))


def rule_of(parts: Parts) -> Rule | None:
    """Return the rule that a file belongs to, if there is one."""
    return next((rule for rule in RULES if rule.covers(parts)), None)


def find_spent(
    packages: Packages, level: str, spared: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, list[Parts]]]:
    """Yield each rule of a level with the files that can go.

    ``spared`` are pairs (rule, top-level name or EVERY) that a rule leaves alone.
    """
    left = frozenset(spared)
    belongs = {parts: rule.name for parts in packages.files if (rule := rule_of(parts))}
    for rule in rules_of(level):
        covered = [
            parts
            for parts, name in belongs.items()
            if name == rule.name and left.isdisjoint({(name, parts[0]), (name, EVERY)})
        ]
        found = rule.find(packages, covered)
        if rule.name in _OPENED and found:
            named = packages.file_names
            found = [p for p in found if p[-1] not in named.get(top_of(p), ())]
        yield rule.name, found
