"""Keys in, answers out, on a terminal that prompt_toolkit is told to pretend."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from scaffold.config.option_parsers import parse_size
from scaffold.init.prompts import ask_on_terminal, take_defaults
from scaffold.init.question import GoBackError, Option, Question
from scaffold.model.errors import UsageError

ENTER, DOWN, UP, LEFT, ESCAPE = "\r", "\x1b[B", "\x1b[A", "\x1b[D", "\x1b"
CTRL_C, CTRL_D, CLEAR = "\x03", "\x04", "\x15"
FEW = Question(
    name="objective",
    text="What matters most?",
    options=tuple(Option(value=v, title=v.title(), note=f"about {v}") for v in ("a", "b", "c")),
    default="b",
)
MANY = Question(
    name="device",
    text="Which one?",
    options=tuple(Option(value=f"d{n}", title=f"Device {n:02}", note="arm64") for n in range(40)),
    default="d0",
)
SIZE = Question(name="max-size-other", text="How much?", check=parse_size)


SEVERAL = Question(name="also", text="What else?", options=FEW.options, default="b", several=True)


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as keyboard, create_app_session(keyboard, DummyOutput()):
        yield keyboard


@pytest.mark.parametrize(
    ("typed", "value"), [(ENTER, "b"), (DOWN + ENTER, "c"), (UP + ENTER, "a"), ("j" + ENTER, "c")]
)
def test_one_of_a_few_is_chosen_with_the_arrows(keys: PipeInput, typed: str, value: str) -> None:
    keys.send_text(typed)
    assert ask_on_terminal(FEW) == value


def test_one_of_many_is_found_by_typing_a_part_of_its_name(keys: PipeInput) -> None:
    keys.send_text("17" + ENTER)
    assert ask_on_terminal(MANY) == "d17"


def test_letters_that_move_among_a_few_are_searched_among_many(keys: PipeInput) -> None:
    odd = Question(
        name="device",
        text="Which?",
        options=(*MANY.options, Option(value="jk", title="jk board")),
        default="d0",
    )
    keys.send_text("jk" + ENTER)
    assert ask_on_terminal(odd) == "jk"


def test_a_written_answer_is_not_taken_before_it_makes_sense(keys: PipeInput) -> None:
    keys.send_text("huge" + ENTER + CLEAR + " 300MB " + ENTER)
    assert ask_on_terminal(SIZE) == "300MB"


def test_a_written_default_is_taken_with_enter(keys: PipeInput) -> None:
    keys.send_text(ENTER)
    assert ask_on_terminal(Question(name="cmd", text="How?", default="python x.py")) == (
        "python x.py"
    )


@pytest.mark.parametrize(
    ("typed", "value"),
    [(ENTER, "b"), (" " + ENTER, "a,b"), (DOWN + " " + ENTER, ""), ("a" + ENTER, "a,b,c")],
)
def test_of_several_none_or_all_are_ticked_with_the_space_bar(
    keys: PipeInput, typed: str, value: str
) -> None:
    keys.send_text(typed)
    assert ask_on_terminal(SEVERAL) == value


@pytest.mark.parametrize(
    "question", [FEW, MANY, SIZE, SEVERAL], ids=["few", "many", "written", "several"]
)
def test_ctrl_c_breaks_off_at_any_kind_of_question(keys: PipeInput, question: Question) -> None:
    keys.send_text(CTRL_C)
    with pytest.raises(KeyboardInterrupt):
        ask_on_terminal(question)


@pytest.mark.parametrize(
    ("question", "typed"),
    [(FEW, LEFT), (MANY, "17" + LEFT), (SEVERAL, LEFT), *((q, ESCAPE) for q in (FEW, MANY, SIZE))],
)
def test_escape_goes_back_and_the_left_arrow_in_lists(
    keys: PipeInput, question: Question, typed: str
) -> None:
    keys.send_text(typed)
    with pytest.raises(GoBackError):
        ask_on_terminal(question)


def test_the_left_arrow_moves_in_what_is_written(keys: PipeInput) -> None:
    keys.send_text("30MB" + LEFT * 2 + "0" + ENTER)
    assert ask_on_terminal(SIZE) == "300MB"


def test_one_at_least_is_ticked_where_the_question_says_so(keys: PipeInput) -> None:
    def one_at_least(answer: str) -> None:
        if not answer:
            raise UsageError("select at least one")

    keys.send_text(DOWN + " " + ENTER + UP + " " + ENTER)
    assert ask_on_terminal(replace(SEVERAL, check=one_at_least)) == "a"


def test_ctrl_d_on_an_empty_line_breaks_off_too(keys: PipeInput) -> None:
    keys.send_text(CTRL_D)
    with pytest.raises(KeyboardInterrupt):
        ask_on_terminal(SIZE)


def test_without_asking_the_default_is_the_answer() -> None:
    assert take_defaults(FEW) == "b"
