"""Text for people on a stream, with nothing cut off, and bytes as people read them."""

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from math import ceil
from typing import TextIO

import click
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from scaffold.model.errors import clean
from scaffold.report.invocation import as_called

Content = Iterator[RenderableType]
_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB")
_ROUNDS_UP = 999.5
_GIB, _MIB = 1 << 30, 1 << 20


def format_size(size: int) -> str:
    """Return ``412 MB``, ``1.25 GB``: decimal units, three digits at most."""
    value = float(abs(size))
    unit = 0
    while value >= _ROUNDS_UP and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    return f"{'-' if size < 0 else ''}{value:.3g} {_UNITS[unit]}"


def format_bound(size: int, error: int) -> str:
    """Return a size with its relative error bound, rounded up: ``412 MB ±1%``."""
    if error <= 0 or size <= 0:
        return format_size(size)
    percent = ceil(1000 * error / size) / 10
    return f"{format_size(size)} ±{ceil(percent) if percent > 1 else percent:g}%"


def format_memory(size: int) -> str:
    """Return ``4 GiB``, ``512 MiB``: memory is sold in powers of two; ``8 GB`` is what it says."""
    if size % _MIB:
        return format_size(size)
    unit, name = (_GIB, "GiB") if size >= _GIB else (_MIB, "MiB")
    return f"{size / unit:.4g} {name}"


def to_json(document: object) -> str:
    """Return canonical JSON: sorted keys, two spaces, ISO dates, one line break at the end."""
    text = json.dumps(
        document, indent=2, sort_keys=True, ensure_ascii=False, default=date.isoformat
    )
    return text + "\n"


_UNBOUND = 10_000  # a pipe has no width: one sentence, one line, easy to search


def show(stream: TextIO, content: Iterable[RenderableType], *, width: int | None = None) -> None:
    """Write rich renderables; ``width`` is the terminal's unless given.

    NO_COLOR and the other conventions are rich's. Lines carry no spaces at their end.
    """
    terminal = stream.isatty()
    text = io.StringIO()
    console = Console(
        file=text,
        force_terminal=terminal,
        width=width or (None if terminal else _UNBOUND),
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for renderable in content:
        console.print(renderable)
    stream.write("\n".join(line.rstrip(" ") for line in text.getvalue().split("\n")))
    stream.flush()


def print_result(
    document: Callable[[], object], content: Iterable[RenderableType], *, as_json: bool
) -> None:
    """Print a result on stdout, as JSON or for people."""
    if as_json:
        click.echo(to_json(document()), nl=False)
    else:
        show(sys.stdout, content)


def align(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Return rows as lines of columns two spaces apart; ``right`` are numbers of figure columns."""
    rightwards = set(right)
    cleaned = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cleaned, strict=True)]
    lines = []
    for row in cleaned:
        cells = [
            " " * (width - cell_len(cell)) + cell
            if number in rightwards
            else cell + " " * (width - cell_len(cell))
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


class Fitted:
    """A line of a table in several widths: shown is the widest that the terminal has room for."""

    def __init__(self, variants: Sequence[tuple[int, str]], style: str = "") -> None:
        self._variants = variants
        self._style = style

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield the line."""
        room = options.max_width
        line = next((text for width, text in self._variants if width <= room), None)
        yield styled(self._variants[-1][1] if line is None else line, self._style)


def fit(
    rows: Sequence[Sequence[str]], right: Iterable[int] = (), spare: Iterable[int] = ()
) -> list[list[tuple[int, str]]]:
    """Return, for each row, its line and how wide the table is, for ``Fitted``.

    Whole first, then with one more of the ``spare`` columns left out each, in their order.
    """
    lines: list[list[tuple[int, str]]] = [[] for _ in rows]
    shown = list(range(len(rows[0])))
    rightwards = set(right)
    for left_out in (None, *spare):
        shown = [number for number in shown if number != left_out]
        cut = [[row[number] for number in shown] for row in rows]
        aligned = align(cut, [at for at, number in enumerate(shown) if number in rightwards])
        width = max(map(cell_len, aligned))
        for held, line in zip(lines, aligned, strict=True):
            held.append((width, line))
    return lines


def labelled(label: str, text: str, note: str, *, width: int) -> RenderableType:
    """Return a value beside its label, with where it comes from after it."""
    value = styled(text)
    if note:
        value.append(f"  {clean(note)}", style="dim")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_row(label.ljust(width), value)
    return grid


def styled(text: str, style: str = "") -> Text:
    """Return one piece of text, cleaned; long words break rather than vanish."""
    return Text(clean(as_called(text)), style=style, overflow="fold")


def clipped(text: str, style: str = "") -> Text:
    """Return a line whose last, least important column a narrow terminal may cut."""
    return Text(clean(as_called(text)), style=style, overflow="ellipsis", no_wrap=True)


def bullet(text: str) -> RenderableType:
    """Return a paragraph with a dot before its first line."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(" ", "•", styled(text))
    return grid


def indented(text: str, by: int, style: str = "") -> RenderableType:
    """Return a paragraph whose every line is indented."""
    return Padding(styled(text, style), (0, 0, 0, by), expand=False)
