"""What all lock formats share: packages with their lines, files and hashes."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from scaffold.model.errors import Detail, RequirementsInvalidError
from scaffold.model.project import LockedFile, LockedPackage, Origin
from scaffold.project.requirement_parser import break_in, check_plain, first_line
from scaffold.project.text_io import lines_of, read_toml

HINT = "the lock is damaged: create it again with its tool, or restore it from version control"
_SHA256 = re.compile(r"sha256[:=]([0-9a-fA-F]{64})")


def load(root: Path, name: str) -> tuple[dict[str, Any], str]:
    """Return a TOML lock, parsed and as text. Raises RequirementsInvalidError with the line."""
    return read_toml(root, name, error=RequirementsInvalidError, hint=HINT)


def invalid(name: str, details: Iterable[Detail]) -> RequirementsInvalidError:
    """Return the error for a lock whose entries cannot be used."""
    return RequirementsInvalidError(
        f"{name} cannot be used", hint=HINT, details=tuple(dict.fromkeys(details))
    )


def numbered(
    name: str, data: Mapping[str, Any], text: str, key: str
) -> list[tuple[Mapping[str, Any], Origin]]:
    """Return the entries of ``[[key]]`` with their lines. Raises RequirementsInvalidError."""
    found = data.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise invalid(name, [Detail(text=f"{key} is not a list of tables", file=name)])
    lines: list[int | None] = [*lines_of(text, rf"^\[\[{key}\]\]")]
    if len(lines) != len(found):
        lines = [None] * len(found)
    return [(one, Origin(file=name, line=line)) for one, line in zip(found, lines, strict=True)]


def read_packages(
    name: str,
    data: Mapping[str, Any],
    text: str,
    read: Callable[[Mapping[str, Any], Origin], LockedPackage],
) -> Iterator[LockedPackage]:
    """Yield what ``read`` makes of each ``[[package]]``. Raises RequirementsInvalidError."""
    problems: list[Detail] = []
    for entry, origin in numbered(name, data, text, "package"):
        try:
            yield read(entry, origin)
        except ValueError as error:
            problems.append(Detail(text=str(error), file=name, line=origin.line))
    if problems:
        raise invalid(name, problems)


def identity(entry: Mapping[str, Any], *, versioned: bool = True) -> tuple[str, str]:
    """Return an entry's name and version. Raises ValueError for one that has none."""
    name, version = entry.get("name"), entry.get("version", "")
    if not isinstance(name, str) or not name:
        raise ValueError("a package without a name")
    if not isinstance(version, str) or (versioned and not version):
        raise ValueError(f"{name} has no version")
    try:
        if version:
            Version(version)
    except InvalidVersion as error:
        raise ValueError(f"{name} has the impossible version {version!r}") from error
    return name, version


def locked_file(entry: Mapping[str, Any]) -> LockedFile:
    """Return a file from a table with name or address, hash and size. Raises ValueError."""
    url = str(entry.get("url") or "")
    filename = str(entry.get("filename") or entry.get("file") or "")
    filename = filename or file_name(url or str(entry.get("path") or ""))
    if not filename:
        raise ValueError("a file without a name")
    check_plain(filename, url)
    size = entry.get("size")
    return LockedFile(
        filename=filename,
        url=url,
        sha256=sha256(str(entry.get("hash") or "")),
        size=size if isinstance(size, int) else None,
    )


def file_name(address: str) -> str:
    """Return the file name at the end of an address or path."""
    path = urlsplit(address).path if "://" in address else address
    return unquote(path.replace("\\", "/").rpartition("/")[2])


def sha256(text: str) -> str:
    """Return the digest of ``sha256:…``, empty for another algorithm."""
    found = _SHA256.fullmatch(text)
    return found[1].lower() if found else ""


def checked(texts: Iterable[str]) -> tuple[str, ...]:
    """Return requirements that are valid PEP 508 text. Raises ValueError for the first bad one."""
    kept = []
    for text in texts:
        if broken := break_in(text):
            raise ValueError(f"{text!r} {broken}")
        try:
            Requirement(text)
        except InvalidRequirement as error:
            raise ValueError(f"{text!r} is not a requirement: {first_line(error)}") from error
        kept.append(text)
    return tuple(kept)


def tables(value: object) -> list[Mapping[str, Any]]:
    """Return a list of tables; an absent one is empty. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise ValueError("a list of tables is expected here")
    return value
