"""Static libraries and object files: only a linker reads them."""

from pathlib import Path

from .walking import list_files

_ENDINGS = frozenset({".a", ".o", ".lib", ".la"})


def find(folder: Path, spared: frozenset[str]) -> list[Path]:
    """Return the static libraries below a folder of packages."""
    return [path for path in list_files(folder, spared) if path.suffix in _ENDINGS]
