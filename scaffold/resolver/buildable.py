"""What is known of building from source: whether anybody can say what it takes."""

from collections.abc import Iterable, Iterator

from scaffold.model.index import SourceFacts
from scaffold.model.knowledge import HeaderSource

# A C compiler does these; what else a build runs takes an unknown time, and may need anything.
_SIMPLE = frozenset({"c", "c++", "cython"})


def is_simple(source: SourceFacts, headers: Iterable[str]) -> bool:
    """Tell whether a build takes nothing, or a compiler and headers that are all known.

    ``headers`` are names of headers and modules; one that ends in ``/`` is a folder of headers.
    """
    if not source.native:
        return True
    names = set(headers)
    folders = tuple(name for name in names if name.endswith("/"))
    asked = (*source.headers, *source.modules)
    known = all(name in names or name.startswith(folders) for name in asked)
    return known and _SIMPLE.issuperset(source.languages)


def list_header_sources(
    source: SourceFacts, known: Iterable[HeaderSource]
) -> Iterator[HeaderSource]:
    """Yield who brings what the sources include or ask for."""
    asked = (*source.headers, *source.modules)
    yield from (one for one in known if any(one.brings(name) for name in asked))
