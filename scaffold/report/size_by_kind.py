"""Where the bytes go, for a terminal and as JSON."""

from typing import TYPE_CHECKING, Any

from scaffold.model.knowledge import Facts
from scaffold.model.target import Target
from scaffold.model.verdict import Decision
from scaffold.planner.size.size_by_kind import Share, break_down
from scaffold.report.document import describe_reason, describe_target
from scaffold.report.formatting import format_bound, format_size
from scaffold.report.plan_result import PlanResult
from scaffold.report.terminal import Fitted, fit, indented, styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    Content = Iterator[RenderableType]

VERSION = 1
_BAR = 24
_SHOWN = 15


def show_breakdown(outcome: PlanResult, facts: Facts, html: str | None) -> "Content":
    """Yield a table of the largest parts for each target, and where the page was written."""
    for target, decision in zip(outcome.targets, outcome.decisions, strict=True):
        yield from _show_target(outcome, facts, target, decision)
    yield from (indented(remark.text, 2, "dim") for remark in outcome.remarks)
    if html is not None:
        yield styled(f"wrote {html}", "bold")


def _show_target(
    outcome: PlanResult, facts: Facts, target: Target, decision: Decision
) -> "Content":
    chosen = decision.chosen
    where = target.device.name if target.device else target.arch.platform
    if chosen is None:
        yield styled(f"No base image fits {where}: leanscaffold plan says why.", "bold red")
        return
    size = format_bound(chosen.size.on_disk, chosen.size.error)
    yield styled(
        f"{outcome.project.name.value} on {where}: {size} on disk, {chosen.base.id} with Python "
        f"{chosen.python}",
        "bold",
    )
    shares = break_down(chosen, facts, bytecode=outcome.request.options.bytecode)
    rows = [
        ("  Part", "On disk", "Download", "", "Most of it"),
        *map(_row(shares), shares[:_SHOWN]),
    ]
    header, *lines = fit(rows, right=(1, 2), spare=(4, 3, 2))
    yield Fitted(header, "dim")
    yield from (Fitted(line) for line in lines)
    if len(shares) > _SHOWN:
        rest = sum(share.on_disk for share in shares[_SHOWN:])
        more = len(shares) - _SHOWN
        text = f"and {more} more part{'' if more == 1 else 's'}, together {format_size(rest)}"
        yield indented(text, 2, "dim")
    trimmed = sum(gone for share in shares for _, gone in share.trimmed)
    if trimmed:
        yield indented(f"left out of the wheels already: {format_size(trimmed)}", 2)
    yield ""


def _row(shares: tuple[Share, ...]) -> Any:
    largest = max((share.on_disk for share in shares), default=1)

    def row(share: Share) -> tuple[str, ...]:
        kind, size = share.kinds[0] if share.kinds else ("", 0)
        most = f"{kind} {format_size(size)}" if share.group == "package" else share.group
        return (
            f"  {share.label} {share.version}".rstrip(),
            format_size(share.on_disk),
            format_size(share.download),
            "█" * round(_BAR * share.on_disk / largest),
            most,
        )

    return row


def make_breakdown_document(outcome: PlanResult, facts: Facts) -> dict[str, Any]:
    """Return the document that ``report.schema.json`` describes: sizes in bytes."""
    return {
        "version": VERSION,
        "project": outcome.project.name.value,
        "remarks": [describe_reason(remark) for remark in outcome.remarks],
        "targets": [
            {
                "parts": [_describe(share) for share in _shares(outcome, facts, decision)],
                "plan": describe_target(target, decision),
            }
            for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
        ],
    }


def _shares(outcome: PlanResult, facts: Facts, decision: Decision) -> tuple[Share, ...]:
    if decision.chosen is None:
        return ()
    return break_down(decision.chosen, facts, bytecode=outcome.request.options.bytecode)


def _describe(share: Share) -> dict[str, Any]:
    return {
        "label": share.label,
        "group": share.group,
        "version": share.version or None,
        "on_disk": share.on_disk,
        "download": share.download,
        "kinds": dict(share.kinds),
        "trimmed": dict(share.trimmed),
    }
