"""Sources that something was compiled from, where the result stands beside them.

Why: nothing reads a ``.pyx`` or ``.c`` once there is an extension module, and gettext reads the
``.mo`` file, not the ``.po`` that translators edit.
"""

from collections.abc import Iterable

from .scan import Packages, Parts, ending

_ENDINGS = frozenset(
    {".pyx", ".pxd", ".pxi", ".tp", ".c", ".cc", ".cpp", ".cxx", ".cu", ".f", ".f90", ".rs"}
)
_CATALOGUE = ".po"


def covers(parts: Parts) -> bool:
    """Tell by its ending."""
    return ending(parts) in _ENDINGS or ending(parts) == _CATALOGUE


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return sources of packages that do not name such files, and catalogues that were compiled."""
    there = set(packages.files)
    return [parts for parts in files if _is_spent(packages, parts, there)]


def _is_spent(packages: Packages, parts: Parts, there: set[Parts]) -> bool:
    if ending(parts) == _CATALOGUE:
        return (*parts[:-1], f"{parts[-1][: -len(_CATALOGUE)]}.mo") in there
    if ending(parts) == ".cu":  # compiled at run time by some
        return not packages.says(parts[0], ".cu")
    return True
