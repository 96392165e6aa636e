"""The files of a project that go into the image, found without walking into what stays out."""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scaffold.model.errors import ConfigInvalidError, Detail, PathUnreadableError
from scaffold.project.dockerignore import (
    check_pattern,
    ignored,
    is_output,
    may_return,
    parse_ignore,
    patterns_for,
)
from scaffold.project.text_io import decode, decode_problem, read_bytes

Scan = Callable[[str], Any]


def list_files(
    root: Path, *, keep: Sequence[str] = (), scan: Scan = os.scandir
) -> tuple[tuple[str, int], ...]:
    """Return what of a project goes into the image: relative paths and sizes in bytes, sorted.

    The project's own ``.dockerignore`` decides, else the one that we would write, with ``keep`` as
    its exceptions. Links count with their own size and are never followed; those that lead out of
    the project are left out. What leanscaffold writes does not count. Raises PathUnreadableError
    with all folders that cannot be read, ConfigInvalidError for a bad ``.dockerignore``.
    """
    own = (root / ".dockerignore").is_file()
    patterns = _read_patterns(root) if own else patterns_for(keep)
    return _Walk(root, patterns, scan, prune=not own).files()


def find_environments(root: Path, *, scan: Scan = os.scandir) -> tuple[str, ...]:
    """Return the folders that are virtual environments under a name that no pattern knows.

    They are what ``render_ignore`` takes as ``drop``. Raises PathUnreadableError.
    """
    walk = _Walk(root, patterns_for(), scan, prune=True)
    walk.files()
    return tuple(sorted(walk.environments))


def _read_patterns(root: Path) -> tuple[str, ...]:
    data = read_bytes(root, ".dockerignore")
    problems, text = [], ""
    try:
        text = decode(data)
    except ValueError as error:
        problems.append(decode_problem(".dockerignore", data, error))
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            for pattern in parse_ignore(line):
                check_pattern(pattern)
        except ValueError as error:
            problems.append(Detail(text=str(error), file=".dockerignore", line=number))
    if problems:
        raise ConfigInvalidError(
            ".dockerignore cannot be used", hint="correct it and run again", details=problems
        )
    return parse_ignore(text)


class _Walk:
    def __init__(self, root: Path, patterns: Sequence[str], scan: Scan, *, prune: bool) -> None:
        self.root = root
        self.real_root = root.resolve()
        self.patterns = patterns
        self.scan = scan
        self.prune = prune
        self.environments: list[str] = []
        self.found: list[tuple[str, int]] = []
        self.unreadable: list[Detail] = []

    def files(self) -> tuple[tuple[str, int], ...]:
        waiting = [""]
        while waiting:
            waiting.extend(self._look_into(waiting.pop()))
        if self.unreadable:
            raise PathUnreadableError(
                "the project cannot be read as a whole",
                hint="check the permissions, or name what the image does not need in .dockerignore",
                details=sorted(self.unreadable, key=lambda detail: detail.file or ""),
            )
        return tuple(sorted(self.found))

    def _look_into(self, folder: str) -> list[str]:
        """Note the files of a folder; return the folders in it that have to be looked into."""
        try:
            with self.scan(os.fspath(self.root / folder)) as entries:
                inside = list(entries)
        except OSError as error:
            self.unreadable.append(Detail(text=error.strerror or str(error), file=folder or "."))
            return []
        if self.prune and folder and any(entry.name == "pyvenv.cfg" for entry in inside):
            self.environments.append(folder)
            return []
        folders = []
        for entry in inside:
            path = f"{folder}/{entry.name}" if folder else entry.name
            out = ignored(path, self.patterns)
            if entry.is_dir(follow_symlinks=False):
                if not out or may_return(path, self.patterns):
                    folders.append(path)
            elif not out and not is_output(path):
                self._note(entry, path)
        return folders

    def _note(self, entry: Any, path: str) -> None:
        status = entry.stat(follow_symlinks=False)
        linked = stat.S_ISLNK(status.st_mode) and self._stays_inside(path)
        if linked or stat.S_ISREG(status.st_mode):
            self.found.append((path, status.st_size))

    def _stays_inside(self, path: str) -> bool:
        try:
            target = (self.root / path).resolve(strict=True)
        except (OSError, RuntimeError):
            return False
        return target.is_relative_to(self.real_root)
