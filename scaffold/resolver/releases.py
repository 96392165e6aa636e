"""From an index page to releases: which files of which version an environment can install."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from heapq import nlargest
from itertools import islice

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from scaffold.model.index import DistFile, Page
from scaffold.model.target import Environment
from scaffold.resolver.tags import tag_ranks

_SDIST_ENDINGS = (".tar.gz", ".zip", ".tar.bz2", ".tgz")
_WHEEL_PARTS = 5
_SMALLEST = 2048  # bytes; a wheel below holds little more than its own metadata
_LARGER = 20
_PACED = 4  # releases; the snapshot knows a few more of each project


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The files of one version. ``sdist`` is None where only wheels were uploaded."""

    version: Version
    wheels: tuple[DistFile, ...]
    sdist: DistFile | None

    @property
    def files(self) -> tuple[DistFile, ...]:
        """Return wheels first, then the sdist."""
        return self.wheels if self.sdist is None else (*self.wheels, self.sdist)

    @property
    def yanked(self) -> bool:
        """Tell whether every file was withdrawn (PEP 592)."""
        return all(file.yanked for file in self.files)


@lru_cache(maxsize=65536)
def parse_version(text: str) -> Version | None:
    """Return a version, or None for what predates PEP 440."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


@lru_cache(maxsize=16384)
def parse_specifier(text: str) -> SpecifierSet | None:
    """Return a specifier set, or None for what no installer understands."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def list_releases(page: Page) -> tuple[Release, ...]:
    """Return the releases of a page, newest first."""
    grouped: dict[str, tuple[list[DistFile], list[DistFile]]] = {}
    for file in page.files:
        text, is_wheel = _read_filename(page.name, file.filename)
        if text:
            grouped.setdefault(text, ([], []))[0 if is_wheel else 1].append(file)
    found: dict[Version, tuple[list[DistFile], list[DistFile]]] = {}
    for text, (wheels, sdists) in grouped.items():
        version = parse_version(text)
        if version is not None:  # 1.0 and 1.0.0 are the same one
            known = found.setdefault(version, ([], []))
            known[0].extend(wheels)
            known[1].extend(sdists)
    return tuple(
        Release(version=version, wheels=tuple(wheels), sdist=_best_sdist(sdists))
        for version, (wheels, sdists) in sorted(found.items(), reverse=True)
    )


def find_pace(releases: Sequence[Release], version: Version) -> int | None:
    """Return the days from one release to the next, over the last few up to a version.

    What came after does not count, so that the answer stays until the version changes. None where
    nobody knows when they were uploaded.
    """
    dated = (
        date.fromisoformat(min(file.uploaded for file in release.files)[:10])
        for release in releases
        if release.version <= version
        and not release.version.is_prerelease
        and all(file.uploaded for file in release.files)
    )
    days = list(islice(dated, _PACED))
    if len(days) < 2:  # noqa: PLR2004 - a pace needs two
        return None
    return max((days[0] - days[-1]).days, 0) // (len(days) - 1)


def _best_sdist(sdists: list[DistFile]) -> DistFile | None:
    """Prefer the .tar.gz (PEP 625) over older formats."""
    if len(sdists) < 2:  # noqa: PLR2004 - one needs no choice
        return sdists[0] if sdists else None
    return min(sdists, key=lambda file: (not file.filename.endswith(".tar.gz"), file.filename))


def _read_filename(name: str, filename: str) -> tuple[str, bool]:
    """Return (version as written, is a wheel); empty for a file that is neither or elsewhere's.

    ``PyMuPDF-1.16.0-2.zip`` parses as version 2 of another project: the name has to agree.
    """
    if filename.endswith(".whl"):
        parts = filename[:-4].split("-")
        named = parts[0] == name or canonicalize_name(parts[0]) == name
        own = len(parts) >= _WHEEL_PARTS and named
        return (parts[1], True) if own else ("", True)
    for ending in _SDIST_ENDINGS:
        if filename.endswith(ending):
            stem, _, version = filename[: -len(ending)].rpartition("-")
            if stem == name or canonicalize_name(stem) == name:
                return version, False
    return "", False


@lru_cache(maxsize=64)
def _rank_table(environment: Environment) -> Mapping[tuple[str, str, str], int]:
    return {
        (tag.interpreter, tag.abi, tag.platform): rank
        for tag, rank in tag_ranks(environment).items()
    }


