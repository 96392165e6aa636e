"""A proof and a trace for people and for programs: one line per check, the evidence below it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from scaffold.model.verification import Check, Report, Status
from scaffold.project.dockerignore import TRACE
from scaffold.report.terminal import (
    Content,
    align,
    bullet,
    format_memory,
    format_size,
    indented,
    styled,
)
from scaffold.verify.checks.traced import name_exercise
from scaffold.verify.trace import Traced

VERSION = 1
_SHORT = 19  # characters of ``sha256:…`` that tell images apart
_SIGNS = {Status.PASSED: "✓", Status.FAILED: "✗", Status.NOT_VERIFIED: "?", Status.LEFT_OUT: "-"}
_STYLES = {
    Status.PASSED: "green",
    Status.FAILED: "bold red",
    Status.NOT_VERIFIED: "yellow",
    Status.LEFT_OUT: "dim",
}


def show_reports(reports: Sequence[Report], *, verbose: bool = False) -> Content:
    """Yield the whole proof. ``verbose`` shows the evidence of what passed, too."""
    for report in reports:
        yield from _show_report(report, verbose=verbose)


def _show_report(report: Report, *, verbose: bool) -> Content:
    parts = [report.project, report.arch.platform, report.device, report.image[:_SHORT]]
    yield styled(" · ".join(part for part in parts if part), "bold")
    for note in report.notes:
        yield indented(note, 2, "dim")
    yield ""
    width = max((len(check.code) for check in report.checks), default=0)
    for check in report.checks:
        yield from _show_check(check, width, verbose=verbose)
    yield ""
    yield styled(conclude(report), "bold green" if report.passed else "bold red")
    yield ""


def _show_check(check: Check, width: int, *, verbose: bool) -> Content:
    passed = check.status is Status.PASSED
    word = "not verified: " if check.status is Status.NOT_VERIFIED else ""
    text = check.text.removeprefix("not tried: ") if word else check.text
    yield styled(
        f"{_SIGNS[check.status]} {check.code:{width}}  {word}{text}", _STYLES[check.status]
    )
    if verbose or not passed:
        for line in check.evidence:
            yield indented(line, width + 4, "dim")
    if check.hint and not passed:
        yield indented(f"hint: {check.hint}", width + 4)


def conclude(report: Report) -> str:
    """Return the result in a sentence: what failed, what was not tried."""
    failed = [check.code for check in report.checks if check.status is Status.FAILED]
    untried = [check.code for check in report.checks if check.status is Status.NOT_VERIFIED]
    left_out = [check.code for check in report.checks if check.status is Status.LEFT_OUT]
    if report.passed and left_out:
        held = len(report.checks) - len(left_out)
        return f"Verified: {held} checks hold; left out: {', '.join(left_out)}."
    if report.passed:
        return f"Verified: all {len(report.checks)} checks hold."
    said = []
    if failed:
        said.append(f"failed {', '.join(failed)}")
    if untried:
        said.append(f"not tried {', '.join(untried)}")
    return f"Not verified: {'; '.join(said) or 'nothing was tried'}."


def make_report_document(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the document of ``leanscaffold verify --json``: bytes and seconds."""
    return {
        "version": VERSION,
        "passed": bool(reports) and all(report.passed for report in reports),
        "reports": [_describe_report(report) for report in reports],
    }


def _describe_report(report: Report) -> dict[str, Any]:
    return {
        "target": report.arch.platform,
        "project": report.project,
        "device": report.device or None,
        "image": report.image,
        "emulated": report.emulated,
        "notes": list(report.notes),
        "passed": report.passed,
        "on_disk": report.on_disk,
        "download": report.download,
        "containerd": report.containerd,
        "layers": msgspec.to_builtins(report.layers),
        "checks": [describe_check(check) for check in report.checks],
    }


def describe_check(check: Check) -> dict[str, Any]:
    """Return one check."""
    figures = {name: _plain(value) for name, value in check.figures}
    return {**asdict(check), "figures": figures, "hint": check.hint or None}


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else round(value, 3)


def show_measured(reports: Sequence[Report]) -> Content:
    """Yield the figures of several targets side by side."""
    rows = [("Target", "On disk", "Download", "Start", "Memory", "Rebuild")]
    for report in reports:
        start, memory = report.figure("start_seconds"), report.figure("peak_memory_bytes")
        rebuild = report.figure("rebuild_seconds")
        rows.append(
            (
                report.arch.platform,
                format_size(report.on_disk),
                format_size(report.download),
                "-" if start is None else f"{start:.2f} s",
                "-" if memory is None else format_memory(int(memory)),
                "-" if rebuild is None else f"{rebuild:.1f} s",
            )
        )
    header, *lines = align(rows, right=(1, 2, 3, 4, 5))
    yield styled(header, "dim")
    for line in lines:
        yield styled(line)


TRACE_VERSION = 1
_SHOWN = 12
_REST = "Python and system"


def make_trace_document(traced: Traced) -> dict[str, Any]:
    """Return the document of ``leanscaffold trace --json``: sizes in bytes.

    ``floor`` is what the files weigh that the runs open, ``ratio`` the image relative to that.
    """
    figures = traced.figures
    return {
        "version": TRACE_VERSION,
        "file": TRACE,
        "arch": figures.arch.platform,
        "base": figures.base,
        "closure": figures.closure,
        "tracer": figures.tracer,
        "floor": figures.floor,
        "whole": {"on_disk": figures.whole[0], "download": figures.whole[1]},
        "kept": {"on_disk": figures.kept[0], "download": figures.kept[1]},
        "ratio": round(figures.ratio, 4),
        "dropped": dict(sorted(figures.dropped.items())),
        "opened": len(traced.trace.files),
        "runs": msgspec.to_builtins(traced.trace.runs),
        "differing": list(traced.differing),
    }


def show_traced(traced: Traced) -> Content:
    """Yield what people read after a trace."""
    figures = traced.figures
    yield styled(f"Traced for {figures.arch.platform} on {figures.base} ({figures.tracer})", "bold")
    for run in traced.trace.runs:
        answers = f", answers {' '.join(map(str, run.answers))}" if run.answers else ""
        ended = "" if run.code is None else f", exit code {run.code}"
        yield bullet(f"{name_exercise(run)}{ended}{answers}")
    yield ""
    yield styled("Left out", "bold")
    heaviest = sorted(figures.dropped.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [[name or _REST, format_size(count)] for name, count in heaviest[:_SHOWN]]
    if len(heaviest) > _SHOWN:
        rest = heaviest[_SHOWN:]
        rows.append([f"{len(rest)} more", format_size(sum(count for _, count in rest))])
    for line in align(rows, right=[1]):
        yield styled(f"  {line}")
    yield ""
    size, download = figures.kept
    yield styled(
        f"{format_size(figures.whole[0])} → {format_size(size)} on disk, "
        f"{format_size(figures.whole[1])} → {format_size(download)} to download "
        f"(closure {figures.closure})"
    )
    yield styled(
        f"The runs open {format_size(figures.floor)}: the image is {figures.ratio:.2f} times that."
    )
    if traced.differing:
        yield ""
        yield styled("The runs came to something else with the trace", "bold red")
        for text in traced.differing:
            yield bullet(text)
    yield ""
    yield styled(f"Written  {TRACE}: commit it; build and generate use it from now on.")
