"""What would make the image smaller, or possible at all: swaps, dropped extras, no bytecode."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scaffold.model.codes import LIMITS, PROGRAMS, Code
from scaffold.model.knowledge import Swap
from scaffold.model.options import Options
from scaffold.model.project import Asked, Origin
from scaffold.model.resolution import Resolution
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Rejected, Suggestion
from scaffold.planner.candidates import wanted_of, weigh
from scaffold.planner.evaluate import PlanningInput, evaluate, open_environments
from scaffold.planner.size_prediction import source_bytes
from scaffold.resolver.cache import ResolutionRequest, ResolverCache
from scaffold.resolver.resolve import resolve

# Bytes of source that CPython 3.13 compiles in a second of a desktop's processor: `compile` over
# 632 files of the standard library in python:3.13-slim, 11.2 MB in 1.55 s, the better of two runs;
# pydantic 7.1, pandas 8.4, numpy 8.7, FastAPI 9.9 MB a second (amd64, 2026-11-25).
COMPILED_PER_SECOND = 7_200_000
_WITHOUT_SOURCES = (
    "no sources where that is proven to work: tracebacks show no lines of them, and a start takes "
    "as long as before"
)


def applicable_swaps(question: PlanningInput, names: Sequence[str]) -> Iterator[tuple[str, Swap]]:
    """Yield (name, swap) for each known swap of these packages that nothing forbids."""
    uses = {use.code for use in question.project.uses}
    for name in names:
        fact = question.facts.packages.get(name)
        for swap in fact.swaps if fact else ():
            wrong_arch = swap.arches and question.target.arch not in swap.arches
            if not wrong_arch and (not swap.unless or swap.unless not in uses):
                yield name, swap


def safe_swaps(question: PlanningInput, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the swaps that preserve behaviour, as pairs (from, to)."""
    return tuple(
        (name, swap.to) for name, swap in applicable_swaps(question, names) if swap.kind == "safe"
    )


def find_suggestions(
    question: PlanningInput, candidate: Candidate, shelf: ResolverCache
) -> tuple[Suggestion, ...]:
    """Return what each swap would save on this base, largest first; only what saves at all."""
    found: list[Suggestion] = []
    names = [weighed.pinned.name for weighed in candidate.packages]
    for name, swap in applicable_swaps(question, names):
        swapped = _swapped(question, candidate, shelf, name, swap)
        if swapped is not None and swapped.size.on_disk < candidate.size.on_disk:
            found.append(
                Suggestion(
                    code=Code.SWAP,
                    text=f"{name} → {swap.to}: keeps {swap.preserves}; loses {swap.loses}",
                    bytes=candidate.size.on_disk - swapped.size.on_disk,
                    download=candidate.size.download - swapped.size.download,
                    option=f"--swap {name}={swap.to}",
                    kind=swap.kind,
                )
            )
    found.extend(_other_bytecode(question, candidate))
    return tuple(sorted(found, key=lambda saving: (-saving.bytes, saving.option)))


def _other_bytecode(question: PlanningInput, candidate: Candidate) -> Iterator[Suggestion]:
    """Yield what the other choices of bytecode would save, and what each costs."""
    for choice in ("none", "only"):
        options = replace(question.options, bytecode=choice)
        other = evaluate(
            replace(question, options=options),
            candidate.base,
            candidate.image,
            candidate.resolution,
            candidate.packages,
        ).candidate
        if other is not None and other.size.on_disk < candidate.size.on_disk:
            yield Suggestion(
                code=Code.BYTECODE,
                text=_WITHOUT_SOURCES if choice == "only" else _price_compiling(candidate),
                bytes=candidate.size.on_disk - other.size.on_disk,
                download=candidate.size.download - other.size.download,
                option=f"--bytecode {choice}",
            )


