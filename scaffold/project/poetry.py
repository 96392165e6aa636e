"""Poetry's way to write dependencies, in pyproject.toml and in poetry.lock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from scaffold.project.requirement_parser import as_list, both, either, first_line, pep508

_PART = re.compile(r"(\^|~=|~|===|==|=|!=|<=|>=|<|>)?\s*v?([\w.*+!-]+)")
_BETWEEN = re.compile(r"\s*,\s*|(?<=[\w*])\s+(?=[\^~=!<>])")
_MAJOR_MINOR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One dependency: PEP 508 text (with the address, if any), or a local path.

    ``written`` is what stands in the file, for people.
    """

    text: str
    written: str
    path: str = ""
    editable: bool = False
    optional: bool = False


def alternatives(constraint: str) -> tuple[str, ...]:
    """Return a constraint as PEP 440 specifier sets, one for each side of ``||``.

    ``^1.2`` is ``>=1.2,<2.0``, ``~1.2`` is ``>=1.2,<1.3``, ``1.2`` is ``==1.2``, ``*`` is empty.
    Raises ValueError with a sentence.
    """
    sides = re.split(r"\s*\|\|?\s*", constraint.strip())
    return tuple(
        ",".join(filter(None, (_pep440(part) for part in _BETWEEN.split(side.strip()))))
        for side in sides
    )


def newest(constraint: str) -> str:
    """Return the constraint's highest alternative: PEP 440 cannot say ``or``."""
    sides = alternatives(constraint)
    return "" if "" in sides else max(sides, key=_highest)


def _highest(specifiers: str) -> Version:
    versions = [
        Version(part.version.removesuffix(".*"))
        for part in SpecifierSet(specifiers)
        if part.operator != "!="
    ]
    return max(versions, default=Version("0"))


def _pep440(part: str) -> str:
    found = _PART.fullmatch(part)
    if part in {"", "*"}:
        return ""
    if not found:
        raise ValueError(f"{part!r} is not a version constraint")
    operator, text = found[1] or "", re.sub(r"\.[xX]\b", ".*", found[2])
    if text == "*":
        return ""
    try:
        if operator in {"^", "~"}:
            return _range(operator, text)
        spelled = f"{operator if operator not in {'', '='} else '=='}{text}"
        return str(Specifier(spelled))
    except (InvalidVersion, InvalidSpecifier) as error:
        raise ValueError(f"{part!r} is not a version constraint: {first_line(error)}") from error


def _range(operator: str, text: str) -> str:
    release = Version(text).release
    if operator == "^":
        # The first part that is not zero may not change.
        kept = next((i for i, number in enumerate(release) if number), len(release) - 1)
    else:
        kept = min(1, len(release) - 1)
    upper = (*release[:kept], release[kept] + 1)
    padded = (*upper, *(0 for _ in range(_MAJOR_MINOR - len(upper))))
    return f">={text},<{'.'.join(map(str, padded))}"


def python_marker(constraint: str) -> str:
    """Return a constraint on Python as a marker; empty for any Python."""
    sides = []
    for side in alternatives(constraint):
        parts = []
        for part in sorted(SpecifierSet(side), key=str, reverse=True):
            short = part.version.count(".") < _MAJOR_MINOR and not part.version.endswith("*")
            variable = "python_version" if short else "python_full_version"
            parts.append(f'{variable} {part.operator} "{part.version}"')
        sides.append(" and ".join(parts))
    return either(sides)


def entries(name: str, value: object) -> tuple[Entry, ...]:
    """Return what one key of a dependency table asks for: a string, a table, or several tables.

    Raises ValueError with a sentence.
    """
    if isinstance(value, list):
        return tuple(entry for one in value for entry in entries(name, one))
    if isinstance(value, str):
        text = pep508(name, specifier=newest(value))
        return (Entry(text=text, written=f"{name} {value}"),)
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is neither a version nor a table")  # noqa: TRY004
    table: Mapping[str, Any] = value
    extras = [str(extra) for extra in as_list(table.get("extras"), f"{name}: extras")]
    marker = _marker(table)
    optional = bool(table.get("optional"))
    address = direct_address(table)
    if address:
        # PEP 508 wants a space between an address and the marker's semicolon.
        text = f"{pep508(name, extras=extras)} @ {address}" + (f" ; {marker}" if marker else "")
        return (Entry(text=text, written=f"{name} @ {address}", optional=optional),)
    path = table.get("path") or table.get("file") or ""
    version = str(table.get("version", "*"))
    specifier = "" if path else newest(version)
    return (
        Entry(
            text=pep508(name, extras=extras, specifier=specifier, marker=marker),
            written=f"{name} @ {path}" if path else f"{name} {version}",
            path=str(path),
            editable=bool(table.get("develop") or table.get("editable")),
            optional=optional,
        ),
    )


def direct_address(table: Mapping[str, Any]) -> str:
    """Return the address of a table with ``git`` or ``url``, as pip spells it; else nothing."""
    if not table.get("git"):
        return str(table.get("url") or "")
    revision = next((table[key] for key in ("rev", "tag", "branch", "ref") if table.get(key)), "")
    address = f"git+{table['git']}" + (f"@{revision}" if revision else "")
    folder = table.get("subdirectory")
    return f"{address}#subdirectory={folder}" if folder else address


def _marker(table: Mapping[str, Any]) -> str:
    marker = str(table.get("markers") or table.get("marker") or "")
    if table.get("python"):
        marker = both(marker, python_marker(str(table["python"])))
    if table.get("platform"):
        marker = both(marker, f'sys_platform == "{table["platform"]}"')
    return marker
