"""Static libraries and object files.

Why: only a linker reads them, and the image has none; where the base has one, they stay.
"""

from collections.abc import Iterable

from .scan import Packages, Parts, ending

_ENDINGS = frozenset({".a", ".o", ".lib", ".la"})


def covers(parts: Parts) -> bool:
    """Tell by its ending."""
    return ending(parts) in _ENDINGS


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return all of them."""
    del packages
    return list(files)
