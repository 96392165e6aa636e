"""The talk on stderr: what is going on right now, on a terminal; a log has no use for it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console


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
    if quiet or not stream.isatty():
        yield _silent
    elif environ.get("TERM") == "dumb":
        yield lambda text: print(text, file=stream, flush=True)
    else:
        with Console(file=stream, force_terminal=True, _environ=environ).status(
            "reading the knowledge"
        ) as status:
            yield lambda text: status.update(text.replace("[", r"\["))


def _silent(_: str, /) -> None:
    """Say nothing."""
