"""Pipfile and Pipfile.lock: the lock's sections are lists of pins, without edges."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaffold.model.errors import Detail, RequirementsInvalidError, UsageError
from scaffold.model.project import Asked, IndexOptions, Lock, LockedPackage, Origin
from scaffold.project.locks.entries import invalid
from scaffold.project.requirement_parser import (
    Reading,
    as_list,
    as_table,
    check_plain,
    full_hash,
    pep508,
    read_requirement,
)
from scaffold.project.text_io import (
    decode,
    decode_problem,
    line_of,
    read_bytes,
    read_toml,
    relative,
    suggestion,
)
from scaffold.project.tool_tables import direct_address

_MARKERS = ("os_name", "sys_platform", "platform_machine", "platform_system", "python_version")
_KEY = re.compile(r'\s*"([^"]+)"\s*:')
_DEVELOP = ("dev", "develop", "dev-packages")


def read_pipfile_lock(root: Path, name: str, *, groups: Sequence[str] = ()) -> Reading:
    """Return the default section of a Pipfile.lock, and those of the groups that are wanted.

    Raises RequirementsInvalidError with lines for a lock that is cut off, UsageError for a section
    that it does not have.
    """
    data = read_bytes(root, name)
    try:
        text = decode(data)
    except ValueError as error:
        raise invalid(name, [decode_problem(name, data, error)]) from error
    try:
        lock = json.loads(text)
    except json.JSONDecodeError as error:
        raise invalid(name, [Detail(text=error.msg, file=name, line=error.lineno)]) from error
    except (RecursionError, ValueError) as error:
        said = "it is nested too deep, or a number has too many digits"
        raise invalid(name, [Detail(text=said, file=name)]) from error
    if not isinstance(lock, dict) or not isinstance(lock.get("default"), dict):
        said = "there is no section named default: this is not a lock of pipenv"
        raise invalid(name, [Detail(text=said, file=name, line=1)])
    meta = lock.get("_meta")
    sources = meta.get("sources") if isinstance(meta, dict) else None
    sections = ["default", *(_section(name, lock, group, "develop") for group in groups)]
    asked: list[Asked] = []
    problems: list[Detail] = []
    for section in sections:
        lines = _lines(text, section)
        for package, value in lock[section].items():
            origin = Origin(file=name, line=lines.get(package))
            try:
                asked.append(_bound(_asked(root, package, value, origin), value, sources))
            except ValueError as error:
                problems.append(Detail(text=str(error), file=name, line=origin.line))
    if problems:
        raise invalid(name, problems)
    pins = tuple(dict.fromkeys(asked))
    return Reading(
        asked=pins,
        lock=Lock(file=name, kind="pipfile", packages=tuple(map(_locked, pins))),
        index=_index(sources),
        files=(name,),
    )


def _lines(text: str, section: str) -> dict[str, int]:
    """Return the lines of the keys from a section's start on, in one pass: locks are long."""
    start = (line_of(text, rf'^\s*"{re.escape(section)}"\s*:') or 1) - 1
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines()[start:], start=start + 1):
        if key := _KEY.match(line):
            found.setdefault(key[1], number)
    return found


def read_pipfile(root: Path, name: str, *, groups: Sequence[str] = ()) -> Reading:
    """Return what a Pipfile without a lock asks for; its bad lines are problems.

    Raises RequirementsInvalidError for what is not TOML, UsageError for an unknown section.
    """
    hint = "correct the line and run again"
    data, text = read_toml(root, name, error=RequirementsInvalidError, hint=hint)
    sections = ["packages", *(_section(name, data, group, "dev-packages") for group in groups)]
    asked: list[Asked] = []
    problems: list[Detail] = []
    for section in sections:
        try:
            packages = as_table(data.get(section), section)
        except ValueError as error:
            problems.append(Detail(text=str(error), file=name, line=line_of(text, section)))
            continue
        for package, value in packages.items():
            keys = (rf"^\s*\[{re.escape(section)}\]", rf"^\s*[\"']?{re.escape(package)}[\"']?\s*=")
            origin = Origin(file=name, line=line_of(text, *keys))
            try:
                found = _asked(root, package, value, origin)
                asked.append(_bound(found, value, data.get("source")))
            except ValueError as error:
                problems.append(Detail(text=str(error), file=name, line=origin.line))
    return Reading(
        asked=tuple(dict.fromkeys(asked)),
        index=_index(data.get("source")),
        files=(name,),
        problems=tuple(problems),
    )


def _section(name: str, data: Mapping[str, Any], group: str, develop: str) -> str:
    known = [key for key, value in data.items() if isinstance(value, dict) and key != "_meta"]
    wanted = develop if group in _DEVELOP else group
    if wanted not in known:
        raise UsageError(f"{name} has no group {group!r}", hint=suggestion(group, known))
    return wanted


def _asked(root: Path, name: str, value: object, origin: Origin) -> Asked:
    """Return one entry: a version, or a table. Raises ValueError with a sentence."""
    table = {"version": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping):
        raise ValueError(f"{name} is neither a version nor a table")  # noqa: TRY004
    version = str(table.get("version") or "*")
    file = str(table.get("file") or "")
    remote = file if "://" in file else ""
    url = direct_address({**table, "url": remote})
    path = str(table.get("path") or ("" if remote else file))
    check_plain(url, path)
    markers = [str(table["markers"])] if table.get("markers") else []
    markers += [f"{key} {table[key]}" for key in _MARKERS if table.get(key)]
    text = pep508(
        name,
        extras=map(str, as_list(table.get("extras"), f"{name}: extras")),
        specifier="" if version == "*" or url or path else version,
        marker=" and ".join(f"({marker})" for marker in markers),
    )
    folder = (root / origin.file).parent
    asked = read_requirement(text, origin, root=root, folder=folder)
    return replace(
        asked,
        url=url,
        path=relative(root, folder / path) if path else "",
        editable=bool(table.get("editable")),
        hashes=tuple(
            full_hash(str(one)) for one in as_list(table.get("hashes"), f"{name}: hashes")
        ),
    )


def _locked(asked: Asked) -> LockedPackage:
    return LockedPackage(
        name=asked.name,
        version=asked.specifier.removeprefix("=="),
        marker=asked.marker,
        hashes=asked.hashes,
        url=asked.url,
        path=asked.path,
        origin=asked.origin,
    )


def _index(sources: object) -> IndexOptions:
    """Return the first source as the index; the others are for packages that name them."""
    urls = [url for _, url in _sources(sources)]
    return IndexOptions(index_url=urls[0] if urls else "", bound_urls=tuple(urls[1:]))


def _sources(sources: object) -> list[tuple[str, str]]:
    found = sources if isinstance(sources, list) else []
    return [
        (str(one.get("name", "")), str(one.get("url", "")))
        for one in found
        if isinstance(one, Mapping)
    ]


def _bound(asked: Asked, value: object, sources: object) -> Asked:
    """Return a requirement bound to the source that its entry names, the first one aside."""
    named = str(value.get("index") or "") if isinstance(value, Mapping) else ""
    known = _sources(sources)
    if not named or not known or named == known[0][0] or asked.url or asked.path:
        return asked
    if named not in dict(known):
        raise ValueError(f"{asked.name}: no source is named {named!r}")
    return replace(asked, index=dict(known)[named])
