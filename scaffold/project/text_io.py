"""Reading a project's text files: bytes, encodings, TOML, and which line a thing stands on."""

import codecs
import os
import re
import stat
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scaffold.model.errors import (
    ConfigInvalidError,
    Detail,
    PathUnreadableError,
    RequirementsInvalidError,
    did_you_mean,
)

_LARGEST = 64 << 20  # bytes
# Longest first: the mark of UTF-32-LE begins with that of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"\A(?:[^\n]*\n)?#[^\n]*?coding[:=]\s*([-\w.]+)")
_AT_LINE = re.compile(r"\(at line (\d+)")


def read_bytes(root: Path, name: str) -> bytes:
    """Return a file's bytes.

    Raises PathUnreadableError for a missing file, a folder, one that may not be read or is larger
    than 64 MiB. What would keep a reader waiting, such as a FIFO or a device, is not opened.
    """
    try:
        status = (root / name).stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise PathUnreadableError(
                f"{name} is a FIFO, socket or device, not a file",
                hint="remove it, or move it out of the project",
            )
        if status.st_size > _LARGEST:
            raise PathUnreadableError(
                f"{name} is larger than {_LARGEST >> 20} MiB: no text that is read is",
                hint="name another file, or move it out of the project",
            )
        return (root / name).read_bytes()
    except IsADirectoryError as error:
        raise PathUnreadableError(
            f"{name} is a folder, not a file", hint="name a file inside it"
        ) from error
    except FileNotFoundError as error:
        raise PathUnreadableError(
            f"{name} does not exist", hint="check the spelling; names are relative to the project"
        ) from error
    except OSError as error:
        raise PathUnreadableError(
            f"cannot read {name}: {error.strerror}", hint="check the file's permissions"
        ) from error


def decode(data: bytes) -> str:
    """Return text as pip decodes it: by byte order mark, by declared coding, else UTF-8.

    Raises ValueError with a sentence, and UnicodeDecodeError (a ValueError) for a wrong byte.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _without_nul(data[len(mark) :].decode(encoding))
    declared = _DECLARED.match(data)
    encoding = declared[1].decode("ascii", "replace") if declared else "utf-8"
    try:
        return _without_nul(data.decode(encoding))
    except LookupError as error:
        raise ValueError(f"declares the unknown encoding {encoding}") from error


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("this is a binary file (it has NUL bytes), not a text file")
    return text


def text_of(root: Path, name: str) -> str:
    """Return a file's text, empty where there is none that can be decoded."""
    try:
        return decode(read_bytes(root, name)) if (root / name).is_file() else ""
    except ValueError:
        return ""


def decode_problem(name: str, data: bytes, error: ValueError) -> Detail:
    """Return what to say of a file that could not be decoded, with the line of a wrong byte."""
    if not isinstance(error, UnicodeDecodeError) or b"\0" in data:
        text = "this is a binary file (it has NUL bytes), not a text file"
        return Detail(text=text if b"\0" in data else str(error), file=name)
    return Detail(
        text=f"byte {error.start} is not {error.encoding}: save the file as UTF-8",
        file=name,
        line=data.count(b"\n", 0, error.start) + 1,
    )


def read_toml(root: Path, name: str, *, error: "_Kind", hint: str) -> tuple[dict[str, Any], str]:
    """Return a TOML file, parsed and as text.

    Raises ``error`` with the line for bytes that are not UTF-8 or text that is not TOML, and
    PathUnreadableError for a file that cannot be read.
    """
    text = read_text(root, name, error=error, hint=hint)
    return parse_toml(text, name, error=error, hint=hint), text


_Kind = type[ConfigInvalidError | RequirementsInvalidError]


def read_text(root: Path, name: str, *, error: _Kind, hint: str) -> str:
    """Return a file's text. Raises ``error`` with the line of a wrong byte, PathUnreadableError."""
    data = read_bytes(root, name)
    try:
        return decode(data)
    except ValueError as wrong:
        raise error(
            f"{name} cannot be read", hint=hint, details=[decode_problem(name, data, wrong)]
        ) from wrong


def parse_toml(text: str, name: str, *, error: _Kind, hint: str) -> dict[str, Any]:
    """Return TOML as tables. Raises ``error`` with the line of what is none in ``name``."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = _AT_LINE.search(str(wrong))
        line = int(found[1]) if found else len(text.splitlines())
        where = Detail(text=str(wrong).partition(" (at ")[0], file=name, line=line)
        raise error(f"{name} is not valid TOML", hint=hint, details=[where]) from wrong
    except (RecursionError, ValueError) as wrong:
        where = Detail(text="it is nested too deep, or a number has too many digits", file=name)
        raise error(f"{name} cannot be read", hint=hint, details=[where]) from wrong


def line_of(text: str, *patterns: str) -> int | None:
    """Return the line (from 1) of the last pattern found, each searched after the one before.

    Patterns are multi-line regular expressions; a pattern that is not found is passed over. None
    when none is found.
    """
    position, line = 0, None
    for pattern in patterns:
        found = re.compile(pattern, re.MULTILINE).search(text, position)
        if found:
            position = found.end()
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            line = text.count("\n", 0, start) + 1
    return line


def lines_of(text: str, pattern: str) -> list[int]:
    """Return the lines (from 1) of all matches of a multi-line regular expression."""
    lines, position, line = [], 0, 1
    for found in re.compile(pattern, re.MULTILINE).finditer(text):
        line += text.count("\n", position, found.start())
        position = found.start()
        lines.append(line)
    return lines


def relative(root: Path, path: Path) -> str:
    """Return a path relative to the project, with forward slashes; ``../x`` for one outside."""
    return Path(os.path.relpath(path, root)).as_posix()


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest of the known names, or all of them."""
    names = sorted(known)
    if not names:
        return "there are none in this project"
    return did_you_mean(name, names, 1) or f"known names: {', '.join(names)}"
