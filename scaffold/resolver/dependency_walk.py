"""Walking all that a project may need in one environment, by the best candidate of each name."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress

from scaffold.resolver.cache import Candidate, Requirement
from scaffold.resolver.provider import Provider, UnreadError


def walk_closure(
    provider: Provider, roots: Sequence[Requirement], *, strict: bool = True
) -> Iterator[tuple[Requirement, Candidate | None]]:
    """Yield each need once with its best candidate, None where it has none; no search is made.

    Raises UnreadError, if ``strict``, for a candidate of which nobody knows what it requires.
    """
    queue = list(roots)
    seen: set[tuple[str, frozenset[str]]] = set()
    while queue:
        need = queue.pop(0)
        if (need.name, need.extras) in seen:
            continue
        seen.add((need.name, need.extras))
        first = next(provider.candidates(need.name, need.extras, [need]), None)
        yield need, first
        if first is not None:
            with nullcontext() if strict else suppress(UnreadError):
                queue.extend(provider.get_dependencies(first))
