import io

from scaffold.report.progress import BEHIND, talking


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_no_progress() -> None:
    stream = io.StringIO()
    with talking(stream, quiet=False) as tell:
        tell("reading")
        tell("resolving [x]")
    assert stream.getvalue() == ""


def test_quiet_says_nothing() -> None:
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
