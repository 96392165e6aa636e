"""nab-resolver's questions, answered from the provider: PubGrub finds the versions.

What a conflict teaches is kept: no version is tried twice for the same reason, and where there is
no solution, the search ends with a proof.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nab_resolver.errors import ResolutionError, ResolutionLimitError
from nab_resolver.resolver import BaseProvider, Resolver
from nab_resolver.types import Incompatibility, RangeProtocol, RootRequirement
from packaging.version import Version

from scaffold.resolver.cache import Candidate, Requirement
from scaffold.resolver.provider import Provider, UnreadError
from scaffold.resolver.releases import list_matching
from scaffold.resolver.version_sets import VersionSet

Proof = Incompatibility[str, int]

MOST_STEPS = 10_000
_CONTESTED = 5  # conflicts after which a package is decided before the others
_MOST_AHEAD = 64  # files whose metadata is asked for at a time


class GaveUpError(Exception):
    """A search took too many steps; ``names`` are the packages it came back to most often."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class NoSolutionError(Exception):
    """There is no set of versions, as ``proof`` shows."""

    def __init__(self, proof: Proof) -> None:
        super().__init__()
        self.proof = proof


class _NewVersionError(Exception):
    """A direct address brings a version that no list has: what was concluded counts no more."""


class Search(BaseProvider[str, int]):
    """One search for versions. A package is known by its name with its extras, as in ``a[b]``."""

    def __init__(
        self, provider: Provider, roots: Sequence[Requirement], *, most_steps: int = MOST_STEPS
    ) -> None:
        self.provider = provider
        self._most_steps = most_steps
        self._roots = roots
        self.candidates: dict[tuple[str, int], Candidate] = {}  # those looked at
        self._identified: dict[str, tuple[str, frozenset[str]]] = {}
        self._order: dict[str, int] = {}
        self._places: dict[str, dict[Version, int]] = {}
        self._added: dict[str, list[Version]] = {}  # versions of direct addresses, by name
        self._sets: dict[tuple[str, str, str], VersionSet] = {}
        self._asked: dict[str, list[tuple[str, int, Requirement]]] = {}
        self._children: dict[str, set[str]] = {}  # what candidates looked at ask for
        self._tried: dict[str, int] = {}
        self._ranges: Mapping[str, Any] = {}
        self._decisions: Mapping[str, int] = {}
        self._withheld = False  # versions that another requirement might admit

    def solve(self) -> dict[str, Candidate]:
        """Return a candidate per package. Raises NoSolutionError, GaveUpError and UnreadError."""
        while True:
            resolver: Resolver[str, int] = Resolver(
                self, max_iterations=self._most_steps, range_type=VersionSet
            )
            try:
                found = resolver.resolve(list(self._root_requirements()))
            except _NewVersionError:
                for known in (self._places, self._sets, self._asked, self.candidates):
                    known.clear()
            except ResolutionLimitError:
                counts = resolver.stats.package_conflict_counts
                worst = sorted(counts, key=lambda name: (-counts[name], name))[:3]
                raise GaveUpError([name.partition("[")[0] for name in worst]) from None
            except ResolutionError as error:
                if self._withheld and not self.provider.admitting:
                    self.provider.admitting = self._list_specifiers()
                elif error.incompatibility is not None:
                    raise NoSolutionError(error.incompatibility) from None
                else:
                    raise
            else:
                return {name: self.candidates[name, place] for name, place in found.items()}

    def _root_requirements(self) -> Iterator[RootRequirement[str, int]]:
        for need in self._roots:
            for identifier in self._identify(need):
                yield RootRequirement(identifier, self.admitted(need), need)

    # What nab-resolver calls -----------------------------------------------------------------

    def receive_partial_solution_hint(
        self, positive_ranges: Mapping[str, Any], decisions: Mapping[str, int]
    ) -> None:
        """Keep what is decided so far."""
        self._ranges, self._decisions = positive_ranges, decisions

    def prioritize(
        self,
        package: str,
        version_range: Any,
        conflict_counts: Mapping[str, int],
        culprit_counts: Mapping[str, int] | None = None,  # noqa: ARG002
    ) -> tuple[bool, bool, int]:
        """Return the order to work in: pins, then what caused conflicts or asks for it, as met."""
        known = (1 << len(self._list_places(self._identified[package][0]))) - 1
        choice = (version_range.bits & known).bit_count() > 1
        names = (package, *self._children.get(package, ()))
        contested = any(conflict_counts.get(name, 0) >= _CONTESTED for name in names)
        return (choice, not contested, self._order[package])

    def choose_version(self, package: str, version_range: Any) -> int | None:
        """Return the best version's place, None where a set has none that can be installed."""
        name, extras = self._identified[package]
        needs = [*(need for need in self._roots if need.name == name), *self._list_asked(name)]
        # With extras it should be the version that the package without them is bound to.
        bare = self._ranges.get(name, version_range)
        for wanted in dict.fromkeys((version_range & bare, version_range)):
            found = self._choose(package, self.provider.candidates(name, extras, needs), wanted)
            if found is not None:
                return found
        releases = self.provider.releases(name)
        self._withheld = self._withheld or any(
            (release.version.is_prerelease or release.yanked)
            and self._list_places(name)[release.version] in version_range
            for release in releases
        )
        return None

    def has_satisfying_version(self, package: str, version_range: RangeProtocol[int]) -> bool:
        """Tell whether a set has a version that can be installed."""
        return self.choose_version(package, version_range) is not None

    def get_dependencies(self, package: str, version: int) -> Mapping[str, RangeProtocol[int]]:
        """Return what the candidate that was chosen for a version asks for."""
        found: dict[str, VersionSet] = {}
        for need in self.list_needs(package, version):
            for identifier in self._identify(need):
                admitted = self.admitted(need)
                found[identifier] = found.get(identifier, admitted) & admitted
        return found

    def widen_decision(self, package: str, version: int) -> None:
        """Return nothing: what other versions ask for is not known before they are read."""

    # -----------------------------------------------------------------------------------------

    def list_needs(self, package: str, version: int) -> list[Requirement]:
        """Return what a candidate that was looked at asks for."""
        return self.provider.dependencies(self.candidates[package, version])

    def admitted(self, need: Requirement) -> VersionSet:
        """Return the versions that a requirement admits, whether they can be installed or not."""
        key = (need.name, need.specifier, need.url)
        if key not in self._sets:
            if need.url:
                bits = self._place_address(need)
            else:
                bits = self._match(need.name, need.specifier) if need.specifier else -1
            self._sets[key] = VersionSet(bits)
        return self._sets[key]

    def _match(self, name: str, specifier: str) -> int:
        places = self._list_places(name)
        return sum(1 << places[version] for version in list_matching(places, specifier))

    def _place_address(self, need: Requirement) -> int:
        """Return the set of the one version that a direct address brings, if it suits."""
        found = next(self.provider.candidates(need.name, need.extras, [need]), None)
        if found is None:
            return 0
        places = self._list_places(need.name)
        if found.version not in places:
            self._added.setdefault(need.name, []).append(found.version)
            raise _NewVersionError
        return 1 << places[found.version]

    def _list_places(self, name: str) -> dict[Version, int]:
        """Return the place of each version of a project, the newest first."""
        places = self._places.get(name)
        if places is None:
            versions = [*self.provider.list_versions(name), *self._added.get(name, ())]
            places = {version: place for place, version in enumerate(dict.fromkeys(versions))}
            self._places[name] = places
        return places

    def _identify(self, need: Requirement) -> tuple[str, ...]:
        """Return the packages that a requirement binds: with its extras and without them."""
        found: tuple[str, ...] = (need.name,)
        if need.extras:
            found = (f"{need.name}[{','.join(sorted(need.extras))}]", need.name)
        for identifier, extras in zip(found, (need.extras, frozenset[str]()), strict=False):
            self._identified.setdefault(identifier, (need.name, extras))
            self._order.setdefault(identifier, len(self._order))
        return found

    def _list_asked(self, name: str) -> Iterator[Requirement]:
        """Yield what the packages decided so far ask of a name."""
        for package, version, need in self._asked.get(name, ()):
            if self._decisions.get(package) == version:
                yield need

    def _list_specifiers(self) -> dict[str, list[str]]:
        """Return what all candidates that were looked at ask of each name."""
        return {
            name: list(dict.fromkeys(need.specifier for _, _, need in asked))
            for name, asked in self._asked.items()
        }

    def _choose(
        self, package: str, candidates: Iterator[Candidate], wanted: VersionSet
    ) -> int | None:
        places = self._list_places(self._identified[package][0])
        left = (one for one in candidates if places[one.version] in wanted)
        for candidate in self._look_ahead(package, left):
            place = places[candidate.version]
            try:
                needs = self.provider.dependencies(candidate)
            except UnreadError:
                if candidate.file.filename not in self.provider.unread:
                    raise
                continue
            if (package, place) not in self.candidates:
                for need in needs:
                    self._asked.setdefault(need.name, []).append((package, place, need))
                    self._children.setdefault(package, set()).update(self._identify(need))
            self.candidates[package, place] = candidate
            return place
        return None

    def _look_ahead(self, package: str, candidates: Iterator[Candidate]) -> Iterator[Candidate]:
        """Yield candidates; of a package that was tried before, more are asked for at a time."""
        tried = self._tried[package] = self._tried.get(package, 0) + 1
        ahead: list[Candidate] = []
        if tried.bit_count() == 1:
            for candidate in candidates:
                ahead.append(candidate)
                if len(ahead) >= min(tried, _MOST_AHEAD):
                    break
            self.provider.shelf.index.prefetch_metadata(
                [(one.name, str(one.version), one.file) for one in ahead if one.wheel]
            )
        yield from ahead
        yield from candidates
