"""Signals in every instant of a question: they end the question or come after it."""

import signal
from itertools import count

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from scaffold.docker.buildx import stopped_by_signals
from scaffold.init.prompts import ask_on_terminal, interrupts_held
from scaffold.init.question import Option, Question

OPTIONS = tuple(Option(value=value, title=value) for value in ("a", "b"))
KINDS = {
    "few": Question(name="one", text="Which?", options=OPTIONS, default="b"),
    "several": Question(name="also", text="What else?", options=OPTIONS, several=True),
    "written": Question(name="size", text="How much?", default="1"),
}


class Interrupting(DummyOutput):
    """A screen on which a signal comes with something that is drawn."""

    def __init__(self, instant: int, number: signal.Signals) -> None:
        self.left = instant
        self.number = number
        super().__init__()

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(self.number)

    def write(self, data: str) -> None:
        del data
        self.tick()

    def flush(self) -> None:
        self.tick()

    def erase_down(self) -> None:
        self.tick()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_is_never_lost_and_an_answer_is_kept_first(
    kind: str, number: signal.Signals
) -> None:
    heard = kept = 0
    for instant in count(1):
        screen = Interrupting(instant, number)
        answers = []
        with create_pipe_input() as keys, create_app_session(keys, screen):
            keys.send_text("\r")
            try:
                with stopped_by_signals(), interrupts_held():
                    answers.append(ask_on_terminal(KINDS[kind]))
            except KeyboardInterrupt:
                heard += 1
                kept += len(answers)
            else:
                assert screen.left > 0, f"lost in instant {instant}"
                break
    assert heard > kept > 0


def ask_after_a_signal() -> None:
    with interrupts_held():
        signal.raise_signal(signal.SIGINT)
        ask_on_terminal(KINDS["few"])


def test_a_signal_from_before_a_question_ends_it_at_once() -> None:
    with (
        create_pipe_input() as nothing_typed,
        create_app_session(nothing_typed, DummyOutput()),
        pytest.raises(KeyboardInterrupt),
    ):
        ask_after_a_signal()
