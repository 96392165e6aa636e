"""What an image weighs of which a trace leaves out a part: measured when the trace was made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaffold.model.codes import Code
from scaffold.model.knowledge import Base, Image
from scaffold.model.plan import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.trace import Figures, Trace
from scaffold.model.verdict import Size

# The same image again differs by what the plan's own files weigh in it.
_SAME = 0.004
# On another architecture, base or closure: the part that stays, of what is predicted without.
_OTHER = 0.15
_REGROWN = 0.3  # of what a changed package brings back


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """A trace that holds for an image. ``figures`` are the nearest, ``same`` if it is this image's.

    ``python`` says that the standard library is of the Python that was traced; ``app`` are the
    application's bytes now.
    """

    trace: Trace
    figures: Figures | None
    same: bool
    python: bool
    app: int


def tracing(project: Project, options: Options, base: Base, image: Image) -> Tracing | None:
    """Return what a trace says of an image; None where there is none, or it cannot be applied."""
    trace = project.trace
    if trace is None or options.traced == "none" or not base.origin:
        return None

    def distance(figures: Figures) -> tuple[bool, bool, bool]:
        return (
            figures.closure != options.traced,
            figures.base != base.id,
            figures.arch is not image.arch,
        )

    nearest = min(trace.figures, key=distance, default=None)
    return Tracing(
        trace=trace,
        figures=nearest,
        same=nearest is not None and not any(distance(nearest)),
        python=trace.python.split(".")[:2] == image.python.split("."),
        app=project.app_bytes,
    )


def find_stale(tracing: Tracing, packages: Sequence[Weighed]) -> tuple[str, ...]:
    """Return the packages of another release than the trace was made with, sorted."""
    known = tracing.trace.packages
    return tuple(
        sorted(w.pinned.name for w in packages if known.get(w.pinned.name) != w.pinned.version)
    )


def predict_traced(size: Size, tracing: Tracing | None, packages: Sequence[Weighed]) -> Size:
    """Return the size with what a trace leaves out, given the one without."""
    if tracing is None or tracing.figures is None:
        return size
    figures = tracing.figures
    stale = [*find_stale(tracing, packages), *([] if tracing.python else [""])]
    back = sum(figures.dropped.get(name, 0) for name in stale)
    new = sum(
        w.facts.installed
        for w in packages
        if w.pinned.name in stale and w.pinned.name not in tracing.trace.packages
    )
    gone = figures.whole[0] - figures.kept[0]
    pressed = (figures.whole[1] - figures.kept[1]) / gone if gone else 0.0
    if tracing.same:
        grown = tracing.app - figures.app
        on_disk = figures.kept[0] + grown + back + new
        download = figures.kept[1] + round((grown + back + new) * pressed)
        error, download_error = on_disk * _SAME, download * _SAME
    else:
        left = 1 - (gone - back) / figures.whole[0]
        on_disk, download = round(size.on_disk * left), round(size.download * left)
        error, download_error = on_disk * _OTHER, download * _OTHER
    unsure = (back + new) * _REGROWN
    return Size(
        on_disk=on_disk,
        download=download,
        error=round(error + unsure),
        download_error=round(download_error + unsure * pressed),
        parts=(
            ("what the trace keeps", on_disk - tracing.app, download),
            ("application", tracing.app, 0),
        ),
    )


def remark_trace(tracing: Tracing | None, packages: Sequence[Weighed]) -> Iterator[Reason]:
    """Yield what there is to say of a trace that is applied."""
    if tracing is None:
        return
    runs, figures = len(tracing.trace.runs), tracing.figures
    text = f"leaves out what {runs} traced {'run' if runs == 1 else 'runs'} did not open"
    if figures is not None and tracing.same:
        gone = figures.whole[0] - figures.kept[0]
        text += f": {gone / 1e6:.1f} MB, {figures.ratio:.2f} times what they open is left"
    yield Reason(code=Code.TRACED, text=text)
    stale = list(find_stale(tracing, packages))
    if not tracing.python:
        stale.append("Python's own library")
    if stale:
        verb = "is" if len(stale) == 1 else "are"
        text = (
            f"{', '.join(stale)} {verb} of another release than the trace's and kept whole: "
            "run leanscaffold trace again"
        )
        yield Reason(code=Code.TRACE_STALE, text=text)
    if not tracing.same:
        text = "the trace was not measured for this image: its size is an estimate"
        yield Reason(code=Code.TRACE_UNMEASURED, text=text)
