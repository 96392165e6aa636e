"""Asking on a terminal, by keyboard."""

import shutil
import signal
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

import questionary
from prompt_toolkit import print_formatted_text
from prompt_toolkit.filters import Always, is_done
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.layout import (
    ConditionalContainer,
    Dimension,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)

from scaffold.init.question import GoBackError, Option, Question

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from questionary import Question as Prompt
    from questionary import Style


@dataclass(slots=True)
class _Held:
    """A handler that remembers which signal came first, and lets ``then`` do the rest."""

    then: Callable[[], None]
    came: int = 0

    def __call__(self, number: int, _: FrameType | None) -> None:
        self.came = self.came or number
        self.then()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let what is done in here be finished; a signal that came meanwhile counts afterwards.

    Raised in the middle of an event loop, an exception can leave it waiting for ever.
    """
    held = _Held(lambda: None)
    with _handled_by(held):
        yield
    if held.came:
        signal.raise_signal(held.came)


def run_interruptibly(application: "Application[Any]") -> Any:
    """Run a question and return its answer. Raises KeyboardInterrupt for Ctrl-C as for the key.

    prompt_toolkit's own handling gives the signal to key bindings, and questionary has none for it:
    what comes while the terminal is being set up, or given back, would be lost. A signal after the
    answer counts once this has returned, or where ``interrupts_held`` holds it, later; one that is
    held already ends the question at once.
    """
    outside = signal.getsignal(signal.SIGINT)
    held = _Held(lambda: None)

    def stop() -> None:
        if application.future and not application.future.done():
            application.exit(exception=KeyboardInterrupt)

    def begin() -> None:
        if held.came or (isinstance(outside, _Held) and outside.came):
            stop()

    def wake() -> None:
        if application.loop:
            application.loop.call_soon_threadsafe(stop)

    held.then = wake
    try:
        with _handled_by(held):
            answer = application.run(pre_run=begin, handle_sigint=False)
    except (KeyboardInterrupt, OSError) as error:  # a closed terminal takes no more output
        if not held.came:
            raise
        signal.raise_signal(held.came)
        raise KeyboardInterrupt from error
    if held.came:
        signal.raise_signal(held.came)
    return answer


@contextmanager
def _handled_by(held: _Held) -> Iterator[None]:
    with ExitStack() as stack:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            # Who asks at a terminal hears Ctrl-C in any case; `nohup` keeps what it keeps off.
            ignored = number and signal.getsignal(number) is signal.SIG_IGN
            if number and (number == signal.SIGINT or not ignored):
                before = signal.signal(number, held)
                stack.callback(signal.signal, number, before or signal.SIG_DFL)
        yield


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
_ESCAPE = 0.05  # seconds in which the rest of an arrow key's code follows its first byte
_POINTED = 8  # columns for the pointer, the tick and the gap before a note
_NARROWEST = 16
_TALLEST = 14  # lines of a long list: the screen keeps what was said before
_WIDEST = 44  # a longer title moves its own note, and no other


def ask_on_terminal(question: Question) -> str:
    """Return the answer that somebody gives; its line stays on the screen.

    Raises KeyboardInterrupt for Ctrl-C and Ctrl-D, GoBackError for Esc or, in a list, for ←.
    """
    style = questionary.Style(list(_STYLE))
    prompt = _prompt(question, style)
    _add_keys(prompt, question)
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
    note = f"({question.note})" if question.note else ""
    shared: dict[str, Any] = {"qmark": "·", "style": style, "erase_when_done": True}
    if not question.options:
        return questionary.text(
            question.text,
            default=question.default,
            instruction=f"{note} " if note else None,
            validate=lambda text: question.problem_of(text) or True,
            **shared,
        )
    searched = len(question.options) > _SEARCHED and not question.several
    widest = max(len(option.title) for option in question.options)
    width = widest if question.several else min(_WIDEST, widest)
    taken = question.default.split(",") if question.several else []
    shared |= {
        "choices": [
            questionary.Choice(
                _title(option, width, plain=searched),
                value=option.value,
                checked=option.value in taken,
            )
            for option in question.options
        ],
        "pointer": "›",  # noqa: RUF001 - an arrow, not a bracket
        "instruction": note or " ",
    }
    if question.several:
        return questionary.checkbox(
            question.text,
            validate=lambda taken: question.problem_of(",".join(taken)) or True,
            **shared,
        )
    return questionary.select(
        question.text,
        default=question.default,
        use_search_filter=searched,
        use_jk_keys=not searched,
        **shared,
    )


def _add_keys(prompt: "Prompt", question: Question) -> None:
    """Let Esc lead to the question before, Ctrl-D end a list as a line; tell the keys below it."""
    keys = KeyBindings()

    def go_back(event: KeyPressEvent) -> None:
        event.app.exit(exception=GoBackError)

    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    for key in ("escape", "left") if question.options else ("escape",):
        keys.add(key, eager=True)(go_back)
    if question.options:
        keys.add("c-d", eager=True)(leave)
    app = prompt.application
    app.ttimeoutlen = _ESCAPE
    app.key_bindings = merge_key_bindings([*filter(None, [app.key_bindings]), keys])
    legend = Window(
        FormattedTextControl([("class:instruction", _legend(question))]),
        dont_extend_height=True,
        wrap_lines=True,
    )
    for window in app.layout.find_all_windows():
        window.dont_extend_height = Always()
        window.height = Dimension(max=_TALLEST) if window.height is None else window.height
    shown = ConditionalContainer(legend, filter=~is_done)
    app.layout = Layout(HSplit([app.layout.container, shown]), app.layout.current_window)


def _legend(question: Question) -> str:
    words = ["Enter accept", "Esc back", "Ctrl-C quit"]
    if question.several:
        words.insert(0, "Space select")
    if question.options:
        words.insert(0, "↑ ↓ move")
    if len(question.options) > _SEARCHED:
        words.insert(1, "type to search")
    return " · ".join(words)


def _title(option: Option, width: int, *, plain: bool) -> "str | list[tuple[str, str]]":
    """Return an option's line, its note wrapped; what is searched has to be plain text."""
    if not option.note:
        return option.title
    title = option.title.ljust(width)
    if plain:
        return f"{title}  {option.note}"
    start = width + _POINTED
    room = max(_NARROWEST, shutil.get_terminal_size().columns - start - 1)
    note = textwrap.wrap(option.note, room)
    return [("class:text", title), ("class:instruction", "  " + f"\n{' ' * start}".join(note))]


def take_defaults(question: Question) -> str:
    """Return the default, asking nobody."""
    return question.default
