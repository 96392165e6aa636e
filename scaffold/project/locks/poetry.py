"""poetry.lock, from lock-version 1.0 (files at the end) to 2.1 (markers on packages)."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail
from scaffold.model.project import Lock, LockedPackage, Origin
from scaffold.project.locks.entries import (
    checked,
    identity,
    invalid,
    load,
    locked_file,
    read_packages,
    tables,
)
from scaffold.project.requirement_parser import Reading, as_list, as_table, check_plain, either
from scaffold.project.text_io import relative
from scaffold.project.tool_tables import entries


def read_poetry_lock(root: Path, name: str) -> Reading:
    """Return a poetry.lock. Raises RequirementsInvalidError with lines for one that is cut off."""
    data, text = load(root, name)
    metadata = data.get("metadata")
    if not isinstance(metadata, Mapping) or "lock-version" not in metadata:
        said = "[metadata] with lock-version is not there: the file ends too early"
        raise invalid(name, [Detail(text=said, file=name, line=len(text.splitlines()))])
    read = partial(_package, root, metadata.get("files", {}))
    packages = tuple(read_packages(name, data, text, read))
    return Reading(lock=Lock(file=name, kind="poetry", packages=packages), files=(name,))


def _package(
    root: Path, old_files: Mapping[str, Any], entry: Mapping[str, Any], origin: Origin
) -> LockedPackage:
    name, version = identity(entry)
    source = as_table(entry.get("source"), f"{name}: source")
    kind, address = str(source.get("type", "")), str(source.get("url", ""))
    local = kind in {"directory", "file"}
    files = tables(entry.get("files")) or tables(as_table(old_files, "files").get(name))
    extras = as_table(entry.get("extras"), f"{name}: extras")
    check_plain(address, str(source.get("resolved_reference") or source.get("reference") or ""))
    return LockedPackage(
        name=canonicalize_name(name),
        version=version,
        marker=_marker(entry.get("markers")),
        files=tuple(locked_file(one) for one in files),
        requires=checked(_requires(as_table(entry.get("dependencies"), f"{name}: dependencies"))),
        extra_requires=tuple(
            (canonicalize_name(extra), checked(map(str, as_list(texts, extra))))
            for extra, texts in extras.items()
        ),
        url=_address(kind, address, source) if kind in {"git", "url"} else "",
        path=relative(root, (root / origin.file).parent / address) if local else "",
        index=address if kind == "legacy" else "",
        origin=origin,
    )


def _marker(markers: object) -> str:
    """Return a package's marker: text, or a table of one for each group that it is in."""
    if isinstance(markers, Mapping):
        return either(str(marker) for marker in markers.values())
    return either([str(markers or "")])


def _requires(dependencies: Mapping[str, Any]) -> Iterator[str]:
    """Yield the dependencies that no extra brings in, as PEP 508 text."""
    for name, value in dependencies.items():
        for entry in entries(name, value):
            if not entry.optional:
                yield entry.text


def _address(kind: str, address: str, source: Mapping[str, Any]) -> str:
    if kind == "url":
        return address
    commit = source.get("resolved_reference") or source.get("reference") or ""
    pinned = f"git+{address}@{commit}" if commit else f"git+{address}"
    folder = source.get("subdirectory")
    return f"{pinned}#subdirectory={folder}" if folder else pinned
