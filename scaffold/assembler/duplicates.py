"""The same library or data under several names: one file with as many names (hard links).

Why: wheels cannot hold links, so that a library comes once for each name of its (pyarrow: three
times). Files of one layer with the same bytes and mode become one, from 64 KiB on. Extension
modules stay apart: a loader tells files by their inode, and two modules would share their state.
"""

import hashlib
import re
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

DUPLICATES = "duplicates"
_THRESHOLD = 64 << 10
_LIBRARY = re.compile(r"lib[^/]*\.so$|\.so\.[\d.]+$")


def may_link(name: str, size: int) -> bool:
    """Tell by a file's name and bytes whether another name for it would do."""
    extension = ".so" in Path(name).suffixes and not _LIBRARY.search(name)
    return size >= _THRESHOLD and not extension and not name.endswith((".py", ".pyc"))


def link_folder(
    folder: Path, layer_of: Callable[[str], int], spared: Collection[tuple[str, str]] = ()
) -> Iterator[tuple[str, int]]:
    """Link what is the same in one layer; yield (path below the folder, bytes saved)."""
    alike: dict[tuple[int, int, int], list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        inside, status = path.relative_to(folder), path.lstat()
        able = stat.S_ISREG(status.st_mode) and may_link(path.name, status.st_size)
        if able and (DUPLICATES, inside.parts[0]) not in spared:
            key = (layer_of(inside.as_posix()), status.st_size, status.st_mode)
            alike.setdefault(key, []).append(path)
    for (_, size, _), paths in alike.items():
        first: dict[bytes, Path] = {}
        for path in paths if len(paths) > 1 else ():
            kept = first.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
            if kept != path:
                draft = path.with_name(f"{path.name}.link")
                draft.hardlink_to(kept)
                draft.replace(path)
                yield path.relative_to(folder).as_posix(), size
