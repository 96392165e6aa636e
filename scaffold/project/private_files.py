"""Files of a project that may be secret: named by the sources, with passwords, or let through."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scaffold.model.project import Found, Origin
from scaffold.project.elsewhere import is_list
from scaffold.project.secrets import has_password, is_secret_name, looks_secret
from scaffold.project.source_modules import LARGEST_SOURCE
from scaffold.project.text_io import read_bytes

_LITERAL = re.compile(r"[\"']([^\"'\n]{1,200})[\"']")
_MOST_READ = 4 << 20  # bytes; a lock of that size is a long one
_MOST_NAMED = 5


def find_opened(root: Path, files: Sequence[str]) -> tuple[Found[str], ...]:
    """Return the files with names of secrets that the sources name, each where it is named."""
    found: dict[str, Found[str]] = {}
    for file in files:
        if not file.endswith(".py"):
            continue
        data = read_bytes(root, file)
        if len(data) > LARGEST_SOURCE:  # not parsed either, which is told
            continue
        text = data.decode(errors="replace")
        for literal in _LITERAL.finditer(text):
            for path in _places(root, file, literal[1]):
                line = text.count("\n", 0, literal.start()) + 1
                origin = Origin(file=file, line=line)
                found.setdefault(path, Found(value=path, origin=origin))
    return tuple(found.values())


def _places(root: Path, file: str, literal: str) -> Iterator[str]:
    name = literal.removeprefix("./")
    if not is_secret_name(posixpath.basename(name)) or name.startswith(("/", "..")):
        return
    for path in dict.fromkeys((name, posixpath.join(posixpath.dirname(file), name))):
        if (root / path).is_file():
            yield posixpath.normpath(path)


def find_lists_with_passwords(root: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the requirement, lock and project files that have a password in an address."""
    return tuple(sorted(file for file in set(files) if is_list(file) and _has(root / file)))


def _has(path: Path) -> bool:
    try:
        return path.stat().st_size <= _MOST_READ and has_password(path.read_bytes())
    except OSError:
        return False


def notes_on_ignore(name: str, files: Sequence[str]) -> tuple[str, ...]:
    """Return a note where the project's own ignore file lets secrets into the image."""
    if not name:
        return ()
    through = [file for file in files if looks_secret(f"/{file}")]
    if not through:
        return ()
    more = f" and {len(through) - _MOST_NAMED} more" if len(through) > _MOST_NAMED else ""
    names = ", ".join(through[:_MOST_NAMED]) + more
    return (f"{name} lets {names} into the image: name them there",)
