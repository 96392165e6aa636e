"""What a resolution handles: what is wanted, needs, contenders, and a shelf of releases."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as ParsedRequirement
from packaging.version import Version

from scaffold.model.index import DistFile, Metadata, Page, SourceFacts
from scaffold.model.ports import Index
from scaffold.model.project import Asked, IndexOptions, Lock
from scaffold.resolver.releases import (
    Release,
    list_releases,
)

if TYPE_CHECKING:
    from scaffold.resolver.environment_tags import EnvironmentTags


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionRequest:
    """All that a resolution starts from, the environment aside.

    ``swaps`` pairs (name, replacement requirement), applied to the whole closure. ``pre`` admits
    pre-releases everywhere. ``sdists`` False leaves out everything that would have to be built.
    ``offline`` says that a name which nobody knows may well exist. ``system`` are (name, version,
    package): what the base's distribution builds itself, taken where there is no wheel. ``builds``
    are names whose sdist is known to build in the time allowed, ``slow`` those that take longer;
    ``headers`` are what is known to be installed for a build that includes them.
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


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on a name, by a parent (empty for the project itself).

    ``specifier`` is a text: it is looked up thousands of times, and texts keep their hash.
    """

    name: str
    extras: frozenset[str]
    specifier: str
    parent: str = ""
    url: str = ""
    hashes: tuple[str, ...] = ()


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
