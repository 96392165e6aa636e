"""Asking on a terminal, by keyboard."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import questionary
from prompt_toolkit import print_formatted_text
from prompt_toolkit.formatted_text import FormattedText

from scaffold.init.interrupts import run_interruptibly
from scaffold.init.question import Option, Question

if TYPE_CHECKING:
    from questionary import Question as Prompt
    from questionary import Style

Ask = Callable[[Question], str]

_STYLE = (
    ("qmark", "fg:ansicyan"),
    ("question", "bold"),
    ("answer", "fg:ansicyan nobold"),
    ("pointer", "fg:ansicyan bold"),
    ("highlighted", "fg:ansicyan"),
    ("instruction", "fg:ansibrightblack"),
    ("validation-toolbar", "fg:ansired bg:default noreverse"),
    ("bottom-toolbar", "noreverse"),
)
_SEARCHED = 12


def ask_on_terminal(question: Question) -> str:
    """Return the answer that somebody gives. Raises KeyboardInterrupt for Ctrl-C and Ctrl-D.

    Afterwards one line with the question and its answer is left on the screen.
    """
    style = questionary.Style(list(_STYLE))
    prompt = _prompt(question, style)
    try:
        given = run_interruptibly(prompt.application)
    except EOFError as error:
        raise KeyboardInterrupt from error
    answer = ",".join(given) if isinstance(given, list) else str(given).strip()
    said = question.title_of(answer) or "nothing"
    line = [("class:qmark", "· "), ("class:question", f"{question.text} "), ("class:answer", said)]
    print_formatted_text(FormattedText(line), style=style)
    return answer


def _prompt(question: Question, style: "Style") -> "Prompt":
    if not question.options:
        return _writing(question, style)
    return _ticking(question, style) if question.several else _choosing(question, style)


def _writing(question: Question, style: "Style") -> "Prompt":
    return questionary.text(
        question.text,
        default=question.default,
        qmark="·",
        instruction=f"({question.note}) " if question.note else None,
        validate=lambda text: question.problem_of(text) or True,
        style=style,
        erase_when_done=True,
    )


def _choosing(question: Question, style: "Style") -> "Prompt":
    searched = len(question.options) > _SEARCHED
    width = max(len(option.title) for option in question.options)
    return questionary.select(
        question.text,
        choices=[
            questionary.Choice(_title(option, width, plain=searched), value=option.value)
            for option in question.options
        ],
        default=question.default,
        qmark="·",
        pointer="›",  # noqa: RUF001 - an arrow, not a bracket
        instruction=f"({question.note})" if question.note else " ",
        use_search_filter=searched,
        use_jk_keys=not searched,
        style=style,
        erase_when_done=True,
    )


def _ticking(question: Question, style: "Style") -> "Prompt":
    taken = question.default.split(",")
    width = max(len(option.title) for option in question.options)
    return questionary.checkbox(
        question.text,
        choices=[
            questionary.Choice(
                _title(option, width, plain=False),
                value=option.value,
                checked=option.value in taken,
            )
            for option in question.options
        ],
        qmark="·",
        pointer="›",  # noqa: RUF001 - an arrow, not a bracket
        instruction=f"({question.note})" if question.note else " ",
        style=style,
        erase_when_done=True,
    )


def _title(option: Option, width: int, *, plain: bool) -> "str | list[tuple[str, str]]":
    """Return an option's line; what is searched has to be plain text."""
    if not option.note:
        return option.title
    title = option.title.ljust(width)
    if plain:
        return f"{title}  {option.note}"
    return [("class:text", title), ("class:instruction", f"  {option.note}")]


def take_defaults(question: Question) -> str:
    """Return the default, asking nobody."""
    return question.default
