"""Shared libraries that nothing loads.

Why: wheels bring some for people who link with them (ONNX Runtime the whole runtime a second time).
Such a library goes where its package is known to open libraries by their full names alone, and no
machine code, no source and no table of any installed package says its name: up to ``.so``, since
versions are often left to a pattern. What the application's own sources name stays.
"""

import re
from collections.abc import Iterable

from ..elf import is_elf
from .scan import Packages, Parts

UNLOADED = "unloaded"
_LIBRARY = re.compile(r"lib[^/]+\.so(\.[\d.]+)?")
_READ = (".py", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".xml")


def covers(parts: Parts) -> bool:
    """Tell by its name, as linkers ask for it."""
    return _LIBRARY.fullmatch(parts[-1]) is not None


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return those that only themselves say their name."""
    found = {parts: parts[-1].partition(".so")[0] for parts in files if parts in packages.unloaded}
    left = set(found.values())
    for parts in packages.files if left else ():
        path = packages.folder.joinpath(*parts)
        if path.name.endswith(_READ) or is_elf(path):
            data = path.read_bytes()
            names = (stem for stem in left if re.search(_named(stem), data))
            left -= {stem for stem in names if stem != found.get(parts)}
    return [parts for parts, stem in found.items() if stem in left]


def _named(stem: str) -> bytes:
    """Return a pattern of a library's name in machine code and texts, whatever its version."""
    return rb"%s(?![\w-])" % re.escape(stem.encode())
