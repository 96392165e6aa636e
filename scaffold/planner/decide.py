"""The pipeline, with its edges passed in: from a project and targets to decisions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from scaffold.model.codes import HOPELESS, OF_BASES, WITHOUT_WHEEL, Code
from scaffold.model.errors import Detail, UnresolvableError
from scaffold.model.index import Index
from scaffold.model.knowledge import NONE, Facts
from scaffold.model.options import Options
from scaffold.model.project import Origin, Project
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch, Target, mega
from scaffold.model.verdict import Accepted, Decision, Evaluation, Rejected, Suggestion
from scaffold.planner.accelerators import bind_configured, find_advice
from scaffold.planner.candidates import EvaluationRun, choose
from scaffold.planner.evaluate import PlanningInput, environment_of
from scaffold.planner.source_builds import pin_build_requires
from scaffold.planner.suggestions import (
    applicable_swaps,
    find_suggestions,
    find_with,
    find_workarounds,
    has_wheels,
    nearest_miss,
    safe_swaps,
    with_swaps,
)
from scaffold.planner.suited import Suited, evaluate_read, find_lighter, suit
from scaffold.planner.vendor_indexes import find_plain_index
from scaffold.project.path_requirements import list_indexed
from scaffold.resolver.cache import ResolverCache

_CORRECT = "correct the name or the version and run again"
_HINTS: Mapping[str, str] = {
    Code.REQUIREMENTS_UNKNOWN: "pin a version whose requirements are known, or plan again with "
    "--build-metadata",
    Code.VERSION_CONFLICT: "loosen one of the bounds and run again",
}


def check_satisfiable(
    project: Project,
    rows: Iterable[Sequence[Evaluation]],
    notes: Iterable[Reason] = (),
    *,
    offline: bool,
) -> None:
    """Raise UnresolvableError if for some target every base fails for the requirements' own sake.

    That is: each was refused before its packages were looked at, or for a package that nobody
    knows or versions that exclude each other, wherever it would run.
    """
    for row in rows:
        looked_at = [
            verdict.reasons
            for verdict in row
            if isinstance(verdict, Accepted) or {r.code for r in verdict.reasons} - OF_BASES
        ]
        if looked_at and all(HOPELESS & {r.code for r in reasons} for reasons in looked_at):
            found = dict.fromkeys(r for rs in looked_at for r in rs if r.code in HOPELESS)
            raise UnresolvableError(
                "the requirements cannot be resolved",
                details=(*_place(project, found), *(Detail(text=note.text) for note in notes)),
                hint=(
                    "plan once without --offline, or correct the requirements"
                    if offline
                    else _HINTS.get(next(iter(found)).code, _CORRECT)
                ),
            )


def _name_makers(facts: Facts, rows: Iterable[Sequence[Evaluation]]) -> Iterator[Reason]:
    """Yield who has a package that no index knows, as far as that is known."""
    refused = [verdict for row in rows for verdict in row if isinstance(verdict, Rejected)]
    reasons = [reason for verdict in refused for reason in verdict.reasons]
    names = {one.package for one in reasons if one.code == Code.UNKNOWN_PACKAGE}
    for name in sorted(names):
        module = facts.modules.get(name.replace("-", "_"))
        if module is not None and module.elsewhere:
            text = f"{name}: {module.elsewhere}"
            yield Reason(code=Code.UNKNOWN_PACKAGE, text=text, package=name)


def _name_swaps(facts: Facts, rows: Iterable[Sequence[Evaluation]]) -> Iterator[Reason]:
    """Yield what does the same on Linux as a package that is for another system alone."""
    refused = [verdict for row in rows for verdict in row if isinstance(verdict, Rejected)]
    names = {r.package for one in refused for r in one.reasons if r.code == Code.OTHER_SYSTEM}
    for name in sorted(names & facts.packages.keys()):
        for swap in facts.packages[name].swaps:
            text = f"--swap {name}={swap.to}: keeps {swap.preserves}; loses {swap.loses}"
            yield Reason(code=Code.OTHER_SYSTEM, text=text, package=name)


def _place(project: Project, reasons: Iterable[Reason]) -> Iterator[Detail]:
    """Yield each text once, with the lines that ask for its package."""
    origins: dict[str, list[Origin]] = {}
    for asked in (*project.asked, *project.constraints):
        origins.setdefault(asked.name, []).append(asked.origin)
    for text, package in dict.fromkeys((reason.text, reason.package) for reason in reasons):
        for origin in origins.get(package, ()):
            yield Detail(file=origin.file, line=origin.line, text=text)
        if package not in origins:
            yield Detail(text=text)


_MOST_READ = 256 << 20  # bytes of wheels that a plan may download to read their machine code
_SIBLING = {Arch.ARM_V7: Arch.ARM64, Arch.ARM_V6: Arch.ARM64, Arch.I386: Arch.AMD64}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerServices:
    """Everything outside the pure core. ``tell`` takes one line of progress."""

    index: Index
    facts: Facts
    today: date
    tell: Callable[[str], None]


def decide(
    project: Project, targets: Sequence[Target], options: Options, edges: PlannerServices
) -> tuple[Decision, ...]:
    """Return one decision per target; all share a base and a Python, or none has a choice.

    Raises UnresolvableError for requirements that nothing can satisfy, on any base.
    """
    shelf = ResolverCache(edges.index)
    edges.index.prefetch(list_indexed(project))
    questions = [_question(project, target, options, edges) for target in targets]
    rows = [EvaluationRun(question, shelf, edges.tell).verdicts() for question in questions]
    suited = [
        suit(question, row, shelf, edges.tell)
        for question, row in zip(questions, rows, strict=True)
    ]
    if not options.offline:
        suited = _read_large(suited, shelf, edges.tell)
    rows = [one.row for one in suited]
    told = {note.text: note for one in suited for note in one.notes}
    found = (*_name_makers(edges.facts, rows), *_name_swaps(edges.facts, rows))
    notes_on_rows = (*told.values(), *found)
    check_satisfiable(project, rows, notes_on_rows, offline=options.offline)
    chosen, notes = choose(rows, options.objective)
    return tuple(
        _settled(one.question, one.row, fits, (*one.notes, *notes), shelf=shelf, tell=edges.tell)
        if fits is not None
        else _unsettled(one.question, one.row, shelf, edges.tell)
        for one, fits in zip(suited, chosen, strict=True)
    )


def _read_large(
    suited: list[Suited], shelf: ResolverCache, tell: Callable[[str], None]
) -> list[Suited]:
    """Have the machine code of large wheels read, of those alone that would be chosen.

    What is read may show that a base does not do, so that another is the next to be looked into.
    """
    tried: set[str] = set()
    objective = suited[0].question.options.objective
    while True:
        hopeful, _ = choose([one.row for one in suited], objective, unread=True)
        packages = [fits.candidate.packages for fits in hopeful if fits is not None]
        unread = {w.pinned.file.filename: w for row in packages for w in row if w.elf_unread}
        most = sum(weighed.pinned.file.size or 0 for weighed in unread.values())
        if not unread.keys() - tried or most > _MOST_READ:
            return suited
        tried |= unread.keys()
        names = sorted({weighed.pinned.name for weighed in unread.values()})
        tell(f"reading which libraries {', '.join(names)} load")
        suited = [replace(one, row=evaluate_read(one, unread.keys(), shelf)) for one in suited]


def _question(
    project: Project, target: Target, options: Options, edges: PlannerServices
) -> PlanningInput:
    url, who = find_plain_index(edges.facts.accelerators, project)
    if url and not target.accelerator:
        text = f"{who} installs from {url}: --accelerator none is assumed"
        target = replace(target, accelerator=NONE)
        project = replace(project, notes=(*project.notes, text))
    project = bind_configured(edges.facts.accelerators, target, project)
    question = PlanningInput(
        project=project, target=target, options=options, facts=edges.facts, today=edges.today
    )
    if options.apply_swaps:
        swaps = safe_swaps(question, sorted(edges.facts.packages))
        question = replace(question, options=with_swaps(options, swaps))
    return question


def _settled(
    question: PlanningInput,
    row: tuple[Evaluation, ...],
    chosen: Accepted,
    notes: tuple[Reason, ...],
    *,
    shelf: ResolverCache,
    tell: Callable[[str], None],
) -> Decision:
    tell("looking for savings")
    savings = (
        *find_lighter(question, chosen.candidate, shelf),
        *find_with(question, row, chosen.candidate),
        *find_suggestions(question, chosen.candidate, shelf),
    )
    ways = find_workarounds(question, row, chosen, shelf)
    image = chosen.candidate.image
    return Decision(
        chosen=chosen,
        verdicts=row,
        savings=savings,
        notes=notes,
        ways=ways,
        build_requires=pin_build_requires(
            question.project,
            environment_of(chosen.base, image),
            "" if image.prerelease else image.release,
            shelf,
            offline=question.options.offline,
        ),
    )


def _unsettled(
    question: PlanningInput,
    row: tuple[Evaluation, ...],
    shelf: ResolverCache,
    tell: Callable[[str], None],
) -> Decision:
    nearest = nearest_miss(row)
    savings = (
        (
            *find_lighter(question, nearest.candidate, shelf),
            *find_suggestions(question, nearest.candidate, shelf),
        )
        if nearest and nearest.candidate
        else tuple(_rescues(question, row, shelf))
    )
    notes = (
        *_elsewhere(question, shelf, tell),
        *_other_pythons(question, row, shelf, tell),
        *_other_indexes(question, row, shelf),
    )
    ways = find_workarounds(question, row, None, shelf)
    return Decision(chosen=None, verdicts=row, savings=savings, notes=notes, ways=ways)


def _rescues(
    question: PlanningInput, row: Sequence[Evaluation], shelf: ResolverCache
) -> Iterator[Suggestion]:
    """Yield swaps for the packages that stand in the way, if the other has a wheel there.

    What they save cannot be known: without them there is no image to compare with.
    """
    blocking = {Code.NO_WHEEL, Code.LOCKED_VERSION_NO_WHEEL, Code.COMPILE_TOO_SLOW}
    refused = [verdict for verdict in row if isinstance(verdict, Rejected)]
    reasons = [reason for verdict in refused for reason in verdict.reasons]
    blocked = sorted({r.package for r in reasons if r.code in blocking and r.package})
    useless = {Code.USELESS_ON_DEVICE, Code.ACCELERATOR_FILES_MISSING}
    for name in sorted({r.package for r in reasons if r.code in useless}):
        advice = find_advice(question.facts.accelerators, question.target, name)
        swap_to = advice.rule.swap if advice else ""
        if advice is not None and swap_to and has_wheels(question, swap_to, shelf):
            yield Suggestion(
                code=Code.SWAP,
                text=f"{name} → {swap_to}: {advice.rule.why}",
                bytes=0,
                download=0,
                option=f"--swap {name}={swap_to}",
            )
    for name, swap in applicable_swaps(question, blocked):
        if not swap.drops and has_wheels(question, swap.to, shelf):
            yield Suggestion(
                code=Code.SWAP,
                text=f"{name} → {swap.to}: keeps {swap.preserves}; loses {swap.loses}",
                bytes=0,
                download=0,
                option=f"--swap {name}={swap.to}",
                kind=swap.kind,
            )


def _other_indexes(
    question: PlanningInput, row: Sequence[Evaluation], shelf: ResolverCache
) -> Iterator[Reason]:
    """Yield indexes that may have the wheels that lack where all packages have an sdist."""

    def buildable(reason: Reason) -> bool:
        pages = shelf.releases(reason.package) if reason.code in WITHOUT_WHEEL else ()
        return reason.code == Code.COMPILE_TOO_SLOW or any(one.sdist for one in pages)

    used = (question.project.index.index_url, *question.project.index.extra_index_urls)
    for name, index in question.facts.indexes.items():
        if question.target.arch not in index.arches or index.url in used:
            continue
        pythons = {
            one.python: None
            for one in row
            if isinstance(one, Rejected)
            and one.python in index.pythons
            and one.base.libc is index.libc
            and all(map(buildable, one.reasons))
        }
        if pythons:
            text = (
                f"{name} builds wheels for {question.target.arch} and may have these: "
                f"--extra-index-url {index.url} --python {' or '.join(pythons)}"
            )
            yield Reason(code=Code.MAY_HAVE_WHEELS, text=text, fact=f"indexes/{name}")


def _other_pythons(
    question: PlanningInput,
    row: Sequence[Evaluation],
    shelf: ResolverCache,
    tell: Callable[[str], None],
) -> Iterator[Reason]:
    """Yield the Python that would do, where an option or a file pins one that lacks wheels."""
    declared = tuple(one for one in question.project.pythons if one.origin.detail)
    pinned = question.options.python or len(declared) < len(question.project.pythons)
    if not pinned or not any(WITHOUT_WHEEL & {r.code for r in one.reasons} for one in row):
        return
    free = replace(
        question,
        project=replace(question.project, pythons=declared),
        options=replace(question.options, python=""),
    )
    (best,), _ = choose([EvaluationRun(free, shelf, tell).verdicts()], question.options.objective)
    if best is not None:
        text = (
            f"with --python {best.python} it would fit: {best.candidate.reference}, "
            f"{mega(best.size.on_disk)}"
        )
        yield Reason(code=Code.WOULD_FIT, text=text, fact=f"python-{best.python}")


def _elsewhere(
    question: PlanningInput, shelf: ResolverCache, tell: Callable[[str], None]
) -> tuple[Reason, ...]:
    """Say whether the 64-bit system of the same device family would do."""
    sibling = _SIBLING.get(question.target.arch)
    if sibling is None:
        return ()
    there = replace(question, target=replace(question.target, arch=sibling, device=None))
    row = EvaluationRun(there, shelf, tell).verdicts()
    chosen, _ = choose([row], question.options.objective)
    best = chosen[0]
    if best is None:
        return ()
    text = (
        f"on {sibling} it would fit: {best.candidate.reference}, "
        f"{mega(best.size.on_disk)}; most newer boards run a 64-bit system"
    )
    return (Reason(code=Code.WOULD_FIT, text=text, fact=sibling.value),)
