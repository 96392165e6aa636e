"""What ``plan`` and ``generate`` print: some twenty lines; -v has everything."""

from collections.abc import Mapping, Sequence

from rich.console import RenderableType

from scaffold.model.codes import BACKGROUND, NOTES, OF_FILES, Code
from scaffold.model.knowledge import Base
from scaffold.model.options import Request
from scaffold.model.resolution import Reason
from scaffold.model.target import Target
from scaffold.model.verdict import Accepted, Decision, Evaluation, Rejected, Size, Suggestion
from scaffold.planner.evaluate import room_to_update
from scaffold.report.next_steps import show_next
from scaffold.report.plan_result import (
    PlanResult,
    best_per_base,
    files_by_state,
    find_nearest,
    find_rescue,
    find_shortfall,
    older_because,
    tell_refusal,
)
from scaffold.report.terminal import (
    Content,
    format_bound,
    format_memory,
    format_size,
    labelled,
    styled,
)
from scaffold.report.text import collect_notes, headline, show_measured, show_outcome

_PACKAGES = 3
_NOTES = 3
_SAVINGS = 2
_REASONS = 2
_FAR = 4  # a limit is far where four times as much would fit
_SHELLLESS = "minimal image (no shell)"
_WORTH = 20  # a twentieth of the image
_WIDTH = len("Starts with")
_SHARED: Mapping[str, str] = {
    Code.OVER_BUDGET: "larger than allowed",
    Code.OVER_DOWNLOAD: "more to download than allowed",
    Code.NO_ROOM_TO_UPDATE: "no room for the old image and the new one",
    Code.ARCH_UNSUPPORTED: "not published for this target",
}
_RANKS = (
    frozenset({Code.PRIVATE_IN_IMAGE}),
    frozenset({Code.ARGUMENT_MISSING, Code.ACCELERATOR_ASKED}),
    NOTES | OF_FILES,
)


def show_result_text(outcome: PlanResult, *, folder: str, verbose: bool = False) -> Content:
    """Yield a result in short, or all if ``verbose``; ``folder`` is as the user named it."""
    if verbose:
        yield from show_outcome(outcome, folder=folder, verbose=True)
        return
    yield from show_summary(outcome)
    yield from (_row(state, names) for state, names in files_by_state(outcome))
    yield from show_next(outcome, folder)


def show_summary(outcome: PlanResult, *, more: str = "-v") -> Content:
    """Yield a result in short, what several targets share once; ``more`` shows other notes."""
    before: tuple[str, ...] = ()
    for target, decision in zip(outcome.targets, outcome.decisions, strict=True):
        chosen = decision.chosen
        yield styled(headline(outcome, target), "bold")
        if chosen is None:
            yield from _show_refusal(target, decision)
            continue
        yield from _show_choice(target, chosen, again=before[:1] == (chosen.candidate.reference,))
        families = _families(decision)
        known = (
            chosen.candidate.reference,
            *(
                f"{name}: {one.reasons[0].code if isinstance(one, Rejected) else ''}"
                for name, one in families.items()
            ),
        )
        if known != before:
            yield from _show_others(families)
        yield from show_measured(outcome, target, decision)
        before = known
    if outcome.fits:
        yield from _show_start(outcome)
    yield from _show_notes(outcome, more)
    yield from _show_savings(outcome.decisions)
    yield from (_row("Facts", one.text) for one in outcome.remarks if one.code is Code.FACTS_OLD)


def _row(label: str, text: str, note: str = "") -> RenderableType:
    return labelled(label, text, note, width=_WIDTH)


def _show_choice(target: Target, chosen: Accepted, *, again: bool) -> Content:
    size, budget = chosen.size, target.budget
    left = ""
    if budget.on_disk is not None:
        left = f", {format_size(budget.on_disk - size.on_disk)} left"
    yield styled(
        f"✓ {format_bound(size.on_disk, size.error)} on disk{left}; "
        f"{format_bound(size.download, size.download_error)} to download",
        "bold green",
    )
    if again:
        return
    words = _SHELLLESS if chosen.base.origin else ""
    yield _row("Base", f"{chosen.candidate.reference} · Python {chosen.python}", words)
    memory = chosen.candidate.memory
    if memory is not None and memory.measured and memory.telling:
        of = "" if budget.memory is None else f" of {format_memory(budget.memory)}"
        yield _row("Memory", f"about {format_size(memory.resident)}{of} when all is imported")
    yield from _show_packages(chosen.candidate.size)


