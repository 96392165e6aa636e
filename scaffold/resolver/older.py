"""Why an older release was taken than the newest, and what it may lack."""

from collections.abc import Collection, Iterator, Sequence

from scaffold.model.codes import Code
from scaffold.model.resolution import Reason
from scaffold.resolver.cache import Candidate, Requirement
from scaffold.resolver.no_match_reason import explain_unread
from scaffold.resolver.provider import Provider, UnreadError, walk_closure
from scaffold.resolver.releases import accepts_python, parse_version, satisfies
from scaffold.resolver.support import join_words


def note_older(provider: Provider, candidate: Candidate, newest: str) -> Iterator[Reason]:
    """Yield a note if the target, not a specifier, is why an older release was taken."""
    version = parse_version(newest)
    if version is None or version <= candidate.version or candidate.name in provider.locked:
        return
    release = next(r for r in provider.releases(candidate.name) if r.version == version)
    wheel = provider.answers.wheel(release)
    if wheel is not None and wheel.filename not in provider.unread:
        return
    if wheel is not None:
        why = explain_unread(provider.unread[wheel.filename], offline=False).text
    elif any(accepts_python(f, provider.answers.python) for f in release.files):
        why = f"{newest} has no wheel for {provider.answers.environment}"
    else:
        why = f"{newest} does not support Python {provider.answers.environment.python}"
    yield Reason(
        code=Code.OLDER_THAN_NEWEST,
        text=f"{candidate.name} {candidate.version} instead of {newest}: {why}",
        package=candidate.name,
        file=candidate.file.filename,
    )


def note_bounded(
    candidate: Candidate, needs: Sequence[Requirement], newest: str
) -> Iterator[Reason]:
    """Yield a note for each who requires a candidate and does not load with the newest release.

    And for each that requires another version than its lock has.
    """
    version = parse_version(newest)
    for need in needs:
        if need.why and not need.specifier:
            text = (
                f"the lock has {candidate.name} {candidate.version}, and {need.parent} requires "
                f"{need.why}: it is installed as pipenv does, which does not compare them"
            )
            yield Reason(code=Code.INCOMPATIBLE_RELEASES, text=text, package=candidate.name)
        if need.why and version is not None and not satisfies(version, need.specifier):
            text = (
                f"{candidate.name} {candidate.version} instead of {newest}, with which "
                f"{need.parent} does not load ({need.why}): bound it in the requirements, or take "
                f"a newer {need.parent}"
            )
            yield Reason(code=Code.INCOMPATIBLE_RELEASES, text=text, package=candidate.name)


def note_lost(
    provider: Provider,
    candidate: Candidate,
    needs: Sequence[Requirement],
    installed: Collection[str],
) -> Iterator[Reason]:
    """Yield a note if what newer releases require cannot be had, and so is not installed.

    ``needs`` is all that is asked of the candidate. What was ruled out on purpose is not missed.
    """
    if provider.wanted.options.without:
        return
    best = next(provider.candidates(candidate.name, frozenset(), needs), candidate)
    if best.version <= candidate.version:
        return
    try:
        required = {need.name: need for need in provider.dependencies(best)}
    except UnreadError:
        return
    lost = [
        name
        for name, need in required.items()
        if name not in installed
        and any(first is None for _, first in walk_closure(provider, [need], strict=False))
    ]
    if lost:
        text = (
            f"{candidate.name} {candidate.version} instead of {best.version}: newer versions "
            f"require {join_words(lost)}, of which nothing suits {provider.answers.environment}; "
            f"{candidate.version} may need it without saying so"
        )
        yield Reason(code=Code.OLDER_REQUIRES_LESS, text=text, package=candidate.name)
