"""Resolve requirements for a foreign environment: wheels first, sdists only where none exists.

resolvelib does the search; what a requirement, a candidate and a dependency are is decided
here, from pages and metadata that the index port hands out. Markers are evaluated for the target,
pre-releases are taken only when asked for, withdrawn files only when pinned.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from scaffold.core.ports import Index
from scaffold.core.releases import (
    Release,
    accepts_python,
    best_wheel,
    list_releases,
    newest_final,
    parse_specifier,
    parse_version,
    usable_sdist,
    wheel_rank,
)
from scaffold.core.target import marker_environment
from scaffold.core.trouble import describe_missing
from scaffold.model.index import DistFile, Metadata, Page
from scaffold.model.project import Asked, IndexOptions, Lock
from scaffold.model.resolution import Conflict, Pinned, Reason, Resolution
from scaffold.model.target import Environment

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_MAX_ROUNDS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that a resolution starts from, the environment aside.

    ``swaps`` pairs (name, replacement requirement), applied to the whole closure. ``pre`` admits
    pre-releases everywhere. ``sdists`` False leaves out everything that would have to be built.
    """

    asked: tuple[Asked, ...]
    constraints: tuple[Asked, ...] = ()
    lock: Lock | None = None
    swaps: tuple[tuple[str, str], ...] = ()
    options: IndexOptions = field(default_factory=IndexOptions)
    sdists: bool = True


@dataclass(frozen=True, slots=True)
class _Need:
    """One requirement on a name, by a parent (empty for the project itself)."""

    name: str
    extras: frozenset[str]
    specifier: SpecifierSet
    parent: str = ""
    url: str = ""
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One file that could be installed, with the extras it was asked for."""

    name: str
    version: Version
    extras: frozenset[str]
    file: DistFile
    release: Release

    @property
    def wheel(self) -> bool:
        return self.file.filename.endswith(".whl")


class Shelf:
    """Releases and metadata already looked at, shared by all environments of one run.

    A cache of pure results over the index port: it changes how fast an answer comes, never which.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self._releases: dict[str, tuple[Page | None, tuple[Release, ...]]] = {}
        self._metadata: dict[tuple[str, str], Metadata | None] = {}

    def releases(self, name: str) -> tuple[Release, ...]:
        """Return a project's releases, newest first; empty if nobody knows it."""
        return self._entry(name)[1]

    def page(self, name: str) -> Page | None:
        """Return a project's page."""
        return self._entry(name)[0]

    def _entry(self, name: str) -> tuple[Page | None, tuple[Release, ...]]:
        if name not in self._releases:
            page = self.index.page(name)
            self._releases[name] = (page, () if page is None else list_releases(page))
        return self._releases[name]

    def metadata(self, candidate: _Candidate) -> Metadata | None:
        """Return a candidate's metadata; one file speaks for its whole release, as for uv."""
        key = (candidate.name, str(candidate.version))
        if key not in self._metadata:
            others = [f for f in candidate.release.files if f != candidate.file]
            self._metadata[key] = self.index.metadata(*key, (candidate.file, *others))
        return self._metadata[key]


@lru_cache(maxsize=65536)
def _parse_requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


@lru_cache(maxsize=65536)
def _holds(marker_text: str, environment: tuple[tuple[str, str], ...], extra: str) -> bool:
    requirement = _parse_requirement(f"x; {marker_text}")
    if requirement is None or requirement.marker is None:
        return True
    return requirement.marker.evaluate({**dict(environment), "extra": extra})


