"""What an application's own sources may import.

Its output changes only with the imports, so that an edit of a source leaves the image below cached.
"""

from collections.abc import Iterator
from pathlib import Path

from .imports import list_names


def scan(folder: Path) -> Iterator[str]:
    """Yield the dotted names in an application's sources, sorted, each once."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts) or not path.is_file():
            continue
        parts = inside.with_suffix("").parts
        package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if package else parts)
        names.update(list_names(path.read_bytes(), module, package=package))
    yield from sorted(names)
