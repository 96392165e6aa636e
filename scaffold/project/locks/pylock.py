"""pylock.toml (PEP 751): what gets installed is the lock's own list, each with its marker."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.markers import Marker
from packaging.pylock import (
    Package,
    PackageArchive,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockValidationError,
)
from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail, UsageError
from scaffold.model.project import Asked, Found, Lock, LockedFile, LockedPackage, Origin
from scaffold.project.locks.entries import checked, invalid, load, numbered
from scaffold.project.requirement_parser import Reading, both, check_plain, first_line, pep508
from scaffold.project.text_io import relative, suggestion

_CHOICE = re.compile(r"""(['"])([^'"]+)\1\s+(not\s+)?in\s+(extras|dependency_groups)""")
_IN = re.compile(r"packages\[(\d+)\]")
_ALWAYS, _NEVER = 'python_version >= "0"', 'python_version < "0"'


def read_pylock(
    root: Path, name: str, *, extras: Sequence[str] = (), groups: Sequence[str] = ()
) -> Reading:
    """Return a pylock; every package of it is asked for.

    Markers on extras and groups are decided here: the default groups count unless ``groups`` says
    otherwise. Raises RequirementsInvalidError with the line for a lock that breaks the standard,
    UsageError for an extra or group that it does not have.
    """
    data, text = load(root, name)
    origins = [origin for _, origin in numbered(name, data, text, "packages")]
    try:
        lock = Pylock.from_dict(data)
    except PylockValidationError as error:
        found = _IN.search(error.context or "")
        line = origins[int(found[1])].line if found else None
        raise invalid(name, [Detail(text=first_line(error), file=name, line=line)]) from error
    wanted = {
        "extras": _wanted(name, "extra", extras, lock.extras or ()),
        "dependency_groups": _wanted(name, "group", groups, lock.dependency_groups or ())
        or {*(lock.default_groups or ())},
    }
    packages, asked, problems = [], [], []
    for entry, origin in zip(lock.packages, origins, strict=True):
        try:
            package = _package(root, entry, origin, wanted)
            asked.append(_asked(package, bool(entry.directory and entry.directory.editable)))
            packages.append(package)
        except ValueError as error:
            problems.append(Detail(text=str(error), file=name, line=origin.line))
    if problems:
        raise invalid(name, problems)
    python = str(lock.requires_python or "")
    return Reading(
        asked=tuple(asked),
        lock=Lock(file=name, kind="pylock", packages=tuple(packages)),
        pythons=(Found(value=python, origin=Origin(file=name)),) if python else (),
        files=(name,),
    )


def _wanted(name: str, kind: str, asked: Sequence[str], known: Sequence[str]) -> set[str]:
    names = {canonicalize_name(one) for one in known}
    for one in asked:
        if canonicalize_name(one) not in names:
            raise UsageError(f"{name} has no {kind} {one!r}", hint=suggestion(one, known))
    return {canonicalize_name(one) for one in asked}


def _decided(marker: Marker | None, wanted: dict[str, set[str]]) -> str:
    """Return a marker with the questions on extras and groups replaced by their answers."""
    if marker is None:
        return ""

    def answer(found: re.Match[str]) -> str:
        inside = canonicalize_name(found[2]) in {canonicalize_name(one) for one in wanted[found[4]]}
        return _ALWAYS if inside != bool(found[3]) else _NEVER

    decided = _CHOICE.sub(answer, str(marker))
    return "" if decided == _ALWAYS else decided


def _package(
    root: Path, entry: Package, origin: Origin, wanted: dict[str, set[str]]
) -> LockedPackage:
    python = " and ".join(
        f'python_full_version {part.operator} "{part.version}"'
        for part in sorted(entry.requires_python or (), key=str)
    )
    direct = entry.archive or entry.vcs
    local = entry.directory or (direct if direct and not direct.url else None)
    path = relative(root, (root / origin.file).parent / str(local.path)) if local else ""
    url = _address(direct) if direct and not local else ""
    check_plain(url, path)
    return LockedPackage(
        name=entry.name,
        version=str(entry.version or ""),
        marker=both(_decided(entry.marker, wanted), python),
        files=tuple(_files(entry)),
        hashes=_hashes(entry.archive),
        requires=_requires(entry),
        url=url,
        path=path,
        origin=origin,
    )


def _files(entry: Package) -> Iterator[LockedFile]:
    found: list[PackageWheel | PackageSdist] = [*(entry.wheels or ())]
    if entry.sdist is not None:
        found.append(entry.sdist)
    for one in found:
        check_plain(one.filename, one.url or "")
        yield LockedFile(
            filename=one.filename,
            url=one.url or "",
            sha256=one.hashes.get("sha256", "").lower(),
            size=one.size,
        )


def _hashes(archive: PackageArchive | None) -> tuple[str, ...]:
    return (
        tuple(f"{kind}:{value}" for kind, value in sorted(archive.hashes.items()))
        if archive
        else ()
    )


def _requires(entry: Package) -> tuple[str, ...] | None:
    if entry.dependencies is None:
        return None
    texts = []
    for one in entry.dependencies:
        version = one.get("version")
        specifier = f"=={version}" if version else ""
        texts.append(pep508(str(one.get("name", "")), specifier=specifier))
    return checked(texts)


def _address(direct: PackageVcs | PackageArchive) -> str:
    if isinstance(direct, PackageArchive):
        return str(direct.url)
    folder = f"#subdirectory={direct.subdirectory}" if direct.subdirectory else ""
    return f"{direct.type}+{direct.url}@{direct.commit_id}{folder}"


def _asked(package: LockedPackage, editable: bool) -> Asked:  # noqa: FBT001
    plain = package.version and not package.url and not package.path
    specifier = f"=={package.version}" if plain else ""
    return Asked(
        name=package.name,
        specifier=specifier,
        marker=package.marker,
        url=package.url,
        path=package.path,
        editable=editable,
        text=f"{package.name}{specifier}",
        origin=package.origin,
    )
