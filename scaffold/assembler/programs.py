"""Programs that are put in on request: the package that has one, and what it cannot run without.

A distribution's own records tell which files belong together. Of a program's package all is taken
but its documentation, and of a package that every system has, with dozens of commands that have
nothing to do with each other, not the other commands; of packages that it depends on, those that
hold no machine code (data, such as the languages of an OCR engine); libraries are found like
everybody else's.
"""

import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from . import MissingProgramError
from .elf import is_elf
from .records import APK, DPKG, Records, find_owners, read_records
from .view import View

SHELLS = ("busybox.static", "busybox")  # Alpine's name of the static one, Debian's
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
_NEVER = re.compile(
    r"/usr/share/(doc|man|info|locale|lintian|bash-completion|zsh|fish|bug|applications|icons)/"
    r"|/var/|/etc/bash_completion\.d/"
)


def list_programs(view: View, names: Collection[str], known: Collection[str]) -> Iterator[str]:
    """Yield the files of programs, as paths in the image.

    ``known`` are packages that belong to every system of the distribution: nobody's data. Raises
    MissingProgramError.
    """
    records = read_records(view)
    for name in names:
        path = find_program(view, name)
        yield path
        yield from _list_interpreter(view, path)
        package = next(find_owners(view, records, [path]), "")
        alone = package in known and _is_machine_code(view, path)
        yield from (
            file
            for file in _list_files(records, package)
            if not (alone and posixpath.dirname(file) in _FOLDERS)
        )
        for other in records.depends.get(package, ()):
            if other not in known and _is_data(view, records, other):
                yield from _list_files(records, other)


def find_program(view: View, name: str) -> str:
    """Return the path of a program. Raises MissingProgramError."""
    for folder in _FOLDERS:
        if view.file(f"{folder}/{name}"):
            return f"{folder}/{name}"
    raise MissingProgramError(f"the base has no program {name}: no package with it was installed")


def find_shell(view: View) -> str:
    """Return the path of the shell for debugging. Raises MissingProgramError."""
    for name in SHELLS:
        if any(view.file(f"{folder}/{name}") for folder in _FOLDERS):
            return find_program(view, name)
    raise MissingProgramError("the base has no busybox: no package with it was installed")


def add_shell(path: str, out: Path) -> None:
    """Let ``/bin/busybox`` and ``/bin/sh`` lead to the shell, unless somebody else is there."""
    folder = out / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("busybox", "sh"):
        link = folder / name
        if not link.exists() and not link.is_symlink():
            link.symlink_to(path)


def read_names(status: Path) -> frozenset[str]:
    """Return the packages that a file of dpkg's or apk's says are installed."""
    if not status.is_file():
        return frozenset()
    text = status.read_text("utf-8", "replace")
    return frozenset(re.findall(r"^(?:Package: |P:)(\S+)$", text, re.MULTILINE))


def known_names(root: Path) -> frozenset[str]:
    """Return the packages of a system, such as this machine's: the base without what was added."""
    places = (f"{DPKG}/status", *APK)
    return frozenset(name for place in places for name in read_names(root / place.lstrip("/")))


def _is_machine_code(view: View, path: str) -> bool:
    """Tell a program from a script, which may well start others of its package."""
    file = view.file(path)
    return file is not None and is_elf(file)


def _list_files(records: Records, package: str) -> Iterator[str]:
    yield from (path for path in records.files.get(package, ()) if not _NEVER.match(path))


def _is_data(view: View, records: Records, package: str) -> bool:
    """Tell whether a package has neither machine code nor commands, which are programs again."""
    paths = records.files.get(package, ())
    files = (view.file(path) for path in paths)
    return not any(posixpath.dirname(path) in _FOLDERS for path in paths) and not any(
        file is not None and is_elf(file) for file in files
    )


def _list_interpreter(view: View, path: str) -> Iterator[str]:
    """Yield what a script is started with, if it is one."""
    file = view.file(path)
    with (file or Path()).open("rb") as opened:
        line = opened.read(200).partition(b"\n")[0]
    words = line[2:].decode("utf-8", "replace").split() if line.startswith(b"#!") else []
    if words and view.file(words[0]):
        yield words[0]
        if words[0].endswith("/env") and words[1:] and not words[1].startswith("python"):
            yield find_program(view, words[1])
