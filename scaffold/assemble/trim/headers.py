"""C and C++ headers: only a compiler reads them, and the image has none."""

from pathlib import Path

from .walking import list_files

_ENDINGS = frozenset({".h", ".hh", ".hpp", ".hxx", ".h++", ".cuh", ".inl", ".inc", ".ipp", ".tcc"})


def find(folder: Path, spared: frozenset[str]) -> list[Path]:
    """Return the headers below a folder of packages; headers without an ending live in include."""
    return [
        path
        for path in list_files(folder, spared)
        if path.suffix in _ENDINGS
        or ("include" in path.relative_to(folder).parts[:-1] and path.suffix == "")
    ]
