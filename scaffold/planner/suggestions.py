"""What would make an image smaller, or possible at all: swaps, dropped extras, older versions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scaffold.model.codes import LIMITS, PROGRAMS, WITHOUT_WHEEL, Code
from scaffold.model.knowledge import BuildClass, Swap
from scaffold.model.options import Options
from scaffold.model.project import Asked, Origin
from scaffold.model.resolution import Reason, Resolution, Weighed
from scaffold.model.target import Arch, Environment, mega
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Rejected, Suggestion, Workaround
from scaffold.planner.candidates import evaluate_again
from scaffold.planner.evaluate import PlanningInput, evaluate, open_environments
from scaffold.planner.size_prediction import source_bytes
from scaffold.resolver.cache import ResolutionRequest, ResolverCache
from scaffold.resolver.releases import best_wheel, final_releases, split_tags
from scaffold.resolver.resolve import resolve

# Bytes of source that CPython 3.13 compiles in a second of a desktop's processor: `compile` over
# 632 files of the standard library in python:3.13-slim, 11.2 MB in 1.55 s, the better of two runs;
# pydantic 7.1, pandas 8.4, numpy 8.7, FastAPI 9.9 MB a second (amd64, 2026-11-25).
COMPILED_PER_SECOND = 7_200_000
_WITHOUT_SOURCES = (
    "no sources where this is proven to work: tracebacks do not show source lines; the start takes "
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
            extras = f"[{','.join(swap.drops)}]" if swap.drops else ""
            found.append(
                Suggestion(
                    code=Code.SWAP,
                    text=f"{name}{extras} → {swap.to}: keeps {swap.preserves}; loses {swap.loses}",
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
    """Return the cut base that is smaller with the programs it lacks, if only they are missing."""
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
        f"{chosen.base.id}; other programs that the app starts are missing",
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
        "no compiled bytecode: every start compiles what it imports; compiling all "
        f"{mega(sources)} of sources takes {sources / COMPILED_PER_SECOND:.1f} s on a "
        f"desktop processor, longer on a small one"
    )


def _swapped(
    question: PlanningInput, candidate: Candidate, shelf: ResolverCache, name: str, swap: Swap
) -> Candidate | None:
    asked = next((w.pinned.extras for w in candidate.packages if w.pinned.name == name), ())
    if swap.drops and not set(swap.drops) & set(asked):
        return None
    options = with_swaps(question.options, ((name, swap.to),))
    return evaluate_again(replace(question, options=options), candidate, shelf)


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


# Few projects upload wheels for these.
SCARCE = frozenset({Arch.ARM_V7, Arch.ARM_V6, Arch.I386, Arch.RISCV64})


def find_workarounds(
    question: PlanningInput,
    row: Sequence[Evaluation],
    chosen: Accepted | None,
    shelf: ResolverCache,
) -> tuple[Workaround, ...]:
    """Return an extra index, an older version, the distribution's packages, and compiling.

    Each with the smallest candidate that goes that way, ready-made before compiled, or why none
    does; one candidate may go several ways, each with some of its packages. Nothing where every
    package has a wheel, or on a target that most projects have wheels for.
    """
    candidates = tuple(_list_candidates(row))
    lacking = _list_lacking(row, candidates)
    if question.target.arch not in SCARCE or not lacking:
        return ()
    names = ", ".join(lacking)
    kinds = {
        "extra-index": "no index has one; add another with --extra-index-url",
        "older-version": _older_hint(question, lacking, candidates, shelf),
        "distribution": f"no base's distribution builds {names}",
        "compile": f"{names} cannot be compiled here",
    }
    ways = []
    for code, why_not in kinds.items():
        best = min(
            (candidate for candidate in candidates if _GOES[code](candidate)),
            key=lambda one: (_GOES["compile"](one), one.size.on_disk, one.base.id),
            default=None,
        )
        if chosen is not None and _GOES[code](chosen.candidate):
            best = chosen.candidate
        ways.append(
            _weigh(code, best, chosen, lacking) if best else Workaround(code=code, text=why_not)
        )
    return tuple(ways)


def _list_candidates(row: Sequence[Evaluation]) -> Iterator[Candidate]:
    """Yield what fits, or fails on a limit of size or patience only."""
    for verdict in row:
        candidate = verdict.candidate
        limited = isinstance(verdict, Accepted) or {r.code for r in verdict.reasons} <= LIMITS
        if candidate is not None and limited:
            yield candidate


def _list_lacking(row: Sequence[Evaluation], candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Return the packages that some base has no wheel for, sorted."""
    reasons: list[Reason] = [reason for verdict in row for reason in verdict.told]
    told = {reason.package for reason in reasons if reason.code in WITHOUT_WHEEL and reason.package}
    prebuilt = {w.pinned.name for one in candidates for w in one.packages if _is_plain_linux(w)}
    return tuple(sorted(told | prebuilt))


