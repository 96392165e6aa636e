"""The tools' tables in pyproject.toml: dependencies, groups, and where packages come from."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail
from scaffold.model.index import is_iso_time
from scaffold.model.project import Asked, IndexOptions, Origin
from scaffold.project.pyproject_file import Items, Pyproject, load_pyproject, requirement
from scaffold.project.requirement_parser import as_list, both, break_in, check_plain, pep508, unique
from scaffold.project.text_io import relative
from scaffold.project.version_constraints import python_marker, union
from scaffold.project.workspace import find_workspace, workspace_members


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One dependency: PEP 508 text or a local path; ``written`` is what stands in the file."""

    text: str
    written: str
    path: str = ""
    editable: bool = False
    optional: bool = False


def entries(name: str, value: object) -> tuple[Entry, ...]:
    """Return what one key asks for: a string, a table, or several. Raises ValueError."""
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


_EXTRA = re.compile(r'extra (==|!=) "([^"]+)"')  # as packaging writes it


def place(
    pyproject: Pyproject,
    item: Asked | Detail,
    *,
    extras: Collection[str] = (),
    groups: Collection[str] = (),
) -> Iterator[Asked | Detail]:
    """Yield a requirement with the address or path that the tools' tables give it.

    A list of sources, each with a marker, makes several of one. Where no marker holds, it comes
    from the usual indexes. What is for an extra or a group counts where that is chosen.
    """
    if isinstance(item, Detail) or item.url or item.path:
        yield item
        return
    tables = [
        table
        for table in _sources(pyproject, item.name)
        if {"path", "git", "url", "file", "index", "source"} & set(table) or table.get("workspace")
        if _is_chosen(table.get("extra"), extras) and _is_chosen(table.get("group"), groups)
    ]
    if all(table.get("marker") or table.get("markers") for table in tables):
        yield item
    for table in tables:
        try:
            placed = _placed(pyproject, item, table)
            yield replace(placed, marker=_EXTRA.sub(partial(_settle, extras), placed.marker))
        except ValueError as error:
            yield item.origin.problem(str(error))


def _is_chosen(name: object, chosen: Collection[str]) -> bool:
    return not name or canonicalize_name(str(name)) in map(canonicalize_name, chosen)


def _settle(extras: Collection[str], found: re.Match[str]) -> str:
    """Return a marker that always holds, or never, for one that asks for an extra."""
    holds = _is_chosen(found[2], extras) is (found[1] == "==")
    return f'os_name {"!=" if holds else "=="} ""'


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
    """Return the index settings of uv, poetry and pdm; those for named packages are bound."""
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
        yield origin.problem(f"{name}: {error}")
        return
    for entry in found:
        if wanted is None or not entry.optional or canonicalize_name(name) in wanted:
            yield _asked(pyproject, entry, origin)


def _asked(pyproject: Pyproject, entry: Entry, origin: Origin) -> Asked | Detail:
    asked = requirement(pyproject, entry.text, origin)
    if isinstance(asked, Detail):
        return asked
    if broken := break_in(f"{entry.written}{entry.path}"):
        return origin.problem(f"{asked.name} {broken}")
    path = relative(pyproject.root, pyproject.folder / entry.path) if entry.path else asked.path
    return replace(asked, path=path, editable=entry.editable, text=entry.written)