class _Provider:
    """resolvelib's questions, answered for one environment."""

    def __init__(
        self, wanted: Wanted, environment: Environment, release: str, shelf: Shelf
    ) -> None:
        self.wanted = wanted
        self.environment = environment
        self.python = Version(release or f"{environment.python}.0")
        self.shelf = shelf
        markers = marker_environment(environment, release=release)
        self.markers = tuple(sorted(markers.items()))
        self.swaps = {
            canonicalize_name(Requirement(old).name): _parse_requirement(new)
            for old, new in wanted.swaps
        }
        self.constraints = self._read_constraints()
        self.locked = self._read_lock()
        self.order: dict[str, int] = {}

    def _read_constraints(self) -> dict[str, SpecifierSet]:
        constraints: dict[str, SpecifierSet] = {}
        for asked in self.wanted.constraints:
            if self.holds(asked.marker):
                own = parse_specifier(asked.specifier) or SpecifierSet()
                constraints[asked.name] = constraints.get(asked.name, SpecifierSet()) & own
        return constraints

    def _read_lock(self) -> dict[str, dict[Version, frozenset[str]]]:
        """Return the locked versions per name with the sha256 sums that the lock allows."""
        locked: dict[str, dict[Version, frozenset[str]]] = {}
        packages = self.wanted.lock.packages if self.wanted.lock else ()
        for package in packages:
            version = parse_version(package.version)
            if version is None or package.path or not self.holds(package.marker):
                continue
            sums = {file.sha256 for file in package.files if file.sha256}
            sums |= {h.removeprefix("sha256:") for h in package.hashes if h.startswith("sha256:")}
            locked.setdefault(package.name, {})[version] = frozenset(sums)
        return locked

    def holds(self, marker: str, extras: Iterable[str] = ()) -> bool:
        """Tell whether a marker is true on the target with any of the extras."""
        if not marker:
            return True
        return any(_holds(marker, self.markers, extra) for extra in (*sorted(extras), ""))

    def need(self, requirement: Requirement, parent: str) -> _Need:
        """Return a need, after swaps."""
        name = canonicalize_name(requirement.name)
        swapped = self.swaps.get(name)
        if swapped is None:
            return _Need(
                name,
                frozenset(canonicalize_name(extra) for extra in requirement.extras),
                requirement.specifier,
                parent,
                requirement.url or "",
            )
        extras = frozenset(canonicalize_name(extra) for extra in swapped.extras)
        new = canonicalize_name(swapped.name)
        kept = requirement.specifier if new == name else swapped.specifier
        return _Need(new, extras, kept, parent)

    def roots(self) -> list[_Need]:
        """Return what the project asks for on this target."""
        needs: list[_Need] = []
        for asked in self.wanted.asked:
            if asked.path or not self.holds(asked.marker):
                continue
            extras = f"[{','.join(asked.extras)}]" if asked.extras else ""
            text = f"{asked.name}{extras}" + (f" @ {asked.url}" if asked.url else asked.specifier)
            requirement = _parse_requirement(text)
            if requirement is not None:
                need = self.need(requirement, "")
                needs.append(
                    _Need(need.name, need.extras, need.specifier, "", need.url, asked.hashes)
                )
        return needs

    # What resolvelib calls -------------------------------------------------------------------

    def identify(self, requirement_or_candidate: "_Need | _Candidate") -> str:
        extras = ",".join(sorted(requirement_or_candidate.extras))
        name = requirement_or_candidate.name
        identifier = f"{name}[{extras}]" if extras else name
        self.order.setdefault(identifier, len(self.order))
        return identifier

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, _Candidate],
        candidates: object,  # noqa: ARG002 - resolvelib passes it by name
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, int]:
        causes = {cause.requirement.name for cause in backtrack_causes}
        pinned = any(
            spec.operator in {"==", "==="}
            for info in information[identifier]
            for spec in info.requirement.specifier
        )
        del resolutions
        return (not pinned, identifier.partition("[")[0] not in causes, self.order[identifier])

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[_Need]],
        incompatibilities: Mapping[str, Iterator[_Candidate]],
    ) -> Callable[[], Iterator[_Candidate]]:
        needs = list(requirements[identifier])
        refused = {candidate.version for candidate in incompatibilities[identifier]}
        name = needs[0].name
        extras = needs[0].extras
        # a bare name and the same name with extras are one package: what is asked of either counts
        needs += [
            n
            for key in list(requirements)
            if key.partition("[")[0] == name and key != identifier
            for n in requirements[key]
        ]

        def matches() -> Iterator[_Candidate]:
            for candidate in self.candidates(name, extras, needs):
                if candidate.version not in refused:
                    yield candidate

        return matches

    def is_satisfied_by(self, requirement: _Need, candidate: _Candidate) -> bool:
        return requirement.name == candidate.name and (
            bool(requirement.url)
            or requirement.specifier.contains(candidate.version, prereleases=True)
        )

    def get_dependencies(self, candidate: _Candidate) -> list[_Need]:
        parent = candidate.name
        if candidate.extras:
            own = _Need(parent, frozenset(), SpecifierSet(f"==={candidate.version}"), parent)
            return [own, *self._dependencies(candidate, candidate.extras)]
        return self._dependencies(candidate, frozenset())

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: object,  # noqa: ARG002
        candidates: object,  # noqa: ARG002
        information: object,  # noqa: ARG002
        backtrack_causes: object,  # noqa: ARG002
    ) -> Iterable[str]:
        return identifiers

    # -----------------------------------------------------------------------------------------

    def _dependencies(self, candidate: _Candidate, extras: frozenset[str]) -> list[_Need]:
        metadata = self.shelf.metadata(candidate)
        needs: list[_Need] = []
        for text in metadata.requires if metadata else ():
            requirement = _parse_requirement(text)
            if requirement is None:
                continue
            marker = str(requirement.marker) if requirement.marker else ""
            if self.holds(marker, extras):
                needs.append(self.need(requirement, candidate.name))
        self.shelf.index.prefetch([need.name for need in needs])
        return needs

    def candidates(
        self, name: str, extras: frozenset[str], needs: Sequence[_Need]
    ) -> Iterator[_Candidate]:
        """Yield candidates, best first: wheels by version; sdists only if there is no wheel."""
        url = next((need.url for need in needs if need.url), "")
        if url:
            yield from self._from_url(name, extras, url)
            return
        found = False
        for release in self.admissible(name, needs):
            file = best_wheel(
                self._allowed(name, release, needs), self.environment, self.python, yanked=True
            )
            if file is not None and not self._no_binary(name):
                found = True
                yield _Candidate(name, release.version, extras, file, release)
        if found or not self.wanted.sdists or self._only_binary(name):
            return
        for release in self.admissible(name, needs):
            file = usable_sdist(self._allowed(name, release, needs), self.python, yanked=True)
            if file is not None:
                yield _Candidate(name, release.version, extras, file, release)

    def _only_binary(self, name: str) -> bool:
        return bool({":all:", name} & set(self.wanted.options.only_binary))

    def _no_binary(self, name: str) -> bool:
        return bool({":all:", name} & set(self.wanted.options.no_binary))

    def _allowed(self, name: str, release: Release, needs: Sequence[_Need]) -> Release:
        """Return the release with only the files whose hash the lock and the requirement allow."""
        sums = self.locked.get(name, {}).get(release.version, frozenset())
        asked = {h.removeprefix("sha256:") for need in needs for h in need.hashes}
        allowed = (sums or asked) & (asked or sums)
        if not allowed:
            return release
        sdist = release.sdist if release.sdist and release.sdist.sha256 in allowed else None
        wheels = tuple(file for file in release.wheels if file.sha256 in allowed)
        return Release(version=release.version, wheels=wheels, sdist=sdist)

    def _from_url(self, name: str, extras: frozenset[str], url: str) -> Iterator[_Candidate]:
        filename = url.partition("#")[0].partition("?")[0].rpartition("/")[2]
        if not filename.endswith(".whl") or wheel_rank(filename, self.environment) is None:
            return
        version = parse_version(filename.split("-")[1])
        if version is not None:
            digest = url.partition("#sha256=")[2]
            file = DistFile(filename=filename, url=url.partition("#")[0], sha256=digest)
            release = Release(version=version, wheels=(file,), sdist=None)
            yield _Candidate(name, version, extras, file, release)

    def admissible(self, name: str, needs: Sequence[_Need]) -> Iterator[Release]:
        """Yield the releases that specifiers, constraints, lock and PEP 592 admit, newest first."""
        specifier = self.constraints.get(name, SpecifierSet())
        for need in needs:
            specifier &= need.specifier
        pre = self.wanted.options.pre or bool(specifier.prereleases)
        exact = any(s.operator in {"==", "==="} and "*" not in s.version for s in specifier)
        locked = self.locked.get(name)
        for release in self.shelf.releases(name):
            version = release.version
            if locked is not None:
                if version in locked and specifier.contains(version, prereleases=True):
                    yield release
                continue
            if release.yanked and not exact:
                continue
            if specifier.contains(version, prereleases=pre or None) and (
                pre or not version.is_prerelease
            ):
                yield release


