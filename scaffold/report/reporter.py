"""The talk on stderr: what is going on right now. A spinner on a terminal, else plain lines."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TextIO


class Reporter(Protocol):
    """Says one line of progress."""

    def __call__(self, text: str, /) -> None:
        """Say it."""
        ...


@contextmanager
def talking(
    stream: TextIO, *, quiet: bool, environ: Mapping[str, str] = os.environ
) -> Iterator[Reporter]:
    """Yield what says progress: on a terminal the last line stays, turning, until all is done."""
    if quiet:
        yield _silent
    elif stream.isatty() and environ.get("TERM") != "dumb":
        from rich.console import Console  # noqa: PLC0415 - slow to import

        with Console(file=stream, force_terminal=True, _environ=environ).status(
            "reading the knowledge"
        ) as status:
            yield lambda text: status.update(text.replace("[", r"\["))
    else:
        yield lambda text: print(text, file=stream, flush=True)


def _silent(_: str, /) -> None:
    """Say nothing."""