def find_with(
    question: PlanningInput, verdicts: Sequence[Evaluation], chosen: Candidate
) -> tuple[Suggestion, ...]:
    """Return the cut base that is smaller than the chosen one with the programs that it lacks.

    At most one, and only where nothing but programs stands against it.
    """
    found: list[tuple[Candidate, tuple[str, ...]]] = []
    for verdict in verdicts:
        candidate = verdict.candidate if isinstance(verdict, Rejected) else None
        lacking = {reason.fact for reason in verdict.reasons}
        codes = {reason.code for reason in verdict.reasons}
        if candidate is None or not candidate.base.origin or "" in lacking or codes - PROGRAMS:
            continue
        programs = (*question.options.programs, *sorted(lacking))
        given = replace(question, options=replace(question.options, programs=programs))
        base, image = candidate.base, candidate.image
        other = evaluate(given, base, image, candidate.resolution, candidate.packages)
        if isinstance(other, Accepted) and other.size.on_disk < chosen.size.on_disk:
            found.append((other.candidate, tuple(sorted(lacking))))
    if not found:
        return ()
    least, programs = min(found, key=lambda pair: (pair[0].size.on_disk, pair[0].base.id))
    saving = Suggestion(
        code=Code.WITH,
        text=f"{least.base.id} with {' and '.join(programs)} and what that needs, instead of "
        f"{chosen.base.id}; what else the app starts is not there",
        bytes=chosen.size.on_disk - least.size.on_disk,
        download=chosen.size.download - least.size.download,
        option=" ".join(f"--with {program}" for program in programs),
    )
    return (saving,)


def _price_compiling(candidate: Candidate) -> str:
    """Return what a start costs without bytecode: at most all sources are compiled each time."""
    library = candidate.base.stdlib_sources[0]
    sources = library + sum(source_bytes(weighed.facts) for weighed in candidate.packages)
    return (
        "no compiled bytecode: every start compiles what it imports; all of it, "
        f"{sources / 1e6:.1f} MB of sources, takes {sources / COMPILED_PER_SECOND:.1f} s of a "
        "desktop's processor, more of a small one"
    )


def _swapped(
    question: PlanningInput, candidate: Candidate, shelf: ResolverCache, name: str, swap: Swap
) -> Candidate | None:
    asked = next((w.pinned.extras for w in candidate.packages if w.pinned.name == name), ())
    if swap.drops and not set(swap.drops) & set(asked):
        return None
    options = with_swaps(question.options, ((name, swap.to),))
    wanted = wanted_of(question.project, options, question.facts)
    environment = candidate.resolution.environment
    resolution = resolve(wanted, environment, shelf, release=candidate.image.release)
    if not isinstance(resolution, Resolution):
        return None
    packages = weigh(resolution.packages, shelf.index, network=not options.offline)
    changed = replace(question, options=options)
    verdict = evaluate(changed, candidate.base, candidate.image, resolution, packages)
    return verdict.candidate


def with_swaps(options: Options, swaps: Sequence[tuple[str, str]]) -> Options:
    """Return the options with more swaps; what was asked for explicitly stays first."""
    asked = {name for name, _ in options.swaps}
    added = tuple(swap for swap in swaps if swap[0] not in asked)
    return replace(options, swaps=(*options.swaps, *added))


def nearest_miss(verdicts: Sequence[Evaluation]) -> Rejected | None:
    """Return what failed on limits only, with the smallest image, if there is one."""
    missed = [
        (verdict.size.on_disk, verdict.base.id, number, verdict)
        for number, verdict in enumerate(verdicts)
        if isinstance(verdict, Rejected)
        and verdict.size is not None
        and {reason.code for reason in verdict.reasons} <= LIMITS
    ]
    return min(missed)[-1] if missed else None


def has_wheels(question: PlanningInput, requirement: str, shelf: ResolverCache) -> bool:
    """Tell whether a requirement resolves to wheels on some base for the question's target."""
    parsed = Requirement(requirement)
    asked = Asked(
        name=canonicalize_name(parsed.name),
        extras=tuple(sorted(parsed.extras)),
        text=requirement,
        origin=Origin(file="a swap"),
    )
    wanted = ResolutionRequest(asked=(asked,), sdists=False)
    return any(
        isinstance(resolve(wanted, environment, shelf), Resolution)
        for environment in open_environments(question)
    )
