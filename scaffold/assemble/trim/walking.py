"""Walking through installed packages, some of them spared."""

from collections.abc import Iterator
from pathlib import Path


def list_files(folder: Path, spared: frozenset[str]) -> Iterator[Path]:
    """Yield all regular files below a folder but those below top-level names to spare."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            parts = path.relative_to(folder).parts
            if parts[0] not in spared and not _is_metadata(parts):
                yield path


def _is_metadata(parts: tuple[str, ...]) -> bool:
    return parts[0].endswith((".dist-info", ".egg-info"))
