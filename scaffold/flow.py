"""The pipeline, with its edges passed in: from a project and targets to decisions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from scaffold.core.choose import choose
from scaffold.core.evaluate import Evaluation, on_other_arch
from scaffold.core.judge import Question
from scaffold.core.local import list_indexed
from scaffold.core.ports import Index
from scaffold.core.savings import (
    applicable_swaps,
    find_savings,
    find_with,
    has_wheels,
    nearest_miss,
    safe_swaps,
    with_swaps,
)
from scaffold.core.shelf import Shelf
from scaffold.core.unresolvable import check_resolvable
from scaffold.core.ways import find_ways
from scaffold.model.knowledge import Facts
from scaffold.model.plan import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch, Target
from scaffold.model.verdict import Decision, Fits, Rejected, Saving, Verdict

_SIBLING = {Arch.ARM_V7: Arch.ARM64, Arch.ARM_V6: Arch.ARM64, Arch.I386: Arch.AMD64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Everything outside the pure core. ``tell`` takes one line of progress."""

    index: Index
    facts: Facts
    today: date
    tell: Callable[[str], None]


def decide(
    project: Project, targets: Sequence[Target], options: Options, edges: Edges
) -> tuple[Decision, ...]:
    """Return one decision per target; all share a base and a Python, or none has a choice.

    Raises UnresolvableError for requirements that nothing can satisfy, on any base.
    """
    shelf = Shelf(edges.index)
    edges.index.prefetch(list_indexed(project))
    questions = [_question(project, target, options, edges) for target in targets]
    rows = [Evaluation(question, shelf, edges.tell).verdicts() for question in questions]
    check_resolvable(project, rows, offline=options.offline)
    chosen, notes = choose(rows, options.objective)
    return tuple(
        _settled(question, row, fits, notes, shelf=shelf, tell=edges.tell)
        if fits is not None
        else _unsettled(question, row, shelf, edges.tell)
        for question, row, fits in zip(questions, rows, chosen, strict=True)
    )


def _question(project: Project, target: Target, options: Options, edges: Edges) -> Question:
    question = Question(
        project=project, target=target, options=options, facts=edges.facts, today=edges.today
    )
    if options.apply_swaps:
        swaps = safe_swaps(question, sorted(edges.facts.packages))
        question = replace(question, options=with_swaps(options, swaps))
    return question


def _settled(
    question: Question,
    row: tuple[Verdict, ...],
    chosen: Fits,
    notes: tuple[Reason, ...],
    *,
    shelf: Shelf,
    tell: Callable[[str], None],
) -> Decision:
    tell("looking for savings")
    savings = (
        *find_with(question, row, chosen.candidate),
        *find_savings(question, chosen.candidate, shelf),
    )
    ways = find_ways(question, row, chosen, shelf)
    return Decision(chosen=chosen, verdicts=row, savings=savings, notes=notes, ways=ways)


def _unsettled(
    question: Question, row: tuple[Verdict, ...], shelf: Shelf, tell: Callable[[str], None]
) -> Decision:
    missed = nearest_miss(row)
    savings = (
        tuple(_rescues(question, row, shelf))
        if missed is None
        else find_savings(question, missed, shelf)
    )
    notes = _elsewhere(question, shelf, tell)
    ways = find_ways(question, row, None, shelf)
    return Decision(chosen=None, verdicts=row, savings=savings, notes=notes, ways=ways)


def _rescues(question: Question, row: Sequence[Verdict], shelf: Shelf) -> Iterator[Saving]:
    """Yield swaps for the packages that stand in the way, if the other has a wheel there.

    What they save cannot be known: without them there is no image to compare with.
    """
    blocking = {"no-wheel", "locked-version-no-wheel", "compile-too-slow"}
    refused = [verdict for verdict in row if isinstance(verdict, Rejected)]
    reasons = [reason for verdict in refused for reason in verdict.reasons]
    blocked = sorted({r.package for r in reasons if r.code in blocking and r.package})
    for name, swap in applicable_swaps(question, blocked):
        if not swap.drops and has_wheels(question, swap.to, shelf):
            yield Saving(
                code="swap",
                text=f"{name} → {swap.to}: keeps {swap.preserves}; loses {swap.loses}",
                bytes=0,
                download=0,
                option=f"--swap {name}={swap.to}",
                kind=swap.kind,
            )


def _elsewhere(question: Question, shelf: Shelf, tell: Callable[[str], None]) -> tuple[Reason, ...]:
    """Say whether the 64-bit system of the same device family would do."""
    sibling = _SIBLING.get(question.target.arch)
    if sibling is None:
        return ()
    row = Evaluation(on_other_arch(question, sibling), shelf, tell).verdicts()
    chosen, _ = choose([row], question.options.objective)
    best = chosen[0]
    if best is None:
        return ()
    text = (
        f"on {sibling} it would fit: {best.candidate.reference}, "
        f"{best.size.on_disk / 1e6:.1f} MB; most newer boards run a 64-bit system"
    )
    return (Reason(code="would-fit", text=text, fact=sibling.value),)
