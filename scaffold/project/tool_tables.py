"""Where packages come from, as the tools' tables in pyproject.toml say: sources and indexes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, IndexOptions
from scaffold.project.poetry import direct_address
from scaffold.project.pyproject_file import Pyproject, load_pyproject
from scaffold.project.requirement_parser import both, check_plain, unique
from scaffold.project.text_io import relative


def place(pyproject: Pyproject, item: Asked | Detail) -> Iterator[Asked | Detail]:
    """Yield a requirement with the address or path that the tools' tables give it.

    A list of sources, each with a marker, makes several of one.
    """
    if isinstance(item, Detail) or item.url or item.path:
        yield item
        return
    tables = [
        table
        for table in _sources(pyproject, item.name)
        if {"path", "git", "url", "file"} & set(table) or table.get("workspace")
    ]
    if not tables:
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
    if table.get("workspace"):
        path = _member(pyproject.root, asked.name)
    else:
        path = relative(
            pyproject.root, pyproject.folder / str(table.get("path") or table.get("file"))
        )
    editable = bool(table.get("editable") or table.get("develop"))
    return replace(asked, path=path, specifier="", marker=marker, editable=editable)


def _member(root: Path, name: str) -> str:
    """Return the folder of a workspace member. Raises ValueError if there is none."""
    workspace = load_pyproject(root)
    globs = workspace.listed("tool", "uv", "workspace", "members") if workspace else []
    for pattern in globs:
        for folder in sorted(root.glob(str(pattern))):
            member = load_pyproject(root, relative(root, folder / "pyproject.toml"))
            named = member.table("project").get("name", "") if member else ""
            if canonicalize_name(str(named)) == name:
                return relative(root, folder)
    raise ValueError(f"{name} is said to be in the workspace, but no member has that name")


def index_options(pyproject: Pyproject) -> IndexOptions:
    """Return the index settings of uv, poetry and pdm.

    An index that uv keeps for packages that name it, or poetry calls explicit, is an extra one.
    """
    uv = pyproject.table("tool", "uv")
    default, links = str(uv.get("index-url", "")), pyproject.listed("tool", "uv", "find-links")
    extra = [*pyproject.listed("tool", "uv", "extra-index-url")]
    for source in (
        *_tables(pyproject, "uv", "index"),
        *_tables(pyproject, "poetry", "source"),
        *_tables(pyproject, "pdm", "source"),
    ):
        url = str(source.get("url", ""))
        if source.get("type") == "find_links" or source.get("format") == "flat":
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
    found = []
    if pyproject.table("tool", "uv").get("override-dependencies"):
        found.append(
            f"{pyproject.file}: [tool.uv] override-dependencies only count through uv.lock"
        )
    for table in _explicit(pyproject):
        name = str(table.get("name", ""))
        users = ", ".join(_users(pyproject, name)) or "no package"
        found.append(
            f"{pyproject.file}: the index {name!r} is meant for {users} only, but is asked for"
            " every package here, after the others; what it has of them may be taken"
        )
    return tuple(found)


def _explicit(pyproject: Pyproject) -> list[Mapping[str, Any]]:
    """Return the indexes that only packages which name them may come from."""
    uv = [table for table in _tables(pyproject, "uv", "index") if table.get("explicit")]
    poetry = _tables(pyproject, "poetry", "source")
    return [*uv, *(table for table in poetry if table.get("priority") == "explicit")]


def _users(pyproject: Pyproject, index: str) -> list[str]:
    """Return the packages that are to come from an index, as its name stands in their tables."""
    found = []
    for keys, key in (
        (("tool", "uv", "sources"), "index"),
        (("tool", "poetry", "dependencies"), "source"),
    ):
        for name, value in pyproject.table(*keys).items():
            tables = value if isinstance(value, list) else [value]
            if any(isinstance(table, Mapping) and table.get(key) == index for table in tables):
                found.append(str(name))
    return found
