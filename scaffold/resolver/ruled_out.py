"""Candidates that what the project itself asks for rules out, whatever else is chosen.

resolvelib learns nothing from a conflict: it would come back to each of them once for every
combination of the other packages' versions.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from scaffold.resolver.cache import Candidate, Requirement
from scaffold.resolver.provider import Provider, UnreadError

# What is so far down is left to the search; each level takes a few frames of Python's stack.
_DEEPEST = 20


class RuledOut:
    """Tells for each candidate which of its needs nothing can meet beside the project's own.

    Each need is looked at alone, so a candidate that passes may still be part of no solution.
    """

    def __init__(self, provider: Provider, roots: Sequence[Requirement]) -> None:
        self._provider = provider
        self._roots: dict[str, list[Requirement]] = {}
        for need in roots:
            self._roots.setdefault(need.name, []).append(need)
        self._unmet: dict[tuple[str, str, str, frozenset[str]], Requirement | None] = {}
        self._met: dict[Requirement, bool] = {}

    def unmet(self, candidate: Candidate, depth: int = 0) -> Requirement | None:
        """Return the first need of a candidate that cannot be met, None where all may be."""
        key = (candidate.name, candidate.file.filename, candidate.file.sha256, candidate.extras)
        if key not in self._unmet and depth < _DEEPEST:
            self._unmet[key] = None  # until a circle comes back to it
            self._unmet[key] = self._find_unmet(candidate, depth)
        return self._unmet.get(key)

    def keep(self, candidates: Iterator[Candidate], depth: int = 0) -> Iterator[Candidate]:
        """Yield those not ruled out; after each that is, more are asked of the index at a time."""
        count = 1
        while batch := list(islice(candidates, count)):
            self._provider.shelf.index.prefetch_metadata(
                [(one.name, str(one.version), one.file) for one in batch if not one.system]
            )
            kept = [one for one in batch if self.unmet(one, depth) is None]
            yield from kept
            count = 1 if kept else 2 * count

    def explain(self, need: Requirement) -> Iterator[tuple[str, Requirement]]:
        """Yield who asks for what, from a need that cannot be met to what the project asks for."""
        seen: set[str] = set()
        while need.name not in seen:
            seen.add(need.name)
            found = next(iter(self._candidates(need)), None)
            unmet = None if found is None else self.unmet(found)
            if found is None or unmet is None:
                break
            yield f"{found.name} {found.version}", unmet
            need = unmet
        yield from (("the project", one) for one in self._roots.get(need.name, ()))

    def _find_unmet(self, candidate: Candidate, depth: int) -> Requirement | None:
        try:
            needs = self._provider.dependencies(candidate)
        except UnreadError:
            return None
        others = (need for need in needs if need.name != candidate.name)
        return next((need for need in others if not self._can_be_met(need, depth + 1)), None)

    def _can_be_met(self, need: Requirement, depth: int) -> bool:
        if need not in self._met:
            self._met[need] = True  # until a circle comes back to it
            left = self.keep(self._candidates(need), depth)
            self._met[need] = next(left, None) is not None
        return self._met[need]

    def _candidates(self, need: Requirement) -> Iterator[Candidate]:
        needs = [need, *self._roots.get(need.name, ())]
        return self._provider.candidates(need.name, need.extras, needs)
