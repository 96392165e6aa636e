"""Resolve requirements for a foreign environment: wheels first, sdists only where none exists.

nab-resolver does the search; what a requirement, a candidate and a dependency are is decided
here, from pages and metadata that the index port hands out. Markers are evaluated for the target,
pre-releases are taken only when asked for, withdrawn files only when pinned.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from scaffold.model.codes import Code
from scaffold.model.resolution import Conflict, Pinned, Reason, Resolution
from scaffold.model.target import Environment
from scaffold.resolver.cache import (
    CachedResolution,
    Candidate,
    EnvironmentTags,
    Requirement,
    ResolutionRequest,
    ResolverCache,
)
from scaffold.resolver.contradiction import explain_contradiction, list_proven
from scaffold.resolver.no_match_reason import explain_missing, explain_unread
from scaffold.resolver.older import note_bounded, note_lost, note_older
from scaffold.resolver.provider import Provider, UnreadError, walk_closure
from scaffold.resolver.releases import find_pace, list_wheel_pythons, newest_final
from scaffold.resolver.search import MOST_STEPS, GaveUpError, NoSolutionError, Search

_SAMPLES = 8
_BRIEF = 64  # steps more than there are packages


def resolve(
    wanted: ResolutionRequest,
    environment: Environment,
    shelf: ResolverCache,
    *,
    release: str = "",
    brief: bool = False,
) -> Resolution | Conflict:
    """Return the packages to install in an environment, or why there are none.

    ``release`` is the interpreter's full version. A conflict names every package of the closure
    that has nothing to install there, not only the first that the search met. ``brief`` gives up
    early where the newest releases lack a package: for an environment that has a better one beside
    it, older releases by the hundred are not read.
    """
    provider = Provider(wanted, EnvironmentTags(environment, release), shelf)
    try:
        return _resolve(provider, brief=brief)
    except UnreadError as error:
        reason = explain_unread(error, offline=wanted.offline)
        return Conflict(environment=environment, reasons=(reason,))


def _resolve(provider: Provider, *, brief: bool) -> Resolution | Conflict:
    wanted, answers, shelf = provider.wanted, provider.answers, provider.shelf
    environment = answers.environment
    roots = provider.roots()
    for solved in shelf.solved:
        same = solved.wanted == wanted and solved.answers.shared_by(answers)
        if same and _requires_the_same(solved, answers, shelf):
            contenders = {key: _move(one, answers) for key, one in solved.contenders.items()}
            return _collect(provider, contenders, roots)
    shelf.index.prefetch([need.name for need in roots])
    survey = _survey(provider, roots)
    if survey.lost:
        return Conflict(environment=environment, reasons=survey.missing)
    steps = survey.names + _BRIEF if brief and survey.missing else MOST_STEPS
    found = _search(provider, roots, survey.missing, steps)
    if isinstance(found, Conflict):
        return found
    shelf.solved.append(CachedResolution(wanted, answers, found, tuple(provider.read.values())))
    return _collect(provider, found, roots)


def _search(
    provider: Provider, roots: Sequence[Requirement], missing: tuple[Reason, ...], steps: int
) -> dict[str, Candidate] | Conflict:
    """Return a candidate per package; ``missing`` are names that the newest releases lack."""
    environment = provider.answers.environment
    search = Search(provider, roots, most_steps=steps)
    try:
        return search.solve()
    except NoSolutionError as error:
        proven = list_proven(search, error.proof)
        names = {name for _, name in proven}
        unread = (one for one in provider.unread.values() if one.contender.name in names)
        reasons = (
            tuple(_list_missing(provider, proven))
            or tuple(explain_unread(one, offline=False) for one in unread)
            or explain_contradiction(provider, proven)
            or missing
        )
        return Conflict(environment=environment, reasons=reasons)
    except GaveUpError as error:
        if missing:
            return Conflict(environment=environment, reasons=missing)
        text = (
            "no set of versions was found in a sensible number of steps; "
            f"most were rejected of {', '.join(error.names)}: bound these more tightly"
        )
        package = error.names[0] if error.names else ""
        reason = Reason(code=Code.VERSION_CONFLICT, text=text, package=package)
        return Conflict(environment=environment, reasons=(reason,))


def _list_missing(
    provider: Provider, proven: Mapping[tuple[str, str], tuple[str, Requirement]]
) -> Iterator[Reason]:
    """Yield why there is nothing to install for a requirement by itself, where it is so."""
    for _, need in proven.values():
        if next(iter(provider.candidates(need.name, need.extras, [need])), None) is None:
            yield _missing(provider, need)


def _move(contender: Candidate, answers: EnvironmentTags) -> Candidate:
    """Return the same version with the file that suits another environment best."""
    ask = answers.wheel if contender.wheel else answers.sdist
    return replace(contender, file=ask(contender.release) or contender.file)


def _requires_the_same(
    solved: CachedResolution, answers: EnvironmentTags, shelf: ResolverCache
) -> bool:
    """Tell whether the files of another environment require what those of a search did."""
    moved = [(one, _move(one, answers)) for one in solved.read]
    changed = [(one, other) for one, other in moved if one.file != other.file]
    shelf.index.prefetch_metadata(
        [(other.name, str(other.version), other.file) for _, other in changed]
    )
    return all(_requires(one, shelf) == _requires(other, shelf) for one, other in changed)


def _requires(contender: Candidate, shelf: ResolverCache) -> tuple[str, ...] | None:
    metadata = shelf.metadata(contender)
    return None if metadata is None or metadata.uncertain else metadata.requires


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the best candidates of a closure lack; ``names`` counts them.

    ``lost`` says that no search helps: something that the project itself asks for has no file.
    """

    lost: bool
    missing: tuple[Reason, ...]
    names: int


