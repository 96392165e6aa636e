"""A comparison for people, for programs, and as a picture: one row per image, reasons below it."""

import io
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType

from scaffold.model.verification import CompareResult, Comparison, Status
from scaffold.report.terminal import Content, Fitted, fit, format_size, indented, styled
from scaffold.report.verify import describe_check

VERSION = 1
_NONE = "-"
_WORDS = {Status.PASSED: "yes", Status.FAILED: "no", Status.NOT_VERIFIED: "?"}
_STYLES = {Status.PASSED: "", Status.FAILED: "red", Status.NOT_VERIFIED: "yellow"}
_HEADER = ("Image", "Runs", "On disk", "Download", "Build", "Rebuild", "Start", "Memory")
_EVIDENCE = 4


def show_entries(comparison: Comparison) -> Content:
    """Yield the table, the reasons, the titles, and under what conditions it was measured."""
    parts = [comparison.project, comparison.arch.platform, comparison.device]
    yield styled(" · ".join(part for part in parts if part), "bold")
    for note in (*comparison.notes, *_emulation(comparison)):
        yield indented(note, 2, "dim")
    yield ""
    rows = [_HEADER, *(_row(entry) for entry in comparison.entries)]
    header, *lines = fit(rows, right=range(2, len(_HEADER)), spare=(5, 4))
    yield Fitted(header, "dim")
    best = _smallest(comparison)
    for entry, line in zip(comparison.entries, lines, strict=True):
        yield Fitted(line, "bold green" if entry is best else _STYLES[entry.runs])
        yield from _details(entry)
    yield ""
    titles: dict[str, list[str]] = {}
    for entry in comparison.entries:
        if entry.title:
            titles.setdefault(entry.title, []).append(entry.name)
    for title, names in titles.items():
        yield styled(f"{', '.join(names)}: {title}", "dim")
    yield from _conclude(comparison)


def _details(entry: CompareResult) -> Content:
    if entry.trouble:
        yield indented(entry.trouble, 5)
        for line in entry.evidence[-_EVIDENCE:]:
            yield indented(line, 5, "dim")
    for remark in entry.remarks:
        yield indented(remark, 5, "dim")


def _row(entry: CompareResult) -> tuple[str, ...]:
    return (
        entry.name,
        _WORDS[entry.runs],
        _size(entry.on_disk),
        _size(entry.download),
        _seconds(entry.build_seconds, 1),
        _seconds(entry.rebuild_seconds, 1),
        _seconds(entry.start_seconds, 2),
        _size(entry.peak_memory),
    )


def _emulation(comparison: Comparison) -> tuple[str, ...]:
    if not comparison.emulated:
        return ()
    return (f"{comparison.arch} is emulated here: times are not the device's (--on)",)


def _smallest(comparison: Comparison) -> CompareResult | None:
    """Return the smallest image whose app ran: one that does not run has no size to speak of."""
    running = [e for e in comparison.entries if e.runs is Status.PASSED and e.on_disk is not None]
    return min(running, key=lambda entry: entry.on_disk or 0, default=None)


def _conclude(comparison: Comparison) -> Content:
    best, last = _smallest(comparison), comparison.entries[-1] if comparison.entries else None
    if best is None:
        yield styled("None of them runs.", "bold red")
    elif last is not None and last is not best and last.runs is Status.PASSED and last.on_disk:
        share = (best.on_disk or 0) / last.on_disk
        started = (
            f", and starts in {best.start_seconds / last.start_seconds:.0%} of its time"
            if best.start_seconds and last.start_seconds
            else ""
        )
        yield styled(f"{best.name} takes {share:.0%} of the disk of {last.name}{started}.", "bold")


def _size(size: int | None) -> str:
    return _NONE if size is None else format_size(size)


def _seconds(seconds: float | None, digits: int) -> str:
    return _NONE if seconds is None else f"{seconds:.{digits}f} s"


def make_comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return the document of ``leanscaffold compare --json``: bytes and seconds."""
    return {
        "version": VERSION,
        "project": comparison.project,
        "target": comparison.arch.platform,
        "device": comparison.device or None,
        "emulated": comparison.emulated,
        "notes": list(comparison.notes),
        "images": [describe_entry(entry) for entry in comparison.entries],
    }


def describe_entry(entry: CompareResult) -> dict[str, Any]:
    """Return one row."""
    row = {
        name: round(value, 3) if name.endswith("_seconds") and value is not None else value
        for name, value in asdict(entry).items()
    }
    for name in ("rebuild_moved", "peak_memory"):
        row[f"{name}_bytes"] = row.pop(name)
    return {
        **row,
        "trouble": entry.trouble or None,
        "code": entry.code or None,
        "checks": [describe_check(check) for check in entry.checks],
    }


COLUMNS = 100
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def draw(content: Iterable[RenderableType], *, title: str) -> str:
    """Return a picture of a terminal that shows these. The same content gives the same bytes."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=COLUMNS,
        force_terminal=True,
        color_system="standard",
        highlight=False,
        markup=False,
        emoji=False,
    )
    for renderable in content:
        console.print(renderable)
    return console.export_svg(title=title, code_format=_frame(), unique_id="leanscaffold")


def _frame() -> str:
    """Return rich's frame with fonts that are there: a picture in a page may load none."""
    head, _, rest = CONSOLE_SVG_FORMAT.partition("@font-face")
    rest = rest[rest.index(".{unique_id}-matrix") :]
    return (
        (head + rest)
        .replace("Fira Code, monospace", _FONTS)
        .replace("font-family: arial", f"font-family: {_FONTS}")
        .replace("    <!-- Generated with Rich https://www.textualize.io -->\n", "")
    )
