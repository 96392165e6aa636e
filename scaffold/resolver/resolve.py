"""Resolve requirements for a foreign environment: wheels first, sdists only where none exists.

resolvelib does the search; what a requirement, a candidate and a dependency are is decided
here, from pages and metadata that the index port hands out. Markers are evaluated for the target,
pre-releases are taken only when asked for, withdrawn files only when pinned.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import and_
from typing import Any

from packaging.specifiers import SpecifierSet

from scaffold.model.resolution import Conflict, Pinned, Reason, Resolution
from scaffold.model.target import Environment
from scaffold.resolver.cache import (
    CachedResolution,
    Candidate,
    Requirement,
    ResolutionRequest,
    ResolverCache,
)
from scaffold.resolver.dependency_walk import walk_closure
from scaffold.resolver.environment_tags import EnvironmentTags
from scaffold.resolver.no_match_reason import describe_missing
from scaffold.resolver.provider import Provider
from scaffold.resolver.releases import (
    accepts_python,
    find_pace,
    newest_final,
    parse_specifier,
    parse_version,
)

_MAX_ROUNDS = 20_000


def resolve(
    wanted: ResolutionRequest, environment: Environment, shelf: ResolverCache, *, release: str = ""
) -> Resolution | Conflict:
    """Return the packages to install in an environment, or why there are none.

    ``release`` is the interpreter's full version. A conflict names every package of the closure
    that has nothing to install there, not only the first that the search met.
    """
    answers = EnvironmentTags(environment, release)
    provider = Provider(wanted, answers, shelf)
    roots = provider.roots()
    for solved in shelf.solved:
        if solved.wanted == wanted and solved.answers.shared_by(answers):
            contenders = _transfer(solved.contenders, answers)
            return _collect(provider, contenders, roots)
    shelf.index.prefetch([need.name for need in roots])
    lost, missing = _survey(provider, roots)
    if lost:
        return Conflict(environment=environment, reasons=missing)
    found = _search(provider, roots, missing)
    if isinstance(found, Conflict):
        return found
    shelf.solved.append(CachedResolution(wanted, answers, found))
    return _collect(provider, found, roots)


def _search(
    provider: Provider, roots: Sequence[Requirement], missing: tuple[Reason, ...]
) -> dict[str, Candidate] | Conflict:
    """Return a contender per identifier; ``missing`` are the reasons if there is no solution."""
    import resolvelib  # noqa: PLC0415 - slow to import, and not needed to print help

    environment = provider.answers.environment
    resolver: Any = resolvelib.Resolver(provider, resolvelib.BaseReporter())  # type: ignore[arg-type]
    try:
        return dict(resolver.resolve(roots, max_rounds=_MAX_ROUNDS).mapping)
    except resolvelib.ResolutionImpossible as impossible:
        reasons = missing or _contradictions(tuple(impossible.causes))
        return Conflict(environment=environment, reasons=reasons)
    except resolvelib.ResolutionTooDeep:
        text = "the requirements could not be resolved in a sensible number of steps"
        return Conflict(
            environment=environment, reasons=(Reason(code="version-conflict", text=text),)
        )


def _transfer(
    contenders: Mapping[str, Candidate], answers: EnvironmentTags
) -> dict[str, Candidate]:
    """Return the same versions with the files that suit another environment best."""
    moved: dict[str, Candidate] = {}
    for identifier, contender in contenders.items():
        ask = answers.wheel if contender.wheel else answers.sdist
        file = ask(contender.release) or contender.file
        moved[identifier] = replace(contender, file=file)
    return moved


def _survey(provider: Provider, roots: Sequence[Requirement]) -> tuple[bool, tuple[Reason, ...]]:
    """Walk the closure by best candidates; return a reason for each name that has none.

    Where one has none, those that would have to be compiled are named beside it. The first value
    says that all is lost: something the project itself asks for has none. A name that only a
    dependency's newest release needs may vanish with an older one, which the search finds out.
    """
    reasons: list[Reason] = []
    unbuilt: list[Reason] = []
    for need, first in walk_closure(provider, roots):
        if first is None:
            reasons.append(_missing(provider, need))
        elif not first.wheel and not first.system and not need.extras:
            unbuilt.append(_missing(provider, need))
    lost = bool({reason.package for reason in reasons} & {need.name for need in roots})
    return lost, (*reasons, *unbuilt) if reasons else ()


def _missing(provider: Provider, need: Requirement) -> Reason:
    return describe_missing(
        name=need.name,
        parent=need.parent,
        specifier=_join(provider.specifiers(need.name, [need])),
        url=need.url,
        environment=provider.answers.environment,
        python=provider.answers.python,
        releases=provider.releases(need.name),
        admissible=tuple(provider.admissible(need.name, [need])),
        locked=need.name in provider.locked,
        known=provider.page(need.name) is not None,
        offline=provider.wanted.offline,
    )


def _join(specifiers: Sequence[str]) -> str:
    """Spell several specifier sets as one, in the order that packaging gives them."""
    parsed = (parse_specifier(specifier) for specifier in specifiers)
    return str(reduce(and_, filter(None, parsed), SpecifierSet()))


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
    provider: Provider, mapping: Mapping[str, Candidate], roots: Sequence[Requirement]
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
    system: list[tuple[str, str, str]] = []
    for candidate in sorted(mapping.values(), key=lambda c: c.name):
        if candidate.extras and not candidate.system:
            continue
        if candidate.system:
            system.append((candidate.name, str(candidate.version), candidate.system))
            continue
        page = provider.page(candidate.name)
        newest = newest_final(provider.releases(candidate.name))
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
                pace=find_pace(provider.releases(candidate.name), candidate.version),
                hashes=(f"sha256:{candidate.file.sha256}",) if candidate.file.sha256 else (),
                index_url=page.index_url if page else "",
                origin=page.origin if page else "url",
                direct=candidate.name in provider.vendors,
            )
        )
        notes.extend(_older(provider, candidate, newest))
    return Resolution(
        environment=provider.answers.environment,
        packages=tuple(pins),
        system=tuple(dict.fromkeys(system)),
        notes=tuple(notes),
    )


def _older(provider: Provider, candidate: Candidate, newest: str) -> Iterator[Reason]:
    """Yield a note if the target, not a specifier, is why an older release was taken."""
    version = parse_version(newest)
    if version is None or version <= candidate.version or candidate.name in provider.locked:
        return
    release = next(r for r in provider.releases(candidate.name) if r.version == version)
    if provider.answers.wheel(release) is not None:
        return
    python_refused = not any(accepts_python(f, provider.answers.python) for f in release.files)
    why = (
        f"{newest} does not support Python {provider.answers.environment.python}"
        if python_refused
        else f"{newest} has no wheel for {provider.answers.environment}"
    )
    yield Reason(
        code="older-than-newest",
        text=f"{candidate.name} {candidate.version} instead of {newest}: {why}",
        package=candidate.name,
        file=candidate.file.filename,
    )