def _survey(provider: Provider, roots: Sequence[Requirement]) -> _Survey:
    """Walk the closure by best candidates; find a reason for each name that has none.

    Where one has none, those that would have to be compiled are named beside it. A name that only
    a dependency's newest release needs may vanish with an older one, which the search finds out.
    """
    provider.skims = not all(map(provider.has_file, roots))
    reasons: list[Reason] = []
    unbuilt: list[Reason] = []
    missing: list[Requirement] = []
    needs: dict[str, Requirement] = {}
    for need, first in walk_closure(provider, roots):
        needs.setdefault(need.name, need)
        if first is None:
            missing.append(need)
            reasons.append(_missing(provider, need))
        elif not first.wheel and not first.system and not need.extras:
            unbuilt.append(_missing(provider, need))
    names = {need.name for need in roots}
    lost = bool({reason.package for reason in reasons} & names) or any(
        _is_mandatory(provider, need, needs, names)
        for need in missing
        if not _has_any_file(provider, need.name)
    )
    return _Survey(lost, (*reasons, *unbuilt) if reasons else (), len(needs))


def _has_any_file(provider: Provider, name: str) -> bool:
    """Tell whether any version of a project has a file for the environment."""
    answers = provider.answers
    return any(
        answers.wheel(release) is not None or answers.sdist(release) is not None
        for release in provider.shelf.releases(name)
    )


def _is_mandatory(
    provider: Provider, need: Requirement, needs: Mapping[str, Requirement], roots: AbstractSet[str]
) -> bool:
    """Tell whether older versions of what needs a name, up to the project itself, need it too.

    Some versions from the newest to the oldest that is admitted stand for all of them.
    """
    seen: set[str] = set()
    while need.name not in roots:
        parent = needs.get(need.parent)
        if parent is None or need.name in seen or not _always_needs(provider, parent, need.name):
            return False
        seen.add(need.name)
        need = parent
    return True


def _always_needs(provider: Provider, parent: Requirement, name: str) -> bool:
    found = [
        candidate
        for candidate in provider.candidates(parent.name, parent.extras, [parent])
        if candidate.wheel
    ]
    step = max(1, (len(found) - 1) // (_SAMPLES - 1))
    samples = [*found[::step], *found[-1:]]
    provider.shelf.index.prefetch_metadata(
        [(one.name, str(one.version), one.file) for one in samples]
    )
    try:
        return bool(samples) and all(
            name in {need.name for need in provider.dependencies(one)} for one in samples
        )
    except UnreadError:
        return False


def _missing(provider: Provider, need: Requirement) -> Reason:
    unread = [one for one in provider.unread.values() if one.contender.name == need.name]
    if unread:
        return explain_unread(unread[0], offline=False)
    return next(explain_missing(provider, need))


def _pin(provider: Provider, candidate: Candidate) -> Pinned:
    """Return a candidate as it is pinned, but for what the others ask of it."""
    page = provider.page(candidate.name)
    metadata = provider.shelf.metadata(candidate)
    releases = provider.releases(candidate.name)
    built = (one for one in releases if one.version == candidate.version and not candidate.wheel)
    wheels = (list_wheel_pythons(one, provider.answers.environment) for one in built)
    return Pinned(
        name=candidate.name,
        version=str(candidate.version),
        file=candidate.file,
        wheel=candidate.wheel,
        newest=newest_final(releases),
        pace=find_pace(releases, candidate.version),
        hashes=(f"sha256:{candidate.file.sha256}",) if candidate.file.sha256 else (),
        index_url=page.index_url if page else "",
        origin=page.origin if page else "url",
        direct=candidate.name in provider.vendors,
        pythons=metadata.pythons if metadata else (),
        wheel_pythons=next(wheels, ()),
    )


def _collect(
    provider: Provider, mapping: Mapping[str, Candidate], roots: Sequence[Requirement]
) -> Resolution:
    parents: defaultdict[str, set[str]] = defaultdict(set)
    children: defaultdict[str, set[str]] = defaultdict(set)
    extras: defaultdict[str, set[str]] = defaultdict(set)
    needs: dict[str, list[Requirement]] = {}
    for need in roots:
        needs.setdefault(need.name, []).append(need)
    for candidate in mapping.values():
        extras[candidate.name].update(candidate.extras)
        for need in provider.dependencies(candidate):
            if need.name != candidate.name:
                needs.setdefault(need.name, []).append(need)
                children[candidate.name].add(need.name)
                parents[need.name].add(candidate.name)
    asked = {need.name for need in roots}
    pins: list[Pinned] = []
    notes: list[Reason] = []
    system: list[tuple[str, str, str]] = []
    for candidate in sorted(mapping.values(), key=lambda c: c.name):
        name = candidate.name
        if candidate.system:
            system.append((name, str(candidate.version), candidate.system))
        elif not candidate.extras:
            pin = replace(
                _pin(provider, candidate),
                extras=tuple(sorted(extras[name])),
                required_by=() if name in asked else tuple(sorted(parents[name])),
                requires=tuple(sorted(children[name])),
            )
            pins.append(pin)
            notes.extend(note_older(provider, candidate, pin.newest))
            notes.extend(note_bounded(candidate, needs[name], pin.newest))
            notes.extend(note_lost(provider, candidate, needs[name], extras))
    return Resolution(
        environment=provider.answers.environment,
        packages=tuple(pins),
        system=tuple(dict.fromkeys(system)),
        notes=tuple(notes),
    )
