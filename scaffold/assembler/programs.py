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
from dataclasses import dataclass, field
from pathlib import Path

from . import MissingProgramError
from .elf import is_elf
from .view import View

SHELLS = ("busybox.static", "busybox")  # Alpine's name of the static one, Debian's
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
_DPKG, _APK = "/var/lib/dpkg", ("/usr/lib/apk/db/installed", "/lib/apk/db/installed")
_NEVER = re.compile(
    r"/usr/share/(doc|man|info|locale|lintian|bash-completion|zsh|fish|bug|applications|icons)/"
    r"|/var/|/etc/bash_completion\.d/"
)


@dataclass(frozen=True, slots=True)
class Records:
    """What a distribution has installed: files and direct dependencies by package."""

    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    depends: dict[str, tuple[str, ...]] = field(default_factory=dict)


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
        package = _owner(view, records, path)
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


def read_records(view: View) -> Records:
    """Return what dpkg or apk wrote down; nothing where neither did."""
    status = view.file(f"{_DPKG}/status")
    if status is not None:
        return Records(_read_lists(view), _read_depends(status.read_text("utf-8", "replace")))
    installed = next((file for path in _APK if (file := view.file(path))), None)
    return _read_apk(installed.read_text("utf-8", "replace")) if installed else Records()


def read_names(status: Path) -> frozenset[str]:
    """Return the packages that a file of dpkg's or apk's says are installed."""
    if not status.is_file():
        return frozenset()
    text = status.read_text("utf-8", "replace")
    return frozenset(re.findall(r"^(?:Package: |P:)(\S+)$", text, re.MULTILINE))


def known_names(root: Path) -> frozenset[str]:
    """Return the packages of a system, such as this machine's: the base without what was added."""
    places = (f"{_DPKG}/status", *_APK)
    return frozenset(name for place in places for name in read_names(root / place.lstrip("/")))


def _read_lists(view: View) -> dict[str, tuple[str, ...]]:
    found = {}
    for name in view.names(f"{_DPKG}/info"):
        file = view.file(f"{_DPKG}/info/{name}") if name.endswith(".list") else None
        if file is not None:
            package = name.removesuffix(".list").partition(":")[0]
            found[package] = tuple(file.read_text("utf-8", "replace").splitlines())
    return found


def _read_depends(status: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        names = re.split(r"[,|]", fields.get("Depends", ""))
        plain = (re.split(r"[ (:]", name.strip(), maxsplit=1)[0] for name in names)
        found[fields.get("Package", "")] = tuple(name for name in plain if name)
    return found


def _read_apk(text: str) -> Records:
    records = Records()
    for paragraph in text.split("\n\n"):
        package, folder = "", ""
        files: list[str] = []
        for line in paragraph.splitlines():
            kind, _, value = line.partition(":")
            if kind == "P":
                package = value
            elif kind == "F":
                folder = value
            elif kind == "R":
                files.append(f"/{posixpath.join(folder, value)}")
            elif kind == "D":
                names = (re.split(r"[<>=~]", word, maxsplit=1)[0] for word in value.split())
                records.depends[package] = tuple(n for n in names if n and ":" not in n)
        records.files[package] = tuple(files)
    return records


def _owner(view: View, records: Records, path: str) -> str:
    """Return the package of a program; its record may spell a folder before links were followed."""
    real = view.real(path)
    names = {posixpath.basename(path), posixpath.basename(real)}
    for package, files in records.files.items():
        if any(posixpath.basename(f) in names and view.real(f) == real for f in files):
            return package
    return ""


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
