"""Where packages come from, as the tools' tables in pyproject.toml say: sources and indexes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail
from scaffold.model.index import is_iso_time
from scaffold.model.project import Asked, IndexOptions
from scaffold.project.poetry import direct_address
from scaffold.project.pyproject_file import Pyproject, load_pyproject
from scaffold.project.requirement_parser import both, check_plain, unique
from scaffold.project.text_io import relative
from scaffold.project.workspace import find_workspace, workspace_members

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
    marker = both(asked.marker, str(table.get("marker") or ""))
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

    Raises ValueError where no table declares it.
    """
    for file in (pyproject, *_workspaces(pyproject)):
        for table in _declared(file):
            if str(table.get("name", "")).lower() == name.lower() and table.get("url"):
                return str(table["url"])
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
        patterns = [canonicalize_name(str(one)) for one in source.get("include_packages", [])]
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
