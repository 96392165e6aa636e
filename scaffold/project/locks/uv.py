"""uv.lock: every package for every platform, with its edges, files, hashes and sizes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, Lock, LockedPackage, Origin
from scaffold.project.locks.entries import (
    checked,
    identity,
    invalid,
    load,
    locked_file,
    numbered,
    tables,
)
from scaffold.project.requirement_parser import (
    Reading,
    as_list,
    as_table,
    check_plain,
    either,
    pep508,
    read_requirement,
)
from scaffold.project.text_io import relative

_VERSION = 1
_LOCAL = ("editable", "directory", "virtual", "path")


def read_uv_lock(root: Path, name: str) -> Reading:
    """Return a uv.lock without the project's own entry, whose edges are what is asked for.

    Raises RequirementsInvalidError for a lock that is cut off, or names packages it does not have.
    """
    data, text = load(root, name)
    if data.get("version") != _VERSION:
        said = f"version {data.get('version')} of uv.lock is not known here; {_VERSION} is"
        raise invalid(name, [Detail(text=said, file=name, line=1)])
    entries = numbered(name, data, text, "package")
    packages: list[LockedPackage] = []
    asked: list[Asked] = []
    problems: list[Detail] = []
    names = {canonicalize_name(str(entry.get("name", ""))) for entry, _ in entries}
    for entry, origin in entries:
        problems += _missing(entry, names, origin)
        try:
            package = _package(entry, origin, (root / name).parent, root)
        except ValueError as error:
            problems.append(Detail(text=str(error), file=name, line=origin.line))
        else:
            if package.path == ".":
                asked += _asked(package, root)
            else:
                packages.append(package)
    if problems:
        raise invalid(name, problems)
    lock = Lock(file=name, kind="uv", packages=tuple(packages))
    return Reading(asked=tuple(asked), lock=lock, files=(name,))


def _asked(project: LockedPackage, root: Path) -> Iterator[Asked]:
    for text in project.requires or ():
        yield read_requirement(text, project.origin, root=root, folder=root)


def _edges(entry: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Yield (extra, dependencies); the extra is empty for those that always hold."""
    yield "", tables(entry.get("dependencies"))
    optional = as_table(entry.get("optional-dependencies"), "optional-dependencies")
    for extra, found in optional.items():
        yield str(extra), tables(found)


def _missing(entry: Mapping[str, Any], names: set[Any], origin: Origin) -> Iterator[Detail]:
    try:
        wanted = {str(edge.get("name", "")) for _, edges in _edges(entry) for edge in edges}
    except ValueError as error:
        yield origin.problem(str(error))
        return
    for other in sorted(name for name in wanted if canonicalize_name(name) not in names):
        text = f"{entry.get('name')} needs {other}, which the lock does not have"
        yield origin.problem(text)


def _package(entry: Mapping[str, Any], origin: Origin, folder: Path, root: Path) -> LockedPackage:
    source = entry.get("source")
    if not isinstance(source, Mapping):
        raise ValueError(f"{entry.get('name')} has no source")  # noqa: TRY004
    path = next((str(source[key]) for key in _LOCAL if key in source), "")
    direct = "git" in source or "url" in source
    name, version = identity(entry, versioned=not (path or direct))
    edges = dict(_edges(entry))
    url = _address(source) if direct else ""
    check_plain(url, path)
    sdist = [entry["sdist"]] if isinstance(entry.get("sdist"), Mapping) else []
    return LockedPackage(
        name=canonicalize_name(name),
        version=version,
        marker=either(str(one) for one in as_list(entry.get("resolution-markers"), "markers")),
        files=tuple(
            locked_file(one)
            for one in (*tables(entry.get("wheels")), *sdist)
            # What is built from a folder or checked out has a hash at most, and no file.
            if {"url", "filename", "path"} & set(one)
        ),
        requires=checked(map(_text, edges.pop(""))),
        extra_requires=tuple((extra, checked(map(_text, found))) for extra, found in edges.items()),
        url=url,
        path=relative(root, folder / path) if path else "",
        index=str(source.get("registry", "")),
        origin=origin,
    )


def _text(edge: Mapping[str, Any]) -> str:
    """Return an edge as PEP 508 text; a version stands there where the lock has several."""
    version = edge.get("version")
    return pep508(
        str(edge.get("name", "")),
        extras=[str(extra) for extra in as_list(edge.get("extra"), "extra")],
        specifier=f"=={version}" if version else "",
        marker=str(edge.get("marker") or ""),
    )


def _address(source: Mapping[str, Any]) -> str:
    """Return a direct address as pip spells it: the commit instead of what was asked for."""
    if "git" not in source:
        return str(source["url"])
    address, _, commit = str(source["git"]).partition("#")
    address, _, query = address.partition("?")
    folder = re.search(r"(?:^|&)subdirectory=([^&]+)", query)
    pinned = f"git+{address}@{commit}" if commit else f"git+{address}"
    return f"{pinned}#subdirectory={folder[1]}" if folder else pinned
