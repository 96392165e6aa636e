"""From the proof that no versions go together to sentences: who asks for what."""

from collections.abc import Iterator

from nab_resolver.types import IncompatibilityCause

from scaffold.model.codes import Code
from scaffold.model.resolution import Reason
from scaffold.resolver.cache import Requirement
from scaffold.resolver.provider import Provider
from scaffold.resolver.search import Proof, Search

_PROJECT = "the project"
_MOST = 3  # packages that are contested


def list_proven(search: Search, proof: Proof) -> dict[tuple[str, str], tuple[str, Requirement]]:
    """Return what a proof rests on: by who asks and for which name, with the asking version.

    Of the versions that ask, the newest stands for all.
    """
    found: dict[tuple[str, str], tuple[int, str, Requirement]] = {}
    for fact in proof.walk():
        if fact.cause is IncompatibilityCause.ROOT:
            need: Requirement = fact.origin
            found.setdefault(("", need.name), (-1, _PROJECT, need))
        elif fact.cause is IncompatibilityCause.DEPENDENCY:
            for place, asking, need in _read_dependency(search, fact):
                name = asking.partition(" ")[0]
                known = found.get((name, need.name))
                if name != need.name and (known is None or place < known[0]):
                    found[name, need.name] = (place, asking, need)
    return {key: (asking, need) for key, (_, asking, need) in found.items()}


def _read_dependency(search: Search, fact: Proof) -> Iterator[tuple[int, str, Requirement]]:
    parent, other = fact.terms[0], fact.terms[-1]
    for (package, place), candidate in search.candidates.items():
        if package == parent.package and place in parent.constraint:
            for need in search.list_needs(package, place):
                if other.package.partition("[")[0] == need.name:
                    yield place, f"{candidate.name} {candidate.version}", need


def explain_contradiction(
    provider: Provider, proven: dict[tuple[str, str], tuple[str, Requirement]]
) -> tuple[Reason, ...]:
    """Say who asks for what, one reason for each name of which no version suits all who do."""
    asked: dict[str, list[str]] = {}
    for asking, name in proven:
        asked.setdefault(name, []).append(asking)
    contested = sorted(
        (name for name, askers in asked.items() if len(askers) > 1),
        key=lambda name: ("" not in asked[name], len(asked[name]), name),
    )
    origins = {one.name: one.origin for one in provider.wanted.asked}
    reasons: list[Reason] = []
    for name in contested[:_MOST]:
        steps: dict[str, None] = {}
        for asker in asked[name]:
            for key in (*_climb(asker, asked), (asker, name)):
                asking, need = proven[key]
                verb = "loads only with" if need.why else "asks for"
                text = f"{asking} {verb} {need.name}{need.specifier}"
                if asking == _PROJECT and need.name != name and need.name in origins:
                    text += f" ({origins[need.name]})"
                if need.why:
                    text += f" ({need.why})"
                steps[text] = None
        reasons.append(Reason(code=Code.VERSION_CONFLICT, text="; ".join(steps), package=name))
    return tuple(reasons)


def _climb(name: str, asked: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return the steps that lead from the project to a name, the shortest way."""
    ways: dict[str, list[tuple[str, str]]] = {name: []}
    wave = [name] if name else []
    while wave:
        fresh: list[str] = []
        for one in wave:
            for asker in asked.get(one, ()):
                if asker not in ways:
                    ways[asker] = [(asker, one), *ways[one]]
                    fresh.append(asker)
        if "" in ways:
            return ways[""]
        wave = fresh
    return []
