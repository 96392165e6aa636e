"""What reading one requirement or lock file gives, and PEP 508 text as an ``Asked``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from scaffold.model.addresses import mask_credentials
from scaffold.model.errors import Detail
from scaffold.model.project import Asked, Found, IndexOptions, Lock, Origin, ProjectFile
from scaffold.project.text_io import relative

# What str.splitlines() and a shell take for a line's end or a command, and no requirement has.
_BREAK = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
# The part of an address before the host, which may be a password; variables for one may be seen.
_QUOTE = re.compile("[\"'`]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read from one place; ``problems`` are the lines that could not be used."""

    asked: tuple[Asked, ...] = ()
    constraints: tuple[Asked, ...] = ()
    lock: Lock | None = None
    pythons: tuple[Found[str], ...] = ()
    index: IndexOptions = field(default_factory=IndexOptions)
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Detail, ...] = ()
    distributions: tuple[ProjectFile, ...] = ()


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values in order, each once."""
    return tuple(dict.fromkeys(values))


def break_in(text: str) -> str:
    """Return a sentence on the line break or control character in a text, or nothing."""
    found = _BREAK.search(text)
    if not found:
        return ""
    return f"has a line break or control character (U+{ord(found[0]):04X}) in it: remove it"


_LONGEST_NAME = 255  # bytes; Linux opens no longer one


def check_plain(*parts: str) -> None:
    """Refuse quotes, control characters, endless numbers, bad addresses. Raises ValueError."""
    for part in parts:
        if broken := break_in(part):
            raise ValueError(f"{part!r} {broken}")
        if _QUOTE.search(part):
            raise ValueError(f"{mask_credentials(part)} has a quote in it: remove it")
        if re.search(r"\d{500}", part):
            raise ValueError(f"{part[:40]}… has a number of more than 500 digits")
        if "://" in part:
            _check_address(part)
        elif any(len(name.encode()) > _LONGEST_NAME for name in part.split("/")):
            raise ValueError(f"{part[:40]}… is longer than the name of any file")


def _check_address(url: str) -> None:
    try:
        name = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError as error:
        raise ValueError(f"{mask_credentials(url)} is not an address: {error}") from error
    if name.endswith(".whl"):
        try:
            parse_wheel_filename(name)
        except InvalidWheelFilename as error:
            raise ValueError(
                f"{mask_credentials(url)} is not a wheel: its name says no version and platform"
            ) from error


def full_hash(value: str) -> str:
    """Return ``algorithm:digest`` in lower case. Raises ValueError for what pip would refuse."""
    algorithm, _, digest = value.partition(":")
    if not re.fullmatch(f"[0-9a-fA-F]{{{_HEX_DIGITS.get(algorithm, 1)}}}", digest) or (
        algorithm not in _HEX_DIGITS
    ):
        raise ValueError(f"{value} is not sha256, sha384 or sha512 with all its digits")
    return f"{algorithm}:{digest.lower()}"


def check_versions(specifiers: SpecifierSet) -> None:
    """Refuse an operator without a version, which ``===`` lets pass. Raises ValueError."""
    if any(not part.version for part in specifiers):
        raise ValueError(f"{specifiers} is not a version: write one after the operator")


def read_requirement(text: str, origin: Origin, *, root: Path, folder: Path) -> Asked:
    """Return a PEP 508 requirement as an ``Asked``.

    A ``file:`` address becomes a path relative to ``root``; a relative one starts at ``folder``.
    Raises ValueError with a sentence.
    """
    if broken := break_in(text):
        raise ValueError(f"{text!r} {broken}")
    try:
        parsed = Requirement(text)
    except InvalidRequirement as error:
        said = mask_credentials(f"{text!r} is not a requirement: {first_line(error)}")
        raise ValueError(said) from error
    url = parsed.url or ""
    path = ""
    if url.lower().startswith("file:"):
        path = relative(root, folder / local_path(url))
        url = ""
    check_versions(parsed.specifier)
    check_plain(str(parsed.specifier), url, path)
    return Asked(
        name=canonicalize_name(parsed.name),
        specifier=str(parsed.specifier),
        extras=tuple(sorted(canonicalize_name(extra) for extra in parsed.extras)),
        marker=str(parsed.marker or ""),
        url=url,
        path=path,
        text=mask_credentials(text),
        origin=origin,
    )


def local_path(url: str) -> str:
    """Return the path of a ``file:`` address, without its fragment."""
    return unquote(urlsplit(url).path)


def first_line(error: Exception) -> str:
    """Return the first line of an error's text: what follows is a picture of the place."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(" .")


def as_list(value: object, what: str) -> list[Any]:
    """Return a list from a file, empty for an absent one. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{what} is not a list")  # noqa: TRY004 (the reader collects these)
    return value


def as_table(value: object, what: str) -> Mapping[str, Any]:
    """Return a table from a file, empty for an absent one. Raises ValueError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is not a table")  # noqa: TRY004 (the reader collects these)
    return value


def both(first: str, second: str) -> str:
    """Return the marker that holds when both do; an empty one always does. Raises ValueError."""
    if not first or not second:
        return str(Marker(first or second)) if first or second else ""
    return str(Marker(f"({first}) and ({second})"))


def either(markers: Iterable[str]) -> str:
    """Return the marker that holds when one of them holds. Raises ValueError for a bad one."""
    known = unique(markers)
    if not all(known) or not known:
        return ""
    try:
        return str(Marker(" or ".join(f"({marker})" for marker in known)))
    except InvalidMarker as error:
        raise ValueError(f"{' or '.join(known)!r} is not a marker: {first_line(error)}") from error


def pep508(name: str, *, extras: Iterable[str] = (), specifier: str = "", marker: str = "") -> str:
    """Return a requirement's text; a specifier without an operator is kept apart from the name."""
    if specifier and specifier[0] not in "<>=!~":
        specifier = f" {specifier}"
    bracket = ",".join(sorted(extras))
    text = f"{name}[{bracket}]" if bracket else name
    return f"{text}{specifier}; {marker}" if marker else f"{text}{specifier}"
