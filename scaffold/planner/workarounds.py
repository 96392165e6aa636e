"""Where a target has few wheels: the ways to get the packages there all the same, each weighed."""

from collections.abc import Callable, Iterator, Sequence

from packaging.version import Version

from scaffold.model.codes import LIMITS, WITHOUT_WHEEL, Code
from scaffold.model.knowledge import BuildClass
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import Arch, Environment
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Workaround
from scaffold.planner.evaluate import PlanningInput, open_environments
from scaffold.resolver.cache import ResolverCache
from scaffold.resolver.releases import best_wheel, final_releases, split_tags

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
    kinds: tuple[tuple[str, Callable[[Candidate], bool], str], ...] = (
        ("extra-index", _is_prebuilt, "no index here has any: --extra-index-url names one more"),
        ("older-version", _is_older, _older_hint(question, lacking, candidates, shelf)),
        ("distribution", _is_distributed, f"no base's distribution builds {names}"),
        ("compile", _is_compiled, f"{names} cannot be compiled here"),
    )
    ways = []
    for code, goes, why_not in kinds:
        suited = [candidate for candidate in candidates if goes(candidate)]
        best = min(suited, key=_merit, default=None)
        if chosen is not None and goes(chosen.candidate):
            best = chosen.candidate
        ways.append(
            _weigh(code, best, chosen, lacking) if best else Workaround(code=code, text=why_not)
        )
    return tuple(ways)


def _merit(candidate: Candidate) -> tuple[bool, int, str]:
    return _is_compiled(candidate), candidate.size.on_disk, candidate.base.id


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


def _is_prebuilt(candidate: Candidate) -> bool:
    return any(map(_is_plain_linux, candidate.packages))


def _is_older(candidate: Candidate) -> bool:
    return bool(_older_notes(candidate))


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


def _is_distributed(candidate: Candidate) -> bool:
    return bool(candidate.resolution.system)


def _is_compiled(candidate: Candidate) -> bool:
    return candidate.build_class is not BuildClass.WHEELS


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
    found = []
    for name in without:
        version = next(
            (
                f"{name}=={release.version}"
                for release in final_releases(shelf.releases(name))
                for environment in _environments(question)
                if best_wheel(release, environment, _python(environment)) is not None
            ),
            "",
        )
        found += [version] if version else []
    if found:
        have = "has" if len(found) == 1 else "have"
        return f"your requirements do not admit {', '.join(found)}, which {have} a wheel"
    return f"no version of {', '.join(without)} has a wheel"


def _environments(question: PlanningInput) -> tuple[Environment, ...]:
    """Return what the bases offer the target, the newest Python first."""
    found = open_environments(question)
    return tuple(sorted(found, key=lambda one: (_python(one), str(one.libc)), reverse=True))


def _python(environment: Environment) -> Version:
    return Version(f"{environment.python}.99")
