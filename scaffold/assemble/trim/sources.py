"""Sources that extension modules were made from; the modules stand beside them."""

from pathlib import Path

from .walking import list_files

_ENDINGS = frozenset({".pyx", ".pxd", ".pxi", ".c", ".cc", ".cpp", ".cxx", ".f", ".f90", ".rs"})


def find(folder: Path, spared: frozenset[str]) -> list[Path]:
    """Return compiled languages' sources below a folder of packages."""
    return [path for path in list_files(folder, spared) if path.suffix in _ENDINGS]
