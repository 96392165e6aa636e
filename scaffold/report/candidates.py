"""The table of base images with their verdicts, and below each the reasons."""

from typing import TYPE_CHECKING

from scaffold.model.codes import NOTES, Code
from scaffold.model.resolution import Reason
from scaffold.model.verdict import Decision, Evaluation, Rejected
from scaffold.report.formatting import format_bound, format_size
from scaffold.report.plan_result import best_per_base, in_reading_order
from scaffold.report.terminal import Fitted, fit, indented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    Content = Iterator[RenderableType]

_REASONS_SHOWN = 6
_NONE = "-"
_ADDING = (Code.NEEDS_LIBRARY, Code.NEEDS_PROGRAM)


def show_candidates(decision: Decision, *, verbose: bool) -> "Content":
    """Yield the table of the bases: one line each, or one for each Python; reasons below."""
    verdicts = in_reading_order(decision.verdicts, decision) if verbose else best_per_base(decision)
    if not verdicts:
        return
    rows: list[tuple[str, ...]] = [("", "Base", "Python", "Verdict", "On disk", "Download")]
    rows += [_candidate_row(verdict, decision) for verdict in verdicts]
    header, *lines = fit(rows, right=(4, 5), spare=(3, 5))
    yield Fitted(header, "dim")
    told = [verdict.reasons if verbose else _in_short(verdict) for verdict in verdicts]
    for number, (verdict, line) in enumerate(zip(verdicts, lines, strict=True)):
        yield Fitted(line, _candidate_style(verdict, decision))
        if number + 1 == len(verdicts) or told[number] != told[number + 1]:
            yield from _show_reasons(told[number], None if verbose else _REASONS_SHOWN)
    yield ""


def _show_reasons(reasons: tuple[Reason, ...], limit: int | None) -> "Content":
    """Yield reasons once below all the bases that share them."""
    for reason in reasons[:limit]:
        yield indented(f"{reason.text} [{reason.code}]", 5, "dim")
    if limit is not None and len(reasons) > limit:
        yield indented(f"and {len(reasons) - limit} more (--verbose)", 5, "dim")


def _in_short(verdict: Evaluation) -> tuple[Reason, ...]:
    """Return the reasons with one for all the system packages that are added.

    Notes stand elsewhere, once for all bases.
    """
    added = verdict.candidate.run_packages if verdict.candidate else ()
    needing = {reason.package: None for reason in verdict.reasons if reason.code in _ADDING}
    reasons = tuple(reason for reason in verdict.reasons if reason.code not in NOTES)
    if isinstance(verdict, Rejected) or not added or not needing:
        return reasons
    names = ", ".join(package.name for package in added)
    size = format_size(sum(package.on_disk for package in added))
    verb = "needs" if len(needing) == 1 else "need"
    text = f"adds {names} ({size}), which {', '.join(needing)} {verb}"
    rest = tuple(reason for reason in reasons if reason.code not in _ADDING)
    return (Reason(code=Code.NEEDS_LIBRARY, text=text), *rest)


def _candidate_row(verdict: Evaluation, decision: Decision) -> tuple[str, ...]:
    size = verdict.size
    word = "rejected" if isinstance(verdict, Rejected) else "fits"
    return (
        "✗" if isinstance(verdict, Rejected) else "✓",
        verdict.base.id,
        verdict.python or _NONE,
        "chosen" if verdict == decision.chosen else word,
        format_bound(size.on_disk, size.error) if size else _NONE,
        format_size(size.download) if size else _NONE,
    )


def _candidate_style(verdict: Evaluation, decision: Decision) -> str:
    if verdict == decision.chosen:
        return "bold green"
    return "red" if isinstance(verdict, Rejected) else ""
