"""Copies paths of a view into a folder, links and all, the same bytes and times every time."""

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from .view import View

# One moment for everything: dates of a build would make every build's layers differ. Zip files,
# which Python imports from, know no earlier one.
MOMENT = 315_532_800  # 1980-01-01, in seconds


def copy_paths(view: View, paths: Iterable[str], out: Path) -> None:
    """Copy files with all links on the way to them; what is not there is left out."""
    for path in paths:
        trail = view.trail(path)
        for link in trail[:-1]:
            source = view.find(link)
            if source is not None:
                _place_link(str(source.readlink()), out / link.lstrip("/"))
        source = view.find(trail[-1]) if trail else None
        if source is not None and source.is_file():
            place_file(source, out / trail[-1].lstrip("/"))


def _place_link(aim: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(target):
        target.symlink_to(aim)


def place_file(source: Path, target: Path) -> None:
    """Copy one file, with sober permissions."""
    if os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    runs = source.stat().st_mode & stat.S_IXUSR
    target.chmod(0o755 if runs else 0o644)


def settle_times(folder: Path) -> None:
    """Give everything below a folder, and itself, the same time."""
    for path in sorted(folder.rglob("*"), reverse=True):
        os.utime(path, (MOMENT, MOMENT), follow_symlinks=False)
    os.utime(folder, (MOMENT, MOMENT))
