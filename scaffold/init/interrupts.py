"""Ctrl-C as a signal, which it is whenever the terminal does not hand it over as a key.

A terminal that is closed sends another, and who stops a program a third: all three end a question.
Raised in the middle of an event loop, an exception can leave it waiting for ever; so a handler only
tells the loop, which ends the question by itself.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_toolkit.application import Application


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
    """Let what is done in here be finished; a signal that came meanwhile counts afterwards."""
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