def resolve(
    wanted: Wanted, environment: Environment, shelf: Shelf, *, release: str = ""
) -> Resolution | Conflict:
    """Return the packages to install in an environment, or why there are none.

    ``release`` is the interpreter's full version. A conflict names every package of the closure
    that has nothing to install there, not only the first that the search met.
    """
    import resolvelib  # noqa: PLC0415 - slow to import, and not needed to print help

    provider = _Provider(wanted, environment, release, shelf)
    roots = provider.roots()
    shelf.index.prefetch([need.name for need in roots])
    missing = _survey(provider, roots)
    if {reason.package for reason in missing} & {need.name for need in roots}:
        return Conflict(environment=environment, reasons=missing)
    resolver: Any = resolvelib.Resolver(provider, resolvelib.BaseReporter())  # type: ignore[arg-type]
    try:
        result = resolver.resolve(roots, max_rounds=_MAX_ROUNDS)
    except resolvelib.ResolutionImpossible as impossible:
        reasons = missing or _contradictions(tuple(impossible.causes))
        return Conflict(environment=environment, reasons=reasons)
    except resolvelib.ResolutionTooDeep:
        text = "the requirements could not be resolved in a sensible number of steps"
        return Conflict(
            environment=environment, reasons=(Reason(code="version-conflict", text=text),)
        )
    return _collect(provider, result.mapping, roots)


