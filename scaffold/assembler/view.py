"""The target's file system while it is still in pieces, and its files as they are copied."""

import os
import posixpath
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST_LINKS = 40


@dataclass(frozen=True, slots=True)
class View:
    """Folders of this machine laid over each other. ``parts`` pairs (where it will be, folder).

    The first part that has a path decides. Symbolic links are followed inside of the view, never
    on this machine.
    """

    parts: tuple[tuple[str, Path], ...]

    def find(self, path: str) -> Path | None:
        """Return the folder's entry for a path whose parents hold no links; may be a link."""
        entry, _ = self._look_up(path)
        return Path(entry) if entry else None

    def _look_up(self, path: str) -> tuple[str, bool]:
        """Return the entry for a path, empty if there is none, and whether it is a link."""
        for prefix, folder in self.parts:
            above = prefix.rstrip("/")
            if path == prefix or path.startswith(f"{above}/"):
                entry = f"{folder}{path[len(above) :].rstrip('/')}"
                try:
                    return entry, stat.S_ISLNK(os.lstat(entry).st_mode)
                except (OSError, ValueError):
                    continue
        return "", False

    def trail(self, path: str) -> tuple[str, ...]:
        """Return the links passed on the way to a path, and the real path at the end.

        Empty if there is nothing at its end.
        """
        links: list[str] = []
        todo = [part for part in posixpath.normpath(path).split("/") if part]
        done = ""
        while todo:
            here = f"{done}/{todo.pop(0)}"
            entry, is_link = self._look_up(here)
            if len(links) > _MOST_LINKS or not (entry or self._leads_on(here)):
                return ()
            if is_link:
                links.append(here)
                aim = posixpath.normpath(posixpath.join(done or "/", Path(entry).readlink()))
                todo = [part for part in aim.split("/") if part] + todo
                done = ""
            else:
                done = here
        return (*links, done or "/")

    def _leads_on(self, path: str) -> bool:
        """Tell whether a folder that no part has is one above where a part will be."""
        return any(prefix.startswith(f"{path}/") for prefix, _ in self.parts)

    def real(self, path: str) -> str:
        """Return the path with all links followed, empty if there is nothing."""
        trail = self.trail(path)
        return trail[-1] if trail else ""

    def file(self, path: str) -> Path | None:
        """Return the regular file at the end of a path, as this machine can open it."""
        entry = self.find(real) if (real := self.real(path)) else None
        return entry if entry is not None and entry.is_file() else None

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder, sorted; none if it is no folder."""
        real = self.real(folder)
        found: set[str] = set()
        for prefix, part in self.parts:
            if real and (real == prefix or real.startswith(prefix.rstrip("/") + "/")):
                entry = part / real[len(prefix.rstrip("/")) :].lstrip("/")
                if entry.is_dir():
                    found.update(child.name for child in entry.iterdir())
        return tuple(sorted(found))

    def walk(self, folder: str) -> Iterator[str]:
        """Yield the paths of all that is no folder below a folder, sorted; links as they are."""
        for name in self.names(folder):
            path = posixpath.join(folder, name)
            entry = self.find(path)
            if entry is None:
                continue
            if entry.is_dir() and not entry.is_symlink():
                yield from self.walk(path)
            else:
                yield path


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
