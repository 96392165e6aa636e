"""Ctrl-C as a signal, which it is whenever the terminal does not hand it over as a key."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_toolkit.application import Application


@dataclass(slots=True)
class _Held:
    """A handler that remembers whether the signal came, and lets ``then`` do the rest."""

    then: Callable[[], None]
    came: bool = False

    def __call__(self, _: int, __: FrameType | None) -> None:
        self.came = True
        self.then()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let what is done in here be finished; a signal that came meanwhile counts afterwards."""
    with _handled_by(_Held(lambda: None)) as held:
        yield
    if held.came:
        signal.raise_signal(signal.SIGINT)


def run_interruptibly(application: "Application[Any]") -> Any:
    """Run a question and return its answer. Raises KeyboardInterrupt for a signal as for the key.

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
    with _handled_by(held):
        answer = application.run(pre_run=begin, handle_sigint=False)
    if held.came:
        signal.raise_signal(signal.SIGINT)
    return answer


@contextmanager
def _handled_by(held: _Held) -> Iterator[_Held]:
    before = signal.signal(signal.SIGINT, held)
    try:
        yield held
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