def _survey(provider: _Provider, roots: Sequence[_Need]) -> tuple[Reason, ...]:
    """Walk the closure by best candidates; return a reason for each name that has none.

    Only what the project asks for itself is lost at once: a name that a dependency's newest
    release needs may vanish with an older one, which the search finds out.
    """
    reasons: list[Reason] = []
    queue = list(roots)
    seen: set[tuple[str, frozenset[str]]] = set()
    while queue:
        need = queue.pop(0)
        if (need.name, need.extras) in seen:
            continue
        seen.add((need.name, need.extras))
        first = next(provider.candidates(need.name, need.extras, [need]), None)
        if first is None:
            reasons.append(_missing(provider, need))
        else:
            queue.extend(provider.get_dependencies(first))
    return tuple(reasons)


def _missing(provider: _Provider, need: _Need) -> Reason:
    return describe_missing(
        name=need.name,
        parent=need.parent,
        specifier=str(need.specifier & provider.constraints.get(need.name, SpecifierSet())),
        url=need.url,
        environment=provider.environment,
        python=provider.python,
        releases=provider.shelf.releases(need.name),
        admissible=tuple(provider.admissible(need.name, [need])),
        locked=need.name in provider.locked,
        known=provider.shelf.page(need.name) is not None,
    )


def _contradictions(causes: Sequence[Any]) -> tuple[Reason, ...]:
    """Say who asks for what, one reason per name."""
    asked: dict[str, list[str]] = {}
    for cause in causes:
        need = cause.requirement
        who = cause.parent.name if cause.parent is not None else "the project"
        text = f"{who} asks for {need.name}{need.specifier}"
        asked.setdefault(need.name, [])
        if text not in asked[need.name]:
            asked[need.name].append(text)
    return tuple(
        Reason(code="version-conflict", text="; ".join(texts), package=name)
        for name, texts in sorted(asked.items())
    ) or (Reason(code="version-conflict", text="the requirements contradict each other"),)


def _collect(
    provider: _Provider, mapping: "MutableMapping[str, _Candidate]", roots: Sequence[_Need]
) -> Resolution:
    parents: dict[str, set[str]] = {}
    extras: dict[str, set[str]] = {}
    for candidate in mapping.values():
        extras.setdefault(candidate.name, set()).update(candidate.extras)
        for need in provider.get_dependencies(candidate):
            if need.name != candidate.name:
                parents.setdefault(need.name, set()).add(candidate.name)
    asked = {need.name for need in roots}
    pins: list[Pinned] = []
    notes: list[Reason] = []
    for candidate in sorted(mapping.values(), key=lambda c: c.name):
        if candidate.extras:
            continue
        page = provider.shelf.page(candidate.name)
        newest = newest_final(provider.shelf.releases(candidate.name))
        pins.append(
            Pinned(
                name=candidate.name,
                version=str(candidate.version),
                file=candidate.file,
                wheel=candidate.wheel,
                extras=tuple(sorted(extras[candidate.name])),
                required_by=()
                if candidate.name in asked
                else tuple(sorted(parents.get(candidate.name, ()))),
                newest=newest,
                hashes=(f"sha256:{candidate.file.sha256}",) if candidate.file.sha256 else (),
                index_url=page.index_url if page else "",
                origin=page.origin if page else "url",
            )
        )
        notes.extend(_older(provider, candidate, newest))
    return Resolution(environment=provider.environment, packages=tuple(pins), notes=tuple(notes))


def _older(provider: _Provider, candidate: _Candidate, newest: str) -> Iterator[Reason]:
    """Yield a note if the target, not a specifier, is why an older release was taken."""
    version = parse_version(newest)
    if version is None or version <= candidate.version or candidate.name in provider.locked:
        return
    release = next(r for r in provider.shelf.releases(candidate.name) if r.version == version)
    if best_wheel(release, provider.environment, provider.python) is not None:
        return
    python_refused = not any(accepts_python(f, provider.python) for f in release.files)
    why = (
        f"{newest} does not support Python {provider.environment.python}"
        if python_refused
        else f"{newest} has no wheel for {provider.environment}"
    )
    yield Reason(
        code="older-than-newest",
        text=f"{candidate.name} {candidate.version} instead of {newest}: {why}",
        package=candidate.name,
        file=candidate.file.filename,
    )