def _is_plain_linux(weighed: Weighed) -> bool:
    """Tell a wheel that promises no C library: indexes of prebuilt wheels have those."""
    if not weighed.pinned.wheel:
        return False
    return all(tag.startswith("linux_") for tag in split_tags(weighed.pinned.file.filename)[2])


def _older_notes(candidate: Candidate) -> list[Reason]:
    """Return what is said of older versions with a wheel of the usual index."""
    prebuilt = {w.pinned.name for w in candidate.packages if _is_plain_linux(w)}
    return [
        note
        for note in candidate.resolution.notes
        if note.code == Code.OLDER_THAN_NEWEST
        and note.file.endswith(".whl")
        and note.package not in prebuilt
    ]


# Whether a candidate goes a way.
_GOES: dict[str, Callable[[Candidate], bool]] = {
    "extra-index": lambda one: any(map(_is_plain_linux, one.packages)),
    "older-version": lambda one: bool(_older_notes(one)),
    "distribution": lambda one: bool(one.resolution.system),
    "compile": lambda one: one.build_class is not BuildClass.WHEELS,
}


def _weigh(
    code: str, best: Candidate, chosen: Accepted | None, lacking: Sequence[str]
) -> Workaround:
    patience = _PATIENCE.get(best.build_class, "")
    options = [f"--base {best.base.id}", f"--python {best.image.python}"]
    return Workaround(
        code=code,
        text=_describe(code, best, lacking),
        risk=_RISKS[code],
        size=best.size,
        build_class=best.build_class,
        option=" ".join([*options, *([f"--allow-compile {patience}"] if patience else [])]),
        chosen=chosen is not None and best == chosen.candidate,
    )


_PATIENCE = {
    BuildClass.MINUTES: "minutes",
    BuildClass.UNKNOWN: "minutes",
    BuildClass.HOURS: "hours",
}
_RISKS = {
    "extra-index": "its files name no C library: a build for another release of the system may "
    "not start",
    "older-version": "no fixes that came after it",
    "distribution": "the release's versions and its Python; security fixes come from Debian",
    "compile": "the build runs on the target's platform, emulated on any other, and may run out "
    "of memory there",
}


def _describe(code: str, best: Candidate, lacking: Sequence[str]) -> str:
    match code:
        case "extra-index":
            taken = [w.pinned for w in best.packages if _is_plain_linux(w)]
            return ", ".join(f"{one.name} {one.version}" for one in taken)
        case "older-version":
            return "; ".join(note.text for note in _older_notes(best))
        case "distribution":
            return ", ".join(
                f"{n} {version} as {deb}" for n, version, deb in best.resolution.system
            )
        case _:
            built = [w.pinned for w in best.packages if w.compiled]
            return ", ".join(f"{one.name} {one.version}" for one in built) or ", ".join(lacking)


def _older_hint(
    question: PlanningInput,
    lacking: Sequence[str],
    candidates: Sequence[Candidate],
    shelf: ResolverCache,
) -> str:
    """Say which older version has a wheel though the requirements do not admit it."""
    ready = {w.pinned.name for one in candidates for w in one.packages if w.pinned.wheel}
    without = [name for name in lacking if name not in ready]
    if not without:
        return "the newest versions have the wheels that there are"
    newest_first = sorted(
        open_environments(question), key=lambda one: (_python(one), str(one.libc)), reverse=True
    )
    found = []
    for name in without:
        version = next(
            (
                f"{name}=={release.version}"
                for release in final_releases(shelf.releases(name))
                for environment in newest_first
                if best_wheel(release, environment, _python(environment)) is not None
            ),
            "",
        )
        found += [version] if version else []
    if found:
        have = "has" if len(found) == 1 else "have"
        return f"your requirements do not allow {', '.join(found)}, which {have} a wheel"
    return f"no version of {', '.join(without)} has a wheel"


def _python(environment: Environment) -> Version:
    return Version(f"{environment.python}.99")
