"""pdm.lock: a package's extras are entries of their own, which are put together here."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
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
from scaffold.project.tool_tables import direct_address


def read_pdm_lock(root: Path, name: str) -> Reading:
    """Return a pdm.lock. Raises RequirementsInvalidError with lines for one that is cut off."""
    data, text = load(root, name)
    metadata = data.get("metadata")
    if not isinstance(metadata, Mapping) or "lock_version" not in metadata:
        said = "[metadata] with lock_version is not there"
        raise invalid(name, [Detail(text=said, file=name, line=1)])
    packages: dict[tuple[str, str, str], LockedPackage] = {}
    for package in read_packages(
        name, data, text, partial(_package, root, metadata.get("files", {}))
    ):
        key = (package.name, package.version, package.marker)
        packages[key] = _joined(packages[key], package) if key in packages else package
    lock = Lock(file=name, kind="pdm", packages=tuple(packages.values()))
    return Reading(lock=lock, files=(name,))


def _package(
    root: Path, old_files: Mapping[str, Any], entry: Mapping[str, Any], origin: Origin
) -> LockedPackage:
    path = str(entry.get("path") or "")
    url = direct_address({**entry, "rev": entry.get("revision")})
    check_plain(url, path)
    name, version = identity(entry, versioned=not (path or url))
    files = tables(entry.get("files")) or tables(
        as_table(old_files, "files").get(f"{name} {version}")
    )
    requires = checked(map(str, as_list(entry.get("dependencies"), "dependencies")))
    extras = [canonicalize_name(str(extra)) for extra in as_list(entry.get("extras"), "extras")]
    own = canonicalize_name(name)
    if extras:
        # The entry of an extra asks for the package itself too.
        requires = tuple(one for one in requires if canonicalize_name(Requirement(one).name) != own)
    return LockedPackage(
        name=own,
        version=version,
        marker=either([str(entry.get("marker") or "")]),
        files=tuple(locked_file(one) for one in files),
        requires=None if extras else requires,
        extra_requires=tuple((extra, requires) for extra in extras),
        url=url,
        path=relative(root, (root / origin.file).parent / path) if path else "",
        origin=origin,
    )


def _joined(one: LockedPackage, other: LockedPackage) -> LockedPackage:
    """Return two entries of one package, with and without extras, as one."""
    return replace(
        one,
        files=one.files or other.files,
        requires=other.requires if one.requires is None else one.requires,
        extra_requires=one.extra_requires + other.extra_requires,
        origin=one.origin if one.requires is not None else other.origin,
    )
