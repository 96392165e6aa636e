"""A copy of a project to build from: nothing is written into the user's folder."""

import os
import shutil
import stat
from pathlib import Path

from scaffold.model.errors import PathUnreadableError

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".tox"
)
_COPIED = {stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}


def copy_project(source: Path, goal: Path) -> None:
    """Copy a project's files and folders to write into. Raises PathUnreadableError."""

    def leave(folder: str, names: list[str]) -> set[str]:
        kinds = {name: stat.S_IFMT((Path(folder) / name).lstat().st_mode) for name in names}
        special = {name for name, kind in kinds.items() if kind not in _COPIED}
        return special | _LEFT_OUT(folder, names)

    try:
        shutil.copytree(source, goal, ignore=leave, symlinks=True)
    except shutil.Error as error:
        path, _, why = error.args[0][0]
        raise PathUnreadableError(
            f"{path} cannot be copied: {why}", hint="check the file's permissions"
        ) from error
    for folder, _, _ in os.walk(goal):
        Path(folder).chmod(Path(folder).stat().st_mode | stat.S_IRWXU)
