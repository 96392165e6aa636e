"""What an earlier proof measured, beside what is predicted."""

from typing import TYPE_CHECKING

from scaffold.model.target import Target
from scaffold.model.verdict import Decision
from scaffold.report.formatting import format_size
from scaffold.report.plan_result import PlanResult
from scaffold.report.terminal import indented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    Content = Iterator[RenderableType]


def show_measured(outcome: PlanResult, target: Target, decision: Decision) -> "Content":
    """Yield what an earlier proof measured, beside what is predicted."""
    measured = outcome.measured.get(target.arch)
    if measured is None or decision.chosen is None:
        return
    size = decision.chosen.size
    parts = [
        f"{format_size(measured.on_disk)} on disk ({_off(measured.on_disk, size.on_disk)})",
        f"{format_size(measured.download)} to download ({_off(measured.download, size.download)})",
    ]
    if measured.start_seconds is not None:
        emulated = ", emulated" if measured.emulated else ""
        parts.append(f"starts in {measured.start_seconds:.2f} s{emulated}")
    if measured.peak_memory is not None:
        parts.append(f"{format_size(measured.peak_memory)} of memory at most")
    passed = "" if measured.passed else "; not all checks held"
    yield indented(f"measured on {measured.checked}: {', '.join(parts)}{passed}", 2)
    yield ""


def _off(measured: int, predicted: int) -> str:
    return f"{measured / predicted - 1:+.1%} of the prediction"
