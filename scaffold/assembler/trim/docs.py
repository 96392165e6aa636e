"""Documentation: manual pages, and texts that no source of their package names.

Why: nobody reads it on a device. Some packages do (scikit-learn's data sets show their ``.rst``
files), so a kind of file that a package's sources name stays with it, and so do licences, which are
metadata.
"""

from collections.abc import Iterable

from .scan import Packages, Parts, ending

_TEXTS = frozenset({".md", ".rst"})
_FOLDERS = frozenset({"doc", "docs"})


def covers(parts: Parts) -> bool:
    """Tell by ending or folder; code in a folder of that name is code."""
    if ending(parts) in {".py", ".so", ".pyd"} or ".so." in parts[-1]:
        return False
    return (
        ending(parts) in _TEXTS
        or not _FOLDERS.isdisjoint(parts[:-1])
        or parts[:2] in {("share", "man"), ("share", "info")}
    )


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return what no source of the package seems to open."""
    return [parts for parts in files if not _is_named(packages, parts)]


def _is_named(packages: Packages, parts: Parts) -> bool:
    texts = packages.texts.get(parts[0], frozenset())
    if ending(parts) in _TEXTS and packages.says(parts[0], ending(parts), ending(parts)[1:]):
        return True
    folders = _FOLDERS.intersection(parts[:-1])
    return any(part in folders for text in texts for part in text.split("/"))
