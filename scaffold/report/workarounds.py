"""The ways to get packages without wheels onto a target, side by side."""

from typing import TYPE_CHECKING

from scaffold.model.verdict import Decision, Workaround
from scaffold.report.formatting import format_bound, format_size
from scaffold.report.terminal import indented, styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

_TITLES = {
    "extra-index": "Wheels built for plain Linux, as extra indexes have them",
    "older-version": "An older version with a wheel",
    "distribution": "The distribution's own packages",
    "compile": "Compiling",
}


def show_ways(decision: Decision) -> "Iterator[RenderableType]":
    """Yield each way with its size, how long it builds, its risk, and the option that takes it."""
    if not decision.ways:
        return
    yield styled("Few wheels for this target: ways to get there", "bold")
    for way in decision.ways:
        yield from _show_way(way)
    yield ""


def _show_way(way: Workaround) -> "Iterator[RenderableType]":
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
