"""Which releases and wheels of a project are worth keeping in a snapshot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from scaffold.model.index import DistFile, Metadata, Page, wheel_platforms
from scaffold.model.target import Arch, LibcFamily
from scaffold.resolver.releases import Release, list_releases, parse_specifier

MINORS = (10, 11, 12, 13, 14, 15)
SERIES = 6
_MACHINES = {arch.machine for arch in Arch}
_PLACES = frozenset((str(family), machine) for family in LibcFamily for machine in _MACHINES)

Cell = tuple[int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A release that goes into the snapshot, and those of its wheels that are looked into."""

    release: Release
    looked_into: frozenset[str]


@lru_cache(maxsize=65536)
def wheel_cells(filename: str) -> frozenset[Cell]:
    """Return the (CPython minor, libc family, machine) that a wheel serves."""
    try:
        _, _, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return frozenset()
    minors = {minor for tag in tags for minor in _minors(tag.interpreter, tag.abi)}
    places = wheel_platforms(filename)
    if ("any", "any") in places:
        places = _PLACES
    return frozenset((minor, *place) for minor in minors for place in places & _PLACES)


def keep_files(release: Release) -> tuple[DistFile, ...]:
    """Return the files of a release that some target can use, with dates instead of times."""
    wheels = [file for file in release.wheels if wheel_cells(file.filename)]
    sdist = [] if release.sdist is None else [release.sdist]
    return tuple(
        msgspec.structs.replace(file, uploaded=file.uploaded[:10], url="")
        for file in (*wheels, *sdist)
    )


def select_releases(page: Page) -> tuple[Kept, ...]:
    """Return the releases worth keeping, newest first.

    Those are the newest of each of the last minor series, and for each environment the newest that
    has a wheel for it. What is newest, altogether or for an environment, is looked into.
    """
    releases = [release for release in list_releases(page) if keep_files(release)]
    usable = [one for one in releases if not one.version.is_prerelease and not one.yanked]
    usable = usable or releases
    series: dict[tuple[int, int], Release] = {}
    for release in usable:
        series.setdefault((release.version.major, release.version.minor), release)
    chosen = {release.version: set[str]() for release in list(series.values())[:SERIES]}
    missing = {(minor, *place) for minor in MINORS for place in _PLACES}
    for position, release in enumerate(usable):
        served = {
            file.filename: cells
            for file in release.wheels
            if (cells := _served(file) & missing or (wheel_cells(file.filename) and not position))
        }
        if served:
            chosen.setdefault(release.version, set()).update(served)
            missing -= {cell for file in release.wheels for cell in _served(file)}
    return tuple(
        Kept(release=release, looked_into=frozenset(chosen[release.version]))
        for release in usable
        if release.version in chosen
    )


def list_forced(
    needs: Iterable[Metadata], pages: Mapping[str, Page], kept: Mapping[str, Sequence[Kept]]
) -> Iterator[tuple[str, Release]]:
    """Yield releases that other kept releases ask for and that are not kept yet."""
    releases = {
        name: [one for one in list_releases(page) if not one.yanked] for name, page in pages.items()
    }
    asked = {
        (canonicalize_name(requirement.name), requirement.specifier)
        for metadata in needs
        for requirement in _requirements(metadata)
    }
    for name, specifier in sorted(asked, key=str):
        newest = _newest_in(releases.get(name, ()), specifier) if specifier else None
        if newest and all(one.release.version != newest.version for one in kept[name]):
            yield name, newest


def _requirements(metadata: Metadata) -> Iterator[Requirement]:
    for text in metadata.requires:
        with suppress(InvalidRequirement):
            yield Requirement(text)


def _newest_in(releases: Sequence[Release], allowed: SpecifierSet) -> Release | None:
    """Return the newest release that is allowed, a pre-release only where there is no other."""
    fallback: Release | None = None
    for one in releases:
        if not allowed.contains(one.version, prereleases=True):
            continue
        if not one.version.is_prerelease and keep_files(one):
            return one
        fallback = fallback or (one if keep_files(one) else None)
    return fallback


def _served(file: DistFile) -> frozenset[Cell]:
    """Return the cells of a wheel for which its release allows the Python."""
    allowed = parse_specifier(file.requires_python) if file.requires_python else None
    return frozenset(
        cell
        for cell in wheel_cells(file.filename)
        if allowed is None or allowed.contains(f"3.{cell[0]}.20")
    )


def _minors(interpreter: str, abi: str) -> Iterator[int]:
    """Yield the CPython minors that an interpreter and ABI tag serve."""
    if interpreter.startswith("py3") and abi == "none":
        least = int(interpreter[3:] or 0)
    elif interpreter.startswith("cp3") and interpreter[3:].isdigit():
        least = int(interpreter[3:])
        if abi == interpreter:
            yield from {least} & set(MINORS)
            return
        if abi not in {"abi3", "none"}:
            return
        if abi == "none":
            yield from {least} & set(MINORS)
            return
    else:
        return
    yield from (minor for minor in MINORS if minor >= least)
