"""The paper run again, as a page: its figures beside ours, what does not start, what ours makes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scaffold.model.verification import CompareResult, Comparison, Status
from scaffold.report.compare import describe_entry
from scaffold.report.terminal import format_size
from tools.paper.variants import Lever, PaperVariant, Published

VERSION = 1
SOURCE = (
    "S. Lim, Y.-G. Hong: Research on Lightweighting Docker Images for Resource-Constrained "
    "Devices. J. KICS 50 (4), 2025, doi 10.7840/kics.2025.50.4.683"
)
_NONE = "-"
_MINUTES = 100  # seconds from which a tenth says nothing
_NO_BASE = "base-unavailable"
_TITLES = {
    Lever.ORDER: "The order of steps, and the cache",
    Lever.BASE: "Three bases",
    Lever.LAYERS: "One RUN or several",
    Lever.LISTS: "apt's lists",
    Lever.STAGES: "One stage or two",
}
_WORDS = {Status.PASSED: "yes", Status.FAILED: "**no**", Status.NOT_VERIFIED: "not tried"}


def write_page(
    comparison: Comparison, variants: Sequence[PaperVariant], ours: Sequence[str], *, command: str
) -> str:
    """Return the page in Markdown. ``ours`` names the entries that are no images of the paper."""
    entries = {entry.name: entry for entry in comparison.entries}
    lines = [
        "# The paper, run again",
        "",
        f"Made by `{command}`. The paper: {SOURCE}.",
        "",
        f"Project {comparison.project}, {comparison.arch.platform}.",
        *(f"{note[:1].upper()}{note[1:].removesuffix('.')}." for note in comparison.notes),
        "",
        f"`{_NONE}` is a figure that nobody has: the paper's as far as they are known to us, ours",
        "where an image could not be built or did not run. The paper used Python 3.8 on other",
        "machines: what can be compared is one row with the next, not a column with the other.",
    ]
    for lever, title in _TITLES.items():
        lines += ["", f"## {title}", "", *_table(lever, variants, entries)]
    lines += ["", "## Which of them start", "", *_starts(variants, entries)]
    lines += ["", "## What leanscaffold makes of it", "", *_ours(ours, variants, entries)]
    return "\n".join(lines) + "\n"


def make_paper_document(
    comparison: Comparison, variants: Sequence[PaperVariant], ours: Sequence[str]
) -> dict[str, Any]:
    """Return the document of ``python -m tools.paper --json``: bytes and seconds."""
    entries = {entry.name: entry for entry in comparison.entries}
    return {
        "version": VERSION,
        "paper": SOURCE,
        "project": comparison.project,
        "target": comparison.arch.platform,
        "notes": list(comparison.notes),
        "rows": [
            {
                "lever": str(lever),
                "what": what,
                "paper": {
                    "on_disk": published.on_disk,
                    "build_seconds": published.build_seconds,
                },
                "image": describe_entry(entries[variant.name]),
            }
            for variant, what, published, lever in _rows(variants)
        ],
        "leanscaffold": [describe_entry(entries[name]) for name in ours],
    }


def _rows(variants: Sequence[PaperVariant]) -> Iterator[tuple[PaperVariant, str, Published, Lever]]:
    for lever in Lever:
        for variant in variants:
            for own, what, published in variant.rows:
                if own is lever:
                    yield variant, what, published, lever


def _table(
    lever: Lever, variants: Sequence[PaperVariant], entries: Mapping[str, CompareResult]
) -> Iterator[str]:
    again = lever is Lever.ORDER
    yield (
        "| | paper: on disk | paper: build | on disk | download | build "
        + ("| rebuild after an edit | pushed then " if again else "")
        + "| runs |"
    )
    yield "|---|---|---|---|---|---|" + ("---|---|" if again else "") + "---|"
    for variant, what, published, own in _rows(variants):
        if own is not lever:
            continue
        entry = entries[variant.name]
        cells = [what, _size(published.on_disk), _seconds(published.build_seconds)]
        cells += [_size(entry.on_disk), _size(entry.download), _seconds(entry.build_seconds)]
        if again:
            cells += [_seconds(entry.rebuild_seconds), _size(entry.rebuild_moved)]
        yield f"| {' | '.join([*cells, _WORDS[entry.runs]])} |"


def _starts(
    variants: Sequence[PaperVariant], entries: Mapping[str, CompareResult]
) -> Iterator[str]:
    for variant in variants:
        entry = entries[variant.name]
        what = "; ".join(what for _, what, _ in variant.rows)
        if entry.runs is Status.PASSED:
            yield f"- **{what}**: runs."
        else:
            reason = _reason(entry)
            trouble = entry.trouble.partition(": [")[0]  # without the step, which is long
            yield f"- **{what}**: {trouble}" + (f": `{reason}`" if reason else "") + "."


def _reason(entry: CompareResult) -> str:
    """Return the line of the log that says most: the last, where Python and pip put the error.

    Nothing for a base that cannot be pulled: which registry has none is of this machine only.
    """
    if entry.code == _NO_BASE:
        return ""
    logs = [line.removeprefix("log: ") for line in entry.evidence if not line.startswith("hint: ")]
    errors = [line for line in logs if "rror" in line]
    return (errors or logs or [""])[-1].strip().replace("`", "'")


def _ours(
    names: Sequence[str], variants: Sequence[PaperVariant], entries: Mapping[str, CompareResult]
) -> Iterator[str]:
    yield "| | on disk | download | build | rebuild after an edit | pushed then | runs |"
    yield "|---|---|---|---|---|---|---|"
    for name in names:
        entry = entries[name]
        cells = [
            entry.title or name,
            _size(entry.on_disk),
            _size(entry.download),
            _seconds(entry.build_seconds),
            _seconds(entry.rebuild_seconds),
            _size(entry.rebuild_moved),
            _WORDS[entry.runs],
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""
    running = [entries[variant.name] for variant in variants]
    sizes = [one.on_disk for one in running if one.runs is Status.PASSED and one.on_disk]
    for name in names:
        entry = entries[name]
        if entry.runs is not Status.PASSED:
            yield f"- {entry.title or name}: {entry.trouble} {_reason(entry)}".rstrip()
        elif sizes and entry.on_disk:
            share = entry.on_disk / min(sizes)
            yield f"- {entry.title or name}: {share:.0%} of the smallest of the paper's that runs."
    if not sizes:
        yield "- None of the paper's images runs here: there is no size to compare with."


def _size(size: int | None) -> str:
    return _NONE if size is None else format_size(size)


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return _NONE
    return f"{seconds:.1f} s" if seconds < _MINUTES else f"{seconds:.0f} s"
