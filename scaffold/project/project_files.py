"""The files of a project that go into the image, found without walking into what stays out."""

import os
import stat
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold.model.errors import ConfigInvalidError, Detail, PathUnreadableError
from scaffold.model.options import DOCKERFILE
from scaffold.project.dockerignore import (
    check_pattern,
    ignored,
    is_output,
    may_return,
    parse_ignore,
    patterns_for,
)
from scaffold.project.text_io import decode, decode_problem, read_bytes
from scaffold.state.file_writer import digest_content, read_recorded

IGNORE = ".dockerignore"


@dataclass(frozen=True, slots=True)
class OwnIgnore:
    """The user's patterns and the file that has them; ``ours`` is the name of the file to write.

    Docker prefers ``Dockerfile.dockerignore`` to ``.dockerignore``: ours has the user's patterns in
    it, and theirs stays as it is.
    """

    ours: str = IGNORE
    theirs: str = ""
    patterns: tuple[str, ...] = ()


def read_own_ignore(context: Path, dockerfile: str = DOCKERFILE) -> OwnIgnore:
    """Return what the user leaves out of builds in a folder. Raises ConfigInvalidError."""
    apart = f"{dockerfile}{IGNORE}"
    recorded = read_recorded(context)
    for name in dict.fromkeys((apart, f"{DOCKERFILE}{IGNORE}", IGNORE)):
        if not (context / name).is_file():
            continue
        data = read_bytes(context, name)
        if digest_content(data) != recorded.get(name):
            return OwnIgnore(apart, name, _read_patterns(name, data))
    # One for all builds would bind those of the user's own Dockerfile.
    return OwnIgnore(IGNORE if dockerfile == DOCKERFILE else apart)


def _read_patterns(name: str, data: bytes) -> tuple[str, ...]:
    problems, text = [], ""
    try:
        text = decode(data)
    except ValueError as error:
        problems.append(decode_problem(name, data, error))
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            for pattern in parse_ignore(line):
                check_pattern(pattern)
        except ValueError as error:
            problems.append(Detail(text=str(error), file=name, line=number))
    if problems:
        raise ConfigInvalidError(
            f"{name} cannot be used", hint="correct it and run again", details=problems
        )
    return parse_ignore(text)


Scan = Callable[[str], Any]
_MOST_FILES = 200_000
_DEEPEST = 100  # folders in one another; patterns take a time that grows with the square of it


def list_files(
    root: Path,
    *,
    scan: Scan = os.scandir,
    context: Path | None = None,
    dockerfile: str = DOCKERFILE,
    most: int = _MOST_FILES,
) -> tuple[tuple[str, int], ...]:
    """Return what of a project goes into the image: relative paths and sizes in bytes, sorted.

    The ignore file that we write decides: our patterns, then those of the project's own;
    ``context`` is the folder that has it, where that is one above, for the build of ``dockerfile``.
    Links count with their own size and are never followed; those that lead out of the project are
    left out. What leanscaffold writes does not count. Raises PathUnreadableError with all folders
    that cannot be read or for more than ``most`` files,
    ConfigInvalidError for a bad ``.dockerignore``.
    """
    context = context or root
    patterns = patterns_for(own=read_own_ignore(context, dockerfile).patterns)
    below = os.path.relpath(root, context).replace(os.sep, "/") if context != root else "."
    return _Walk(root, patterns, scan, below=below).files(most)


def find_environments(root: Path) -> tuple[str, ...]:
    """Return the folders that are virtual environments under a name that no pattern knows.

    They are what ``render_ignore`` takes as ``drop``. Raises PathUnreadableError.
    """
    walk = _Walk(root, patterns_for(), os.scandir, folders_only=True)
    walk.files()
    return tuple(sorted(walk.environments))


class _Walk:
    def __init__(
        self,
        root: Path,
        patterns: Sequence[str],
        scan: Scan,
        *,
        below: str = ".",
        folders_only: bool = False,
    ) -> None:
        self.folders_only = folders_only
        self.root = root
        self.real_root = root.resolve()
        self.patterns = patterns
        self.scan = scan
        self.below = "" if below == "." else f"{below}/"
        self.environments: list[str] = []
        self.found: list[tuple[str, int]] = []
        self.unreadable: list[Detail] = []

    def files(self, most: int = _MOST_FILES) -> tuple[tuple[str, int], ...]:
        waiting = [""]
        while waiting:
            waiting.extend(self._look_into(waiting.pop()))
            if len(self.found) > most:
                tops = Counter(path.partition("/")[0] for path, _ in self.found)
                folder = tops.most_common(1)[0][0]
                raise PathUnreadableError(
                    f"more than {most:,} files would go into the image, most below {folder}",
                    hint="name what the image does not need in .dockerignore",
                )
        if self.unreadable:
            raise PathUnreadableError(
                "the project cannot be read as a whole",
                hint="check the permissions, or name what the image does not need in .dockerignore",
                details=sorted(self.unreadable, key=lambda detail: detail.file or ""),
            )
        return tuple(sorted(self.found))

    def _look_into(self, folder: str) -> list[str]:
        """Note the files of a folder; return the folders in it that have to be looked into."""
        if folder.count("/") >= _DEEPEST:
            text = f"a folder in {_DEEPEST} others: name the first in .dockerignore"
            self.unreadable.append(Detail(text=text, file=f"{folder[:60]}…"))
            return []
        try:
            with self.scan(os.fspath(self.root / folder)) as entries:
                inside = list(entries)
        except OSError as error:
            self.unreadable.append(Detail(text=error.strerror or str(error), file=folder or "."))
            return []
        if folder and any(entry.name == "pyvenv.cfg" for entry in inside):
            self.environments.append(folder)
            return []
        folders = []
        for entry in inside:
            path = f"{folder}/{entry.name}" if folder else entry.name
            seen = self.below + path
            if entry.is_dir(follow_symlinks=False):
                if not ignored(seen, self.patterns) or may_return(seen, self.patterns):
                    folders.append(path)
            elif not (self.folders_only or is_output(path) or ignored(seen, self.patterns)):
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
