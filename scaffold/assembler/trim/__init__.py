"""What can be left out of installed packages: a rule for each kind of file.

A file belongs to the first rule that covers it, by its path alone; so what a rule saves at most is
known from a wheel's directory. The rule then looks at the packages and may leave it.
"""

from collections.abc import Iterable, Iterator

from .rules import RULES, UNLOADED, Rule
from .scan import Packages, Parts, top_of

__all__ = [
    "EVERY",
    "FOR_COMPILERS",
    "LEVELS",
    "RULES",
    "UNLOADED",
    "Rule",
    "find_spent",
    "rule_of",
    "rules_of",
]

LEVELS = ("none", "safe", "max")
EVERY = "*"  # in the place of a package's top-level name
# What compilers and linkers read stays in an image that has one.
FOR_COMPILERS = ("headers", "static", "sources")
# Files that a source may open by name: one that is named in its own package stays.
_OPENED = frozenset({"headers", "static", "sources", "stubs", "docs", "examples"})


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
