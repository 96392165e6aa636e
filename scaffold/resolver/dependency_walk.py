"""Walking all that a project may need in one environment, by the best candidate of each name."""

from collections.abc import Iterator, Sequence

from scaffold.resolver.cache import Candidate, Requirement
from scaffold.resolver.provider import Provider


def walk_closure(
    provider: Provider, roots: Sequence[Requirement]
) -> Iterator[tuple[Requirement, Candidate | None]]:
    """Yield each need once with its best candidate, None where it has none; no search is made."""
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
            queue.extend(provider.get_dependencies(first))