def _show_packages(size: Size) -> Content:
    packages = sorted(size.packages, key=lambda one: (-one[1], one[0]))
    if packages:
        named = [f"{name} {format_size(on_disk)}" for name, on_disk, _ in packages]
        more = ", …" if len(packages) > _PACKAGES else ""
        yield _row("Packages", f"{len(packages)}: {', '.join(named[:_PACKAGES])}{more}")


def _show_refusal(target: Target, decision: Decision) -> Content:
    """Yield why nothing fits, by family, and what helps."""
    yield styled(f"✗ {tell_refusal(target, decision)}", "bold red")
    nearest = find_nearest(decision)
    if nearest and nearest.candidate:
        size = nearest.candidate.size
        yield _row(
            "Nearest",
            f"{nearest.candidate.reference}: {format_bound(size.on_disk, size.error)} on disk, "
            f"{format_bound(size.download, size.download_error)} to download",
            _SHELLLESS if nearest.base.origin else "",
        )
        yield from _show_packages(nearest.candidate.size)
    yield from _show_rejected(_families(decision), most=_REASONS)
    rescue = find_rescue(decision.savings, find_shortfall(decision, target))
    savings = rescue or _worthwhile(decision.savings, nearest.size if nearest else None)
    for saving in savings[:_SAVINGS]:
        less = f": {format_size(saving.bytes)} less" if saving.bytes else ""
        less += ", then it fits" if len(rescue) == 1 else ""
        yield _row("Would help", f"{saving.option or saving.code}{less}", saving.text)
    for way in decision.ways:
        if way.size:
            yield _row("Would help", f"{way.option}: {format_size(way.size.on_disk)}", way.text)


def _show_start(outcome: PlanResult) -> Content:
    start, port, health = outcome.start, outcome.port, outcome.health
    if not start:
        yield _row("Starts with", "nothing was found: give --cmd")
        return
    parts = [str(start.origin)]
    if port:
        parts.append(f"port {port.value}")
    elif outcome.request.options.command:
        parts.append("no port: --port adds it and a health check")
    if health:
        parts.append(f"health {health.value}")
    yield _row("Starts with", start.value.line, ", ".join(parts))


def _families(decision: Decision) -> dict[str, Evaluation]:
    """Return the other families' best: their smallest image, or why there is none."""
    families: dict[str, Evaluation] = {}
    best = best_per_base(decision)
    loud = [v for v in best if isinstance(v, Accepted) or v.reasons[0].code not in BACKGROUND]
    for verdict in loud or best:
        families.setdefault(_family(verdict.base), verdict)
    if decision.chosen:
        families.pop(_family(decision.chosen.base), None)
    return families


def _show_others(families: Mapping[str, Evaluation]) -> Content:
    fitting = [
        f"{name} {format_size(one.size.on_disk)}"
        for name, one in families.items()
        if isinstance(one, Accepted)
    ]
    if fitting:
        yield _row("Also fit", ", ".join(fitting))
    yield from _show_rejected(families, most=1)


def _show_rejected(families: Mapping[str, Evaluation], *, most: int) -> Content:
    """Yield the families that do not fit, with at most so many reasons, in words they share."""
    refused: dict[tuple[str, ...], list[str]] = {}
    for name, one in families.items():
        if isinstance(one, Rejected):
            limits: Mapping[str, int] = {
                Code.OVER_BUDGET: one.size.on_disk if one.size else 0,
                Code.OVER_DOWNLOAD: one.size.download if one.size else 0,
            }
            size = limits.get(one.reasons[0].code)
            texts = tuple(dict.fromkeys(_SHARED.get(why.code, why.text) for why in one.reasons))
            more = [f"{len(texts) - most} more: -v"] if 1 < most < len(texts) else []
            told = f"{name} {format_size(size)}" if size else name
            refused.setdefault((*texts[:most], *more), []).append(told)
    for why, names in refused.items():
        yield _row("Rejected", f"{', '.join(names)}: {'; '.join(why)}")


