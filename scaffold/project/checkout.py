"""What a checkout of the project left out: submodules, and files of Git LFS."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from scaffold.project.text_io import text_of

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LONGEST = 1024  # bytes, of a pointer (Git LFS specification)
_TEXTS = frozenset({".py", ".md", ".txt", ".toml", ".yml", ".html", ".css", ".js"})
_PATH = re.compile(r"^\s*path\s*=\s*(\S.*?)\s*$", re.MULTILINE)


def name_left_out(root: Path, listed: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Yield what the image would lack: one text on files of Git LFS, one on each submodule.

    ``listed`` are the files that the build sees, each with its size in bytes.
    """
    short = (path for path, size in listed if len(_POINTER) < size < _LONGEST)
    pointers = [path for path in short if _is_pointer(root / path)]
    if pointers:
        more = f" and {len(pointers) - 1} more" if pointers[1:] else ""
        yield (
            f"{pointers[0]}{more} is here as the pointer of Git LFS alone, which the image would "
            "have: run `git lfs pull` first"
        )
    for path in list_empty_submodules(root):
        yield f"{path} is a submodule that was not checked out: {GET_SUBMODULES}"


GET_SUBMODULES = "run `git submodule update --init --recursive` first"


def list_empty_submodules(root: Path) -> tuple[str, ...]:
    """Return the folders of submodules with nothing in them, relative to the root."""
    paths = _PATH.findall(text_of(root, ".gitmodules"))
    return tuple(path for path in paths if _is_empty(root / path))


def _is_empty(folder: Path) -> bool:
    try:
        return {one.name for one in folder.iterdir()} <= {".git", ".keep", ".gitkeep"}
    except OSError:
        return not folder.exists()


def _is_pointer(file: Path) -> bool:
    if PurePosixPath(file).suffix.lower() in _TEXTS:
        return False
    try:
        with file.open("rb") as opened:
            return opened.read(len(_POINTER)) == _POINTER
    except OSError:
        return False
