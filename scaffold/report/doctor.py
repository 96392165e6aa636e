"""What ``doctor`` found, as text and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table

from scaffold.model.doctor import Finding, Health
from scaffold.report.terminal import styled

if TYPE_CHECKING:
    from rich.console import RenderableType

_MARKS = {
    Health.WELL: ("✓", "green"),
    Health.WEAK: ("!", "yellow"),
    Health.BROKEN: ("✗", "red"),
    Health.UNTRIED: ("-", "dim"),
}
_WIDTH = 9  # of the longest part's name


def show_checkup(findings: Sequence[Finding]) -> "Iterator[RenderableType]":
    """Yield a line per finding, and below it what mends it."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=1)
    grid.add_column(width=_WIDTH)
    grid.add_column()
    for one in findings:
        mark, style = _MARKS[one.health]
        grid.add_row(styled(mark, style), styled(one.part), styled(one.text))
        if one.remedy:
            grid.add_row("", "", styled(one.remedy, "cyan"))
    yield grid
    yield ""
    broken = [one.part for one in findings if one.health is Health.BROKEN]
    names = ", ".join(dict.fromkeys(broken))
    yield styled(f"Broken: {names}", "bold red") if broken else styled("All is well", "bold green")


def make_checkup_document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what ``doctor --json`` prints."""
    return {
        "version": 1,
        "well": all(one.health is not Health.BROKEN for one in findings),
        "findings": [asdict(one) for one in findings],
    }