def _family(base: Base) -> str:
    return f"minimal {base.distribution}" if base.origin else base.family


def _show_notes(outcome: PlanResult, all_by: str) -> Content:
    notes: dict[str, Reason] = {}
    deciding: dict[str, None] = {}
    behind: set[str] = set()
    for target, decision in zip(outcome.targets, outcome.decisions, strict=True):
        found, caveats = collect_notes(outcome, decision)
        of_files = (note for note in decision.notes if note.code in OF_FILES)
        notes |= {n.text: n for n in (*of_files, *found) if n.code is not Code.FACTS_OLD}
        behind.update(caveats)
        decide = (text for text in caveats if _decides(text, outcome.request, target, decision))
        deciding |= dict.fromkeys(decide)
        if decision.chosen:
            behind.update(older_because(decision.chosen).values())
    loud = sorted((one for one in notes.values() if one.code not in BACKGROUND), key=_rank)
    shown = _first_of_each_kind(loud)
    told = [*(note.text for note in shown), *deciding][:_NOTES]
    for text in told:
        code = notes[text].code if text in notes else None
        last = [note.text for note in shown if note.code == code][-1:] == [text]
        alike = sum(one.code == code for one in loud) - sum(one.code == code for one in shown)
        more_of_it = f" (and {alike} more like it)" if last and alike else ""
        yield styled(f"! {text}{more_of_it}", "yellow")
    if more := len({*notes, *behind} - {*told}):
        count = f"{more} {'more ' if told else ''}{'notes' if more > 1 else 'note'}"
        yield styled(f"  {count}, shown by {all_by}", "dim")


def _first_of_each_kind(notes: Sequence[Reason]) -> list[Reason]:
    """Return the notes on a screen, in their order: the first of each code, then others."""
    firsts = {note.code: note for note in reversed(notes)}
    others = (note for note in notes if firsts[note.code] is not note)
    taken = [*sorted(firsts.values(), key=notes.index), *others][:_NOTES]
    return sorted(taken, key=notes.index)


def _decides(caveat: str, request: Request, target: Target, decision: Decision) -> bool:
    """Tell whether a caveat is of an option that was left out and whose limit is not far."""
    nearest, budget = decision.chosen or find_nearest(decision), target.budget
    candidate = nearest.candidate if nearest else None
    if "--memory" in caveat:
        used = candidate.memory.resident if candidate and candidate.memory else None
        return not request.memory and _is_near(used, budget.memory)
    if "--storage" in caveat or "--max-size" in caveat:
        used = room_to_update(candidate.size, budget) if candidate else None
        return not (request.storage or request.max_size) and _is_near(used, budget.storage)
    return False


def _is_near(used: int | None, limit: int | None) -> bool:
    return used is None or limit is None or used * _FAR > limit


def _rank(note: Reason) -> int:
    """Return 0 for a secret, then a start that fails, what may keep it from its work, all else."""
    return next((rank for rank, codes in enumerate(_RANKS) if note.code in codes), len(_RANKS))


def _worthwhile(savings: Sequence[Suggestion], size: Size | None) -> tuple[Suggestion, ...]:
    """Return the savings of a twentieth of an image and more; all while none was weighed."""
    return tuple(one for one in savings if size is None or one.bytes * _WORTH >= size.on_disk)


def _show_savings(decisions: Sequence[Decision]) -> Content:
    worth = {
        saving.option or saving.code: saving
        for decision in decisions
        if decision.chosen
        for saving in _worthwhile(decision.savings, decision.chosen.size)
    }
    for option, saving in list(worth.items())[:_SAVINGS]:
        yield _row("Smaller", f"{option}: {format_size(saving.bytes)} less")
