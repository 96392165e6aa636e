"""The table of base images with their verdicts, and below each the reasons."""

from typing import Any

from scaffold.model.codes import NOTES, Code
from scaffold.model.knowledge import Facts
from scaffold.model.resolution import Reason
from scaffold.model.target import Target
from scaffold.model.verdict import Decision, Evaluation, Rejected, Workaround
from scaffold.planner.size_by_kind import Share, break_down
from scaffold.report import schemas
from scaffold.report.document import describe_target
from scaffold.report.plan_result import PlanResult, best_per_base, in_reading_order
from scaffold.report.schemas import fill
from scaffold.report.terminal import (
    Content,
    Fitted,
    fit,
    format_bound,
    format_size,
    indented,
    styled,
)

_REASONS_SHOWN = 6
_NONE = "-"
_ADDING = (Code.NEEDS_LIBRARY, Code.NEEDS_PROGRAM)


def show_candidates(decision: Decision, *, verbose: bool) -> Content:
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


def _show_reasons(reasons: tuple[Reason, ...], limit: int | None) -> Content:
    """Yield reasons once below all the bases that share them."""
    for reason in reasons[:limit]:
        yield indented(f"{reason.text} [{reason.code}]", 5, "dim")
    if limit is not None and len(reasons) > limit:
        yield indented(f"and {len(reasons) - limit} more (--verbose)", 5, "dim")


def _in_short(verdict: Evaluation) -> tuple[Reason, ...]:
    """Return the reasons, all packages added as one; notes stand elsewhere, once for all bases."""
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


_TITLES = {
    "extra-index": "Wheels built for plain Linux, as extra indexes have them",
    "older-version": "An older version with a wheel",
    "distribution": "The distribution's own packages",
    "compile": "Compiling",
}


def show_ways(decision: Decision) -> Content:
    """Yield each way with its size, how long it builds, its risk, and the option that takes it."""
    if not decision.ways:
        return
    yield styled("Few wheels for this target: ways to get there", "bold")
    for way in decision.ways:
        yield from _show_way(way)
    yield ""


def _show_way(way: Workaround) -> Content:
    title = _TITLES[way.code]
    if way.size is None:
        yield styled(f"✗  {title}: {way.text}", "dim")
        return
    size = (
        f"{format_bound(way.size.on_disk, way.size.error)} on disk, "
        f"{format_size(way.size.download)} to download, {way.build_class}"
    )
    yield styled(f"{'✓' if way.chosen else '·'}  {title}: {size}", "green" if way.chosen else "")
    yield indented(way.text, 5)
    yield indented(f"Risk: {way.risk}", 5, "dim")
    if not way.chosen:
        yield indented(way.option, 5, "cyan")


VERSION = 1
_BAR = 24
_SHOWN = 15


def show_breakdown(outcome: PlanResult, facts: Facts, html: str | None) -> Content:
    """Yield a table of the largest parts for each target, and where the page was written."""
    for target, decision in zip(outcome.targets, outcome.decisions, strict=True):
        yield from _show_target(outcome, facts, target, decision)
    yield from (indented(remark.text, 2, "dim") for remark in outcome.remarks)
    if html is not None:
        yield styled(f"wrote {html}", "bold")


def _show_target(outcome: PlanResult, facts: Facts, target: Target, decision: Decision) -> Content:
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
        yield indented(f"left out of packages: {format_size(trimmed)}", 2)
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
    """Return the document of ``schemas.Report``: sizes in bytes."""
    return {
        "version": VERSION,
        "project": outcome.project.name.value,
        "remarks": [fill(schemas.Reason, remark) for remark in outcome.remarks],
        "targets": [
            {
                "parts": [
                    fill(
                        schemas.Share,
                        share,
                        version=share.version or None,
                        kinds=dict(share.kinds),
                        trimmed=dict(share.trimmed),
                    )
                    for share in _shares(outcome, facts, decision)
                ],
                "plan": describe_target(target, decision),
            }
            for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
        ],
    }


def _shares(outcome: PlanResult, facts: Facts, decision: Decision) -> tuple[Share, ...]:
    if decision.chosen is None:
        return ()
    return break_down(decision.chosen, facts, bytecode=outcome.request.options.bytecode)
