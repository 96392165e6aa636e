import io

import pytest
from rich.console import Console

from scaffold.model.build import Event, Progress
from scaffold.report.progress import BEHIND, LiveView, describe, talking, watching

RUN = "[build 2/4] RUN --mount=type=secret,id=ca,target=/x   pip install"


def finished(step: str = RUN, **more: object) -> Progress:
    values = {"seconds": 2.5, **more}
    return Progress(happening=Event.FINISHED, step=step, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (finished(), "    2.5 s  [build 2/4] RUN pip install"),
        (finished(bytes=5_200_000), "    2.5 s  [build 2/4] RUN pip install  5.2 MB"),
        (finished(cached=True, seconds=0.0), "   cached  [build 2/4] RUN pip install"),
        (finished(failed=True), "    2.5 s  [build 2/4] RUN pip install  FAILED"),
        (finished("[internal] load build context", seconds=0.1), ""),
        (
            finished("[internal] load build context", seconds=3.0),
            "    3.0 s  [internal] load build",
        ),
        (finished("[internal] load metadata for x", seconds=0.1, failed=True), "    0.1 s  [inter"),
        (finished("[arm64 internal] load .dockerignore", seconds=0.1), ""),
        (finished(again=True), ""),
        (Progress(happening=Event.STARTED, step=RUN), ""),
        (Progress(happening=Event.PRINTED, step=RUN, text="x"), ""),
    ],
)
def test_a_step_that_has_ended_is_one_line(progress: Progress, line: str) -> None:
    described = describe(progress)
    assert described.startswith(line)
    assert bool(described) == bool(line)


def test_a_step_cannot_drive_the_terminal() -> None:
    assert "\x1b" not in describe(finished("RUN \x1b[2J"))


def test_off_a_terminal_there_are_plain_lines() -> None:
    stream = io.StringIO()
    with watching(stream, quiet=False) as watch:
        watch(Progress(happening=Event.STARTED, step=RUN))
        watch(finished())
    assert stream.getvalue() == "    2.5 s  [build 2/4] RUN pip install\n"


def test_quiet_says_nothing() -> None:
    stream = io.StringIO()
    with watching(stream, quiet=True) as watch:
        watch(finished(failed=True))
    assert stream.getvalue() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_steps_that_have_ended_stay() -> None:
    stream = Terminal()
    with watching(stream, quiet=False, environ={"TERM": "xterm", "COLUMNS": "100"}) as watch:
        watch(Progress(happening=Event.STARTED, step=RUN))
        watch(finished())
    assert "2.5 s  [build 2/4] RUN pip install" in stream.getvalue()


def test_a_dumb_terminal_gets_plain_lines() -> None:
    stream = Terminal()
    with watching(stream, quiet=False, environ={"TERM": "dumb"}) as watch:
        watch(finished())
    assert stream.getvalue() == "    2.5 s  [build 2/4] RUN pip install\n"


def test_a_running_step_shows_its_time_and_last_line() -> None:
    now = [10.0]
    view = LiveView(Console(file=io.StringIO()), clock=lambda: now[0])
    view.watch(Progress(happening=Event.STARTED, step=RUN))
    view.watch(Progress(happening=Event.PRINTED, step=RUN, text="Collecting numpy\r 5%\n"))
    now[0] = 12.5
    assert str(view.render()) == "    2.5 s  [build 2/4] RUN pip install\n           5%"
    view.watch(Progress(happening=Event.MOVED, step=RUN, bytes=2_000_000))
    assert str(view.render()).endswith("2 MB")
    view.watch(finished())
    assert str(view.render()) == ""


def test_what_a_step_moved_may_be_told_after_its_end() -> None:
    view = LiveView(Console(file=io.StringIO()))
    view.watch(Progress(happening=Event.STARTED, step=RUN))
    view.watch(finished())
    view.watch(Progress(happening=Event.MOVED, step=RUN, bytes=1690))
    assert str(view.render()) == ""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_no_progress() -> None:
    stream = io.StringIO()
    with talking(stream, quiet=False) as tell:
        tell("reading")
        tell("resolving [x]")
    assert stream.getvalue() == ""


def test_quiet_tells_nothing() -> None:
    stream = io.StringIO()
    with talking(stream, quiet=True) as tell:
        tell("reading")
    assert stream.getvalue() == ""


def test_on_a_terminal_the_step_turns_in_place_and_is_gone_at_the_end() -> None:
    stream = _Terminal()
    with talking(stream, quiet=False, environ={"TERM": "xterm-256color"}) as tell:
        tell("resolving [bold]x")
        during = len(stream.getvalue())
    assert "\x1b[?25l" in stream.getvalue()[:during]
    assert "resolving [bold]x" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[1A\x1b[2K")


def test_a_dumb_terminal_gets_lines() -> None:
    stream = _Terminal()
    with talking(stream, quiet=False, environ={"TERM": "dumb"}) as tell:
        tell("reading")
        tell(f"reading{BEHIND}1 of 2")
    assert stream.getvalue() == "reading\n"