@lru_cache(maxsize=65536)
def split_tags(filename: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the interpreter, ABI and platform tags of a wheel's file name."""
    interpreters, abis, platforms = filename[:-4].rsplit("-", 3)[1:]
    return tuple(interpreters.split(".")), tuple(abis.split(".")), tuple(platforms.split("."))


def is_extension(filename: str) -> bool:
    """Tell whether a wheel is compiled against an interpreter's ABI, by its tags."""
    return filename.endswith(".whl") and "none" not in split_tags(filename)[1]


def wheel_rank(filename: str, environment: Environment) -> int | None:
    """Return how well a wheel suits the environment (0 is best), or None if it does not."""
    return _rank(filename, _rank_table(environment))


def list_wheel_pythons(release: Release, environment: Environment) -> tuple[str, ...]:
    """Return the Pythons for which a release has wheels of machine code on this platform."""
    files = [one.filename for one in release.wheels if not one.filename.endswith("-any.whl")]
    minors = {
        f"{tag[2]}.{tag[3:]}"
        for name in files
        for tag in split_tags(name)[0]
        if tag.startswith("cp3") and tag[3:].isdigit()
    }
    return tuple(
        minor
        for minor in sorted(minors, key=Version)
        if any(wheel_rank(name, replace(environment, python=minor)) is not None for name in files)
    )


def _rank(filename: str, table: Mapping[tuple[str, str, str], int]) -> int | None:
    interpreters, abis, platforms = split_tags(filename)
    ranks = [
        rank
        for platform in platforms
        for interpreter in interpreters
        for abi in abis
        if (rank := table.get((interpreter, abi, platform))) is not None
    ]
    return min(ranks, default=None)


def _build_number(filename: str) -> str:
    parts = filename[:-4].split("-")
    return parts[2].rjust(12, "0") if len(parts) > _WHEEL_PARTS else ""


def accepts_python(file: DistFile, python: Version) -> bool:
    """Tell whether the file's requires-python admits an interpreter; nonsense admits it."""
    return not file.requires_python or _admits(file.requires_python, python)


@lru_cache(maxsize=16384)
def _admits(requires_python: str, python: Version) -> bool:
    specifier = parse_specifier(requires_python)
    return specifier is None or specifier.contains(python, prereleases=True)


@lru_cache(maxsize=131072)
def satisfies(version: Version, specifier: str) -> bool:
    """Tell whether a version is in a specifier set, pre-releases included; nonsense admits it."""
    parsed = parse_specifier(specifier)
    return parsed is None or parsed.contains(version, prereleases=True)


def list_matching(versions: Iterable[Version], specifier: str) -> Iterator[Version]:
    """Yield the versions that are in a specifier set, pre-releases included."""
    pin = parse_version(specifier.lstrip("=")) if specifier.startswith("==") else None
    for version in versions:
        other = pin is not None and len(version.release) == len(pin.release)
        if other and pin is not None and version.release != pin.release:
            continue
        if satisfies(version, specifier):
            yield version


@lru_cache(maxsize=16384)
def names_prerelease(specifier: str) -> bool:
    """Tell whether a specifier set itself asks for a pre-release."""
    parsed = parse_specifier(specifier)
    return parsed is not None and bool(parsed.prereleases)


@lru_cache(maxsize=16384)
def is_pin(specifier: str, *, wildcard: bool) -> bool:
    """Tell whether a specifier set asks for one version; ``wildcard`` counts ``==1.*`` as one."""
    return any(
        one.operator in {"==", "==="} and (wildcard or "*" not in one.version)
        for one in parse_specifier(specifier) or ()
    )


def best_wheel(
    release: Release, environment: Environment, python: Version, *, yanked: bool = False
) -> DistFile | None:
    """Return the wheel of a release that suits the environment best, or None."""
    table = _rank_table(environment)
    ranked: list[tuple[int, str, DistFile]] = []
    for file in release.wheels:
        if (file.yanked and not yanked) or not accepts_python(file, python):
            continue
        rank = _rank(file.filename, table)
        if rank is not None:
            ranked.append((rank, _build_number(file.filename), file))
    if not ranked:
        return None
    best = min(rank for rank, _, _ in ranked)
    return max((entry for entry in ranked if entry[0] == best), key=lambda entry: entry[1])[2]


def usable_sdist(release: Release, python: Version, *, yanked: bool = False) -> DistFile | None:
    """Return the sdist of a release if the interpreter may build it."""
    file = release.sdist
    if file is None or (file.yanked and not yanked) or not accepts_python(file, python):
        return None
    return file


def final_releases(releases: tuple[Release, ...]) -> Iterator[Release]:
    """Yield what is neither a pre-release nor withdrawn."""
    return (r for r in releases if not r.version.is_prerelease and not r.yanked)


def find_largest(releases: Iterable[Release]) -> tuple[tuple[int, Version], ...]:
    """Return the bytes of the largest files of two releases, with their versions."""
    sizes = (
        (max((file.size or 0 for file in release.files), default=0), release.version)
        for release in releases
    )
    return tuple(nlargest(2, sizes))


def is_placeholder(
    file: DistFile, version: Version, largest: Iterable[tuple[int, Version]]
) -> bool:
    """Tell whether a release's wheel is next to empty where the project's others are not."""
    size = file.size
    if size is None or size >= _SMALLEST or not file.filename.endswith("-any.whl"):
        return False
    return any(other != version and most > _LARGER * size for most, other in largest)


def newest_final(releases: tuple[Release, ...]) -> str:
    """Return the newest final release's version, or an empty string."""
    release = next(final_releases(releases), None)
    return "" if release is None else str(release.version)
