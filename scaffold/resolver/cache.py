"""What a resolution handles: what is wanted, needs, contenders, and a shelf of releases."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as ParsedRequirement
from packaging.version import Version

from scaffold.model.index import DistFile, Index, Metadata, Page, SourceFacts
from scaffold.model.project import Asked, IndexOptions, Lock
from scaffold.model.target import Environment
from scaffold.resolver.releases import (
    Release,
    best_wheel,
    find_largest,
    is_placeholder,
    list_releases,
    usable_sdist,
    wheel_rank,
)
from scaffold.resolver.tags import marker_environment


class EnvironmentTags:
    """Answers for one environment, each worked out once and kept.

    A search depends on its environment through nothing else. So one whose answers another
    environment shares ends there with the same versions, and need not be repeated.
    """

    def __init__(self, environment: Environment, release: str) -> None:
        self.environment = environment
        self.python = Version(release or f"{environment.python}.0")
        markers = marker_environment(environment, release=release)
        self._markers = tuple(sorted(markers.items()))
        self._held: dict[tuple[str, tuple[str, ...]], bool] = {}
        # Keyed by identity: hashing a release hashes each of its files. Kept with their files, the
        # releases stay alive, so no other takes their place.
        self._wheels: dict[int, tuple[Release, DistFile | None]] = {}
        self._sdists: dict[int, tuple[Release, DistFile | None]] = {}
        self._suited: dict[str, bool] = {}

    def holds(self, marker: str, extras: Iterable[str] = ()) -> bool:
        """Tell whether a marker is true on the target with any of the extras."""
        if not marker:
            return True
        key = (marker, tuple(sorted(extras)))
        held = self._held.get(key)
        if held is None:
            held = any(marker_holds(marker, self._markers, extra) for extra in (*key[1], ""))
            self._held[key] = held
        return held

    def wheel(self, release: Release) -> DistFile | None:
        """Return the release's best wheel here."""
        known = self._wheels.get(id(release))
        if known is None:
            file = best_wheel(release, self.environment, self.python, yanked=True)
            known = self._wheels[id(release)] = (release, file)
        return known[1]

    def sdist(self, release: Release) -> DistFile | None:
        """Return the release's sdist if the interpreter may build it."""
        known = self._sdists.get(id(release))
        if known is None:
            file = usable_sdist(release, self.python, yanked=True)
            known = self._sdists[id(release)] = (release, file)
        return known[1]

    def suits(self, filename: str) -> bool:
        """Tell whether a wheel of this name can be installed here."""
        if filename not in self._suited:
            self._suited[filename] = wheel_rank(filename, self.environment) is not None
        return self._suited[filename]

    def shared_by(self, other: "EnvironmentTags") -> bool:
        """Tell whether another environment says the same to all that was asked of this one."""
        return (
            all(other.holds(*question) is held for question, held in self._held.items())
            and all(other.suits(name) is suited for name, suited in self._suited.items())
            and all(
                (other.wheel(release) is None) is (file is None)
                for release, file in self._wheels.values()
            )
            and all(
                (other.sdist(release) is None) is (file is None)
                for release, file in self._sdists.values()
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionRequest:
    """All that a resolution starts from, the environment aside.

    ``swaps`` pairs (name, replacement requirement), applied to the whole closure. ``pre`` admits
    pre-releases everywhere. ``sdists`` False leaves out everything that would have to be built.
    ``offline`` says that a name which nobody knows may well exist. ``system`` are (name, version,
    package): what the base's distribution builds itself, taken where there is no wheel. ``builds``
    are names whose sdist is known to build in the time allowed, ``slow`` those that take longer;
    ``headers`` are what is known to be installed for a build that includes them. ``breaks`` are
    (name, version, ISO date): what was compiled against an older version before that day does not
    load beside this one. ``unsaid`` are (name, requirement) that metadata leave out, ``bounds``
    (name, its releases, requirement, error) what metadata do not bound.
    """

    asked: tuple[Asked, ...]
    constraints: tuple[Asked, ...] = ()
    lock: Lock | None = None
    swaps: tuple[tuple[str, str], ...] = ()
    options: IndexOptions = field(default_factory=IndexOptions)
    sdists: bool = True
    offline: bool = False
    system: tuple[tuple[str, str, str], ...] = ()
    builds: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    headers: tuple[str, ...] = ()
    breaks: tuple[tuple[str, str, str], ...] = ()
    unsaid: tuple[tuple[str, str], ...] = ()
    bounds: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on a name, by a parent (empty for the project itself).

    ``specifier`` is a text: it is looked up thousands of times, and texts keep their hash. ``why``
    says why it asks for less than the parent's metadata do.
    """

    name: str
    extras: frozenset[str]
    specifier: str
    parent: str = ""
    url: str = ""
    hashes: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One file that could be installed, with the extras it was asked for.

    ``release`` holds only the files that lock and hashes allow. ``system`` is the distribution's
    package that brings it, with all it needs; then there is no file.
    """

    name: str
    version: Version
    extras: frozenset[str]
    file: DistFile
    release: Release
    system: str = ""

    @property
    def wheel(self) -> bool:
        """Tell a wheel from an sdist."""
        return self.file.filename.endswith(".whl")


@dataclass(frozen=True, slots=True)
class CachedResolution:
    """A search that ended well: what it started from, the answers it got, the contenders.

    ``read`` are all contenders whose requirements it went by.
    """

    wanted: ResolutionRequest
    answers: "EnvironmentTags"
    contenders: dict[str, Candidate]
    read: tuple[Candidate, ...]


class ResolverCache:
    """Releases, metadata and searches already looked at, shared by all environments of one run.

    A cache of pure results over the index port: it changes how fast an answer comes, never which.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self._releases: dict[tuple[str, str], tuple[Page | None, tuple[Release, ...]]] = {}
        self._metadata: dict[tuple[str, str, str, str], Metadata | None] = {}
        self._largest: dict[tuple[str, str], tuple[tuple[int, Version], ...]] = {}
        self._only_pre: dict[tuple[str, str], bool] = {}
        self.solved: list[CachedResolution] = []

    def releases(self, name: str, index: str = "") -> tuple[Release, ...]:
        """Return a project's releases, newest first; empty if nobody knows it."""
        return self._entry(name, index)[1]

    def page(self, name: str, index: str = "") -> Page | None:
        """Return a project's page, of one index only if it is named."""
        return self._entry(name, index)[0]

    def _entry(self, name: str, index: str) -> tuple[Page | None, tuple[Release, ...]]:
        key = (name, index)
        if key not in self._releases:
            page = self.index.page(name, index=index)
            self._releases[key] = (page, () if page is None else list_releases(page))
        return self._releases[key]

    def has_only_prereleases(self, name: str, index: str = "") -> bool:
        """Tell whether a project has never made a final release: then pre-releases are taken."""
        key = (name, index)
        if key not in self._only_pre:
            releases = self.releases(name, index)
            self._only_pre[key] = all(release.version.is_prerelease for release in releases)
        return self._only_pre[key]

    def is_placeholder(self, file: DistFile, name: str, version: Version, index: str = "") -> bool:
        """Tell whether a release's wheel is next to empty where the project's others are not."""
        key = (name, index)
        if key not in self._largest:
            self._largest[key] = find_largest(self.releases(name, index))
        return is_placeholder(file, version, self._largest[key])

    def metadata(self, candidate: Candidate) -> Metadata | None:
        """Return the metadata of a candidate's own file: others may require something else."""
        file = candidate.file
        key = (candidate.name, file.filename, file.sha256, file.index)
        if key not in self._metadata:
            version = str(candidate.version)
            self._metadata[key] = self.index.metadata(candidate.name, version, file)
        return self._metadata[key]

    def source(self, name: str, file: DistFile) -> SourceFacts | None:
        """Return what building an sdist takes, None where it cannot be known."""
        return self.index.source_facts(name, file)


@lru_cache(maxsize=65536)
def parse_requirement(text: str) -> ParsedRequirement | None:
    """Return a PEP 508 requirement, or None for what no installer understands."""
    try:
        return ParsedRequirement(text)
    except InvalidRequirement:
        return None


@lru_cache(maxsize=65536)
def marker_holds(marker_text: str, environment: tuple[tuple[str, str], ...], extra: str) -> bool:
    """Tell whether a marker is true for these values and one extra (empty for none)."""
    requirement = parse_requirement(f"x; {marker_text}")
    if requirement is None or requirement.marker is None:
        return True
    return requirement.marker.evaluate({**dict(environment), "extra": extra})
