"""What packages stand to have left out, as the facts say."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scaffold.model.knowledge import Facts
from scaffold.model.resolution import Weighed

# Kinds of files in the facts, and the rule that would drop them.
_DROPPED = ("pyi", "headers", "static", "sources", "tests")
_RULES = {"pyi": "stubs", "tests": "tests", "headers": "headers", "sources": "sources"}


def list_sourceless(packages: Sequence[Weighed], facts: Facts) -> tuple[str, ...]:
    """Return the packages that were seen to work without their sources, sorted."""
    names = (weighed.pinned.name for weighed in packages)
    return tuple(
        sorted(n for n in names if (fact := facts.packages.get(n)) is not None and fact.sourceless)
    )


def list_spared(packages: Sequence[Weighed], facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return pairs (rule, top-level name) that a package does not stand, sorted."""
    return tuple(sorted(set(_spared(packages, facts))))


def lighten(packages: Sequence[Weighed], facts: Facts, *, bytecode: str) -> tuple[Weighed, ...]:
    """Return the packages with what assembling leaves of them, for predicting a size.

    The bytes of Python source stay in ``kinds``, because bytecode is predicted from them.
    """
    alone = set(list_sourceless(packages, facts)) if bytecode == "only" else set()
    return tuple(_lighten(w, facts, alone=w.pinned.name in alone) for w in packages)


def _lighten(weighed: Weighed, facts: Facts, *, alone: bool) -> Weighed:
    fact = facts.packages.get(weighed.pinned.name)
    kept = set(fact.keep) if fact else set()
    kinds = dict(weighed.facts.kinds)
    gone = sum(kinds.pop(kind, 0) for kind in _DROPPED if kind not in kept)
    gone += kinds.get("py", 0) if alone else 0
    left = replace(
        weighed.facts, installed=weighed.facts.installed - gone, kinds=tuple(sorted(kinds.items()))
    )
    return replace(weighed, facts=left, trimmed=weighed.trimmed + gone)


def _spared(packages: Sequence[Weighed], facts: Facts) -> Iterator[tuple[str, str]]:
    for weighed in packages:
        fact = facts.packages.get(weighed.pinned.name)
        if fact is None:
            continue
        for top in fact.provides_import or (weighed.pinned.name.replace("-", "_"),):
            yield from ((_RULES[kind], top) for kind in fact.keep if kind in _RULES)
