"""The talk on stderr: what is going on right now, the steps of a build, and its result."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import click
import msgspec
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from scaffold.docker.build_errors import shorten
from scaffold.model.build import Built, Event, Progress
from scaffold.model.errors import clean
from scaffold.model.resolution import Reason
from scaffold.report import schemas
from scaffold.report.schemas import fill
from scaffold.report.terminal import Content, align, bullet, format_size, styled

Watch = Callable[[Progress], None]
Reporter = Callable[[str], None]

BEHIND = " · "  # before how far something is
_NAME_WIDTH = 88
_OWN_AFFAIRS = ("internal]", "] FROM ", "resolving provenance")
_NOTABLE = 1.0  # seconds from which on what no line of the Dockerfile asks for is shown
_RUNNING_SHOWN = 8
_PER_SECOND = 8


@contextmanager
def watching(
    stream: TextIO | None = None, *, quiet: bool, environ: Mapping[str, str] = os.environ
) -> Iterator[Watch]:
    """Yield what shows progress, on stderr if nowhere else; of it stays a line per step."""
    stream = stream or sys.stderr
    if quiet:
        yield lambda _: None
    elif stream.isatty() and environ.get("TERM") != "dumb":
        console = Console(file=stream, force_terminal=True, highlight=False, _environ=environ)
        view = LiveView(console)
        with Live(
            console=console,
            get_renderable=view.render,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ):
            yield view.watch
    else:

        def watch(progress: Progress) -> None:
            if line := describe(progress):
                print(line, file=stream, flush=True)

        yield watch


class LiveView:
    """What a terminal shows: the steps that run now, below those that have ended."""

    def __init__(self, console: "Console", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._running: dict[str, tuple[float, str]] = {}

    def watch(self, progress: Progress) -> None:
        """Take in one happening."""
        if progress.happening is Event.STARTED:
            self._running.setdefault(progress.step, (self._clock(), ""))
        elif progress.happening is Event.FINISHED:
            self._running.pop(progress.step, None)
            if line := describe(progress):
                self._console.print(line, markup=False, emoji=False)
        elif progress.step in self._running:  # what it moved may be told after its end
            begin, last = self._running[progress.step]
            self._running[progress.step] = (begin, _last_words(progress) or last)

    def render(self) -> RenderableType:
        """Return the steps that run now."""
        now = self._clock()
        lines = []
        for name, (begin, last) in list(self._running.items())[-_RUNNING_SHOWN:]:
            lines.append(f"{now - begin:7.1f} s  {clean(shorten(name, _NAME_WIDTH))}")
            if last:
                lines.append(f"           {clean(last.strip())}")
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis", style="dim")


def _last_words(progress: Progress) -> str:
    """Return what a running step printed last, or how much it has moved."""
    if progress.happening is Event.MOVED and progress.bytes is not None:
        return format_size(progress.bytes)
    return "".join(progress.text.replace("\r", "\n").strip().splitlines()[-1:])


def describe(progress: Progress) -> str:
    """Return the line of a step that has ended: seconds, name, bytes moved; empty for no line."""
    if progress.happening is not Event.FINISHED or progress.again:
        return ""
    own = any(words in progress.step for words in _OWN_AFFAIRS)
    if own and not progress.failed and progress.seconds < _NOTABLE:
        return ""
    name = clean(shorten(progress.step, _NAME_WIDTH))
    took = "   cached" if progress.cached else f"{progress.seconds:7.1f} s"
    moved = f"  {format_size(progress.bytes)}" if progress.bytes else ""
    return f"{took}  {name}{moved}{'  FAILED' if progress.failed else ''}"


@contextmanager
def talking(
    stream: TextIO | None = None, *, quiet: bool, environ: Mapping[str, str] = os.environ
) -> Iterator[Reporter]:
    """Yield what says progress: on a terminal the last line stays, turning, until all is done."""
    stream = stream or sys.stderr
    if quiet or not stream.isatty():
        yield lambda _: None
    elif environ.get("TERM") == "dumb":
        yield _lasting(lambda text: print(text, file=stream, flush=True))
    else:
        with Console(file=stream, force_terminal=True, _environ=environ).status(
            "reading the knowledge"
        ) as status:
            yield lambda text: status.update(text.replace("[", r"\["))


def saying(*, quiet: bool) -> Reporter:
    """Return what says progress in lines that all stay."""
    return (lambda _: None) if quiet else _lasting(lambda text: click.echo(text, err=True))


def _lasting(say: Reporter) -> Reporter:
    """Return what says what is begun, but not how far it is: its lines all stay."""
    return lambda text: None if BEHIND in text else say(text)


VERSION = 1
_SHORT = 19  # characters of ``sha256:…`` that tell images apart


def make_build_document(built: Sequence[Built], remarks: Sequence[Reason]) -> dict[str, Any]:
    """Return the document of ``leanscaffold build --json``: sizes in bytes, times in seconds."""
    return {
        "version": VERSION,
        "images": [_describe(one) for one in built],
        "seconds": _total(built),
        "remarks": [fill(schemas.Reason, remark) for remark in remarks],
    }


def show_built(built: Sequence[Built], remarks: Sequence[Reason], goal: str = "") -> Content:
    """Yield what people read after a build; ``goal`` is where it went without an engine."""
    pushed = any(one.order.push for one in built)
    yield styled("Pushed" if pushed else f"Written to {goal}" if goal else "Built", "bold")
    rows = [
        [
            one.order.tag,
            one.order.arch.platform,
            one.image[:_SHORT],
            format_size(one.size) if one.size is not None else "",
        ]
        for one in built
    ]
    for line in align(rows, right=[3]):
        yield styled(f"  {line}")
    steps = {step for one in built for step in one.steps}
    cached = sum(step.cached for step in steps)
    from_cache = "" if goal else f", {cached} of {len(steps)} steps from the cache"
    yield styled(f"  in {_total(built):.1f} s{from_cache}")
    if remarks:
        yield ""
        yield styled("Notes", "bold")
        for remark in remarks:
            yield bullet(remark.text)


def _total(built: Sequence[Built]) -> float:
    return round(max((one.seconds for one in built), default=0.0), 3)


def _describe(built: Built) -> dict[str, Any]:
    return {
        "platform": built.order.arch.platform,
        "tag": built.order.tag,
        "image": built.image,
        "pushed": built.order.push,
        "size": built.size,
        "steps": msgspec.to_builtins(built.steps),
    }
