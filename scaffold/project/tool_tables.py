"""The tools' tables in pyproject.toml: dependencies, groups, and where packages come from."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from scaffold.model.errors import Detail
from scaffold.model.index import is_iso_time
from scaffold.model.project import Asked, IndexOptions, Origin
from scaffold.project.pyproject_file import Items, Pyproject, load_pyproject, requirement
from scaffold.project.requirement_parser import (
    as_list,
    both,
    break_in,
    check_plain,
    either,
    first_line,
    pep508,
    unique,
)
from scaffold.project.text_io import relative
from scaffold.project.workspace import find_workspace, workspace_members

_PART = re.compile(r"(\^|~=|~|===|==|=|!=|<=|>=|<|>)?\s*v?([\w.*+!-]+)")
_BETWEEN = re.compile(r"\s*,\s*|(?<=[\w*])\s+(?=[\^~=!<>])")
_MAJOR_MINOR = 2
_LOWEST = Version("0.dev0")
_MOST_EXCLUDED = 30


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


def union(constraint: str) -> str:
    """Return a constraint as one PEP 440 specifier set, which holds for every side of ``||``.

    PEP 440 cannot say ``or``: what lies between two sides is excluded (``<2 || >2`` is ``!=2``,
    ``^1 || ^3`` is ``>=1,<4,!=2.*``). Where that cannot be said, only the highest side holds.
    """
    sides = alternatives(constraint)
    if "" in sides or len(sides) == 1:
        return "" if "" in sides else sides[0]
    low, *rest = sorted(map(_bounds, sides), key=lambda one: (one.low, not one.with_low))
    excluded = list(low.excluded)
    whole = low
    for side in rest:
        between = _between(whole, side)
        if between is None:
            return max(zip(map(_bounds, sides), sides, strict=True), key=lambda one: one[0].top)[1]
        excluded += [*between, *side.excluded]
        whole = replace(
            max(whole, side, key=lambda one: one.top), low=low.low, with_low=low.with_low
        )
    bounds = (
        f">{'=' * low.with_low}{low.low}" if low.low != _LOWEST else "",
        f"<{'=' * whole.with_high}{whole.high}" if whole.high is not None else "",
    )
    return ",".join(filter(None, (*bounds, *dict.fromkeys(excluded))))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """The versions from ``low`` to ``high`` (None: no end), without those ``excluded``."""

    low: Version
    with_low: bool
    high: Version | None
    with_high: bool
    excluded: tuple[str, ...]

    @property
    def top(self) -> tuple[bool, Version, bool]:
        return (self.high is None, self.high or _LOWEST, self.with_high)


def _bounds(side: str) -> _Bounds:
    low, high = (_LOWEST, True), None
    excluded = []
    for part in SpecifierSet(side):
        version = Version(part.version.removesuffix(".*"))
        if part.operator == "!=":
            excluded.append(str(part))
            continue
        if part.operator in {">", ">=", "==", "===", "~="}:
            low = max(low, (version, part.operator != ">"), key=lambda one: (one[0], not one[1]))
        upper = None
        if part.operator in {"<", "<="}:
            upper = (version, part.operator == "<=")
        elif part.operator == "~=" or part.version.endswith(".*"):
            kept = version.release[:-1] if part.operator == "~=" else version.release
            upper = (Version(".".join(map(str, (*kept[:-1], kept[-1] + 1)))), False)
        elif part.operator in {"==", "==="}:
            upper = (version, True)
        if upper is not None:
            high = min(filter(None, (high, upper)))
    return _Bounds(
        low=low[0],
        with_low=low[1],
        high=high[0] if high else None,
        with_high=bool(high and high[1]),
        excluded=tuple(excluded),
    )


def _between(below: _Bounds, above: _Bounds) -> tuple[str, ...] | None:
    """Return what excludes the versions between two sides; None where nothing can."""
    end = below.high
    if end is None or above.low < end:
        return ()
    if above.low == end:
        return () if below.with_high or above.with_low else (f"!={end}",)
    if below.with_high or not above.with_low:
        return None
    start, stop = (_without_zeros(one) for one in (end, above.low))
    if start is None or stop is None:
        return None
    length = max(len(start), len(stop))
    first, last = ((*one, *(0 for _ in range(length - len(one)))) for one in (start, stop))
    if first[:-1] != last[:-1] or last[-1] - first[-1] > _MOST_EXCLUDED:
        return None
    prefix = "".join(f"{number}." for number in first[:-1])
    return tuple(f"!={prefix}{number}.*" for number in range(first[-1], last[-1]))


def _without_zeros(version: Version) -> tuple[int, ...] | None:
    """Return a release such as 3.8 or 3.8.dev0 without zeros at its end; None for any other."""
    if version.pre or version.post is not None or version.local or version.dev:
        return None
    release = version.release
    while len(release) > 1 and not release[-1]:
        release = release[:-1]
    return release


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
        text = pep508(name, specifier=union(value))
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
    specifier = "" if path else union(version)
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


_DURATION = re.compile(r"\d+ ?[a-z]+|P[\dT.]+[\dYMWDTHS.]*", re.IGNORECASE)


def place(pyproject: Pyproject, item: Asked | Detail) -> Iterator[Asked | Detail]:
    """Yield a requirement with the address or path that the tools' tables give it.

    A list of sources, each with a marker, makes several of one. Where no marker holds, it comes
    from the usual indexes.
    """
    if isinstance(item, Detail) or item.url or item.path:
        yield item
        return
    tables = [
        table
        for table in _sources(pyproject, item.name)
        if {"path", "git", "url", "file", "index", "source"} & set(table) or table.get("workspace")
    ]
    if all(table.get("marker") or table.get("markers") for table in tables):
        yield item
    for table in tables:
        try:
            yield _placed(pyproject, item, table)
        except ValueError as error:
            yield Detail(text=str(error), file=item.origin.file, line=item.origin.line)


def _sources(pyproject: Pyproject, name: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for keys in (("tool", "uv", "sources"), ("tool", "poetry", "dependencies")):
        for key, value in pyproject.table(*keys).items():
            if canonicalize_name(key) == name:
                found += [
                    table
                    for table in (value if isinstance(value, list) else [value])
                    if isinstance(table, Mapping)
                ]
    return found


def _placed(pyproject: Pyproject, asked: Asked, table: Mapping[str, Any]) -> Asked:
    marker = both(asked.marker, _marker(table))
    url = direct_address(table)
    check_plain(url, str(table.get("path") or table.get("file") or ""))
    if url:
        return replace(asked, url=url, specifier="", marker=marker)
    if bound := table.get("index") or table.get("source"):
        return replace(asked, index=find_index(pyproject, str(bound)), marker=marker)
    if table.get("workspace"):
        path = _member(pyproject, asked.name)
    else:
        path = relative(
            pyproject.root, pyproject.folder / str(table.get("path") or table.get("file"))
        )
    editable = bool(table.get("editable") or table.get("develop"))
    return replace(asked, path=path, specifier="", marker=marker, editable=editable)


def _workspaces(pyproject: Pyproject) -> Iterator[Pyproject]:
    """Yield the pyproject.toml of the workspace: of the folder read for, and of one above."""
    own = load_pyproject(pyproject.root)
    above = find_workspace(pyproject.root)
    yield from (one for one in (own, load_pyproject(above) if above else None) if one is not None)


def _member(pyproject: Pyproject, name: str) -> str:
    """Return the folder of a workspace member. Raises ValueError if there is none."""
    root = pyproject.root
    for workspace in _workspaces(pyproject):
        for folder in (*workspace_members(workspace), workspace.folder):
            member = load_pyproject(root, relative(root, folder / "pyproject.toml"))
            named = member.table("project").get("name", "") if member else ""
            if canonicalize_name(str(named)) == name:
                return relative(root, folder)
    raise ValueError(f"{name} is said to be in the workspace, but no member has that name")


def find_index(pyproject: Pyproject, name: str) -> str:
    """Return the address of the index that a requirement names; the workspace's ones count, too.

    Poetry's own «pypi», which no table has to declare, is the usual index: an empty address.
    Raises ValueError where no table declares it.
    """
    for file in (pyproject, *_workspaces(pyproject)):
        for table in _declared(file):
            if str(table.get("name", "")).lower() == name.lower() and table.get("url"):
                return str(table["url"])
    if name.lower() == "pypi" and pyproject.table("tool", "poetry"):
        return ""
    raise ValueError(f"no index is named {name!r}: declare it with its address")


def _declared(pyproject: Pyproject) -> list[Mapping[str, Any]]:
    return [
        *_tables(pyproject, "uv", "index"),
        *_tables(pyproject, "poetry", "source"),
        *_tables(pyproject, "pdm", "source"),
    ]


def bind(pyproject: Pyproject, item: Asked | Detail) -> Asked | Detail:
    """Return a requirement bound to the index that says it has it (pdm's ``include_packages``)."""
    if isinstance(item, Detail) or item.index or item.url or item.path:
        return item
    for source in _tables(pyproject, "pdm", "source"):
        listed = source.get("include_packages")
        patterns = [canonicalize_name(str(o)) for o in (listed if isinstance(listed, list) else ())]
        if any(fnmatchcase(item.name, pattern) for pattern in patterns):
            return replace(item, index=str(source.get("url", "")))
    return item


def index_options(pyproject: Pyproject) -> IndexOptions:
    """Return the index settings of uv, poetry and pdm.

    Indexes that are kept for packages which name them are bound, not extra ones.
    """
    uv = pyproject.table("tool", "uv")
    default, links = str(uv.get("index-url", "")), pyproject.listed("tool", "uv", "find-links")
    extra = [*pyproject.listed("tool", "uv", "extra-index-url")]
    bound: list[str] = []
    for source in _declared(pyproject):
        url = str(source.get("url", ""))
        if _is_explicit(source):
            bound.append(url)
        elif source.get("type") == "find_links" or source.get("format") == "flat":
            links = [*links, url]
        elif _is_default(source):
            default = url
        else:
            extra.append(url)
    return IndexOptions(
        index_url=default,
        extra_index_urls=unique(filter(None, extra)),
        find_links=unique(links),
        no_index=bool(uv.get("no-index", False)),
        pre=uv.get("prerelease") == "allow",
        only_binary=_restricted(pyproject, "no-build"),
        no_binary=_restricted(pyproject, "no-binary"),
        restricted_at=tuple(
            (f"--{flag}={name}", f"pyproject.toml: tool.uv.{key}")
            for flag, key in (("only-binary", "no-build"), ("no-binary", "no-binary"))
            for name in _restricted(pyproject, key)
        ),
        bound_urls=unique(filter(None, bound)),
        first_match=bool(uv.get("index") or uv.get("extra-index-url"))
        and not str(uv.get("index-strategy", "")).startswith("unsafe"),
    )


def _is_default(source: Mapping[str, Any]) -> bool:
    """Tell whether a source replaces the public index; pdm does it by the name."""
    replaces = source.get("default") or source.get("priority") in {"default", "primary"}
    return bool(replaces or source.get("name") == "pypi")


def _restricted(pyproject: Pyproject, key: str) -> tuple[str, ...]:
    if pyproject.table("tool", "uv").get(key):
        return (":all:",)
    names = pyproject.listed("tool", "uv", f"{key}-package")
    return tuple(sorted(canonicalize_name(str(name)) for name in names))


def _tables(pyproject: Pyproject, tool: str, key: str) -> list[Mapping[str, Any]]:
    return [one for one in pyproject.listed("tool", tool, key) if isinstance(one, Mapping)]


def notes(pyproject: Pyproject) -> tuple[str, ...]:
    """Return what the tables say and we do not follow."""
    keys = ("override-dependencies", "exclude-newer", "exclude-newer-package")
    return tuple(
        f"{pyproject.file}: [tool.uv] {key} only counts through uv.lock"
        for key in keys
        if pyproject.table("tool", "uv").get(key)
    )


def problems(pyproject: Pyproject) -> Iterator[Detail]:
    """Yield what uv refuses, too: a date that is none would be taken for no date at all."""
    said = pyproject.table("tool", "uv").get("exclude-newer", "")
    if isinstance(said, date) or said == "":
        return
    if not isinstance(said, str) or not (_DURATION.fullmatch(said) or is_iso_time(said)):
        text = f"exclude-newer = {said!r} is neither a date nor a duration such as '30 days'"
        line = pyproject.line("tool", "uv", "exclude-newer")
        yield Detail(text=text, file=pyproject.file, line=line)


def _is_explicit(source: Mapping[str, Any]) -> bool:
    """Tell whether only packages that name a source may come from it."""
    return bool(
        source.get("explicit")
        or source.get("priority") == "explicit"
        or source.get("include_packages")
    )


_MAIN = ("tool", "poetry", "dependencies")


def is_source(pyproject: Pyproject) -> bool:
    """Tell whether poetry's table holds the dependencies; beside PEP 621's it only adds to them."""
    return "dependencies" not in pyproject.table("project")


def base(pyproject: Pyproject, extras: Sequence[str]) -> Items:
    """Yield the main dependencies: optional ones only where an extra lists them."""
    wanted = {
        canonicalize_name(str(name))
        for extra in extras
        for name in pyproject.listed("tool", "poetry", "extras", extra)
    }
    for name, value in pyproject.table(*_MAIN).items():
        if name != "python":
            yield from _entries(pyproject, _MAIN, name, value, wanted)


def groups(pyproject: Pyproject) -> Mapping[str, tuple[str, ...]]:
    """Return the groups by name, each with the table that holds its dependencies."""
    names = pyproject.table("tool", "poetry", "group")
    old = ("tool", "poetry", "dev-dependencies")
    found = {name: ("tool", "poetry", "group", name, "dependencies") for name in names}
    return {"dev": old, **found} if pyproject.table(*old) else found


def group(pyproject: Pyproject, name: str, *, seen: frozenset[str]) -> Items:
    """Yield a group's dependencies, and those of the groups it includes."""
    table = groups(pyproject)[name]
    for key, value in pyproject.table(*table).items():
        if key != "python":
            yield from _entries(pyproject, table, key, value, None)
    if table[2] != "group":
        return
    for other in pyproject.listed(*table[:-1], "include-groups"):
        line = pyproject.line(*table[:-1])
        if other not in groups(pyproject) or other in seen | {name}:
            wrong = "which includes it" if other in seen | {name} else "which does not exist"
            text = f"group {name} includes {other}, {wrong}"
            yield Detail(text=text, file=pyproject.file, line=line)
        else:
            yield from group(pyproject, str(other), seen=seen | {name})


def _entries(
    pyproject: Pyproject,
    table: tuple[str, ...],
    name: str,
    value: Any,
    wanted: Collection[str] | None,
) -> Items:
    origin = Origin(
        file=pyproject.file,
        line=pyproject.line(*table, name),
        detail=f"group {table[3]}" if table[2] == "group" else "",
    )
    try:
        found = entries(name, value)
    except ValueError as error:
        yield Detail(text=f"{name}: {error}", file=origin.file, line=origin.line)
        return
    for entry in found:
        if wanted is None or not entry.optional or canonicalize_name(name) in wanted:
            yield _asked(pyproject, entry, origin)


def _asked(pyproject: Pyproject, entry: Entry, origin: Origin) -> Asked | Detail:
    asked = requirement(pyproject, entry.text, origin)
    if isinstance(asked, Detail):
        return asked
    if broken := break_in(f"{entry.written}{entry.path}"):
        return Detail(text=f"{asked.name} {broken}", file=origin.file, line=origin.line)
    path = relative(pyproject.root, pyproject.folder / entry.path) if entry.path else asked.path
    return replace(asked, path=path, editable=entry.editable, text=entry.written)
