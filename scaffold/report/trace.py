"""A trace, as text and as a JSON document."""

from typing import TYPE_CHECKING, Any

from scaffold.project.dockerignore import TRACE
from scaffold.report.formatting import format_size
from scaffold.report.terminal import align, bullet, styled
from scaffold.state.trace_file import describe_run
from scaffold.verify.checks.traced import name_exercise
from scaffold.verify.trace import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

VERSION = 1
_SHOWN = 12
_REST = "Python and system"


def make_trace_document(traced: Traced) -> dict[str, Any]:
    """Return the document of ``leanscaffold trace --json``: sizes in bytes.

    ``floor`` is what the files weigh that the runs open, ``ratio`` the image relative to that.
    """
    figures = traced.figures
    return {
        "version": VERSION,
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
        "runs": [describe_run(run) for run in traced.trace.runs],
        "differing": list(traced.differing),
    }


def show_traced(traced: Traced) -> "Iterator[RenderableType]":
    """Yield what people read after a trace."""
    figures = traced.figures
    yield styled(f"Traced for {figures.arch.platform} on {figures.base} ({figures.tracer})", "bold")
    for run in traced.trace.runs:
        answers = f", answers {' '.join(map(str, run.answers))}" if run.answers else ""
        ended = "" if run.code is None else f", exit code {run.code}"
        yield bullet(f"{name_exercise(run.exercise)}{ended}{answers}")
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
