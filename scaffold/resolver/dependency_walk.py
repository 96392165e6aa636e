"""Walking all that a project may need in one environment, by the best candidate of each name."""

from collections.abc import Iterator, Sequence

from scaffold.resolver.cache import Candidate, Requirement
from scaffold.resolver.provider import Provider, UnreadError


def walk_closure(
    provider: Provider, roots: Sequence[Requirement], *, strict: bool = True
) -> Iterator[tuple[Requirement, Candidate | None]]:
    """Yield each need once with its best candidate, None where it has none; no search is made.

    A wheel that cannot be read is passed over. Raises UnreadError, if ``strict``, for another
    candidate of which nobody knows what it requires.
    """
    queue = list(roots)
    seen: set[tuple[str, frozenset[str]]] = set()
    while queue:
        need = queue.pop(0)
        if (need.name, need.extras) in seen:
            continue
        seen.add((need.name, need.extras))
        first, found = _look(provider, need, strict=strict)
        yield need, first
        queue.extend(found)


def _look(
    provider: Provider, need: Requirement, *, strict: bool
) -> tuple[Candidate | None, Sequence[Requirement]]:
    for candidate in provider.candidates(need.name, need.extras, [need]):
        try:
            return candidate, provider.dependencies(candidate)
        except UnreadError:
            if candidate.file.filename in provider.unread:
                continue
            if strict:
                raise
            return candidate, ()
    return None, ()
