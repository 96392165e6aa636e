"""Putting text on a stream: colours on a terminal only, nothing cut off anywhere."""

import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text

_UNBOUND = 10_000  # a pipe has no width: one sentence, one line, easy to search
# Controls but tabs and line ends, invisible characters, marks of direction, other line ends.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def show(stream: TextIO, content: "Iterable[RenderableType]", *, width: int | None = None) -> None:
    """Write rich renderables; ``width`` is the terminal's unless given.

    NO_COLOR and the other conventions are rich's. Lines carry no spaces at their end.
    """
    from rich.console import Console  # noqa: PLC0415 - slow to import

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


def clean(text: str) -> str:
    """Return text whose hidden characters are written out: a project must not drive a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode()


def align(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Return rows as lines with columns of equal width, two spaces apart.

    ``right`` are the numbers of the columns that hold figures.
    """
    from rich.cells import cell_len  # noqa: PLC0415 - slow to import

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
        self, console: "Console", options: "ConsoleOptions"
    ) -> "Iterator[RenderableType]":
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
    from rich.cells import cell_len  # noqa: PLC0415 - slow to import

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


def labelled(label: str, text: str, note: str, *, width: int) -> "RenderableType":
    """Return a value beside its label, with where it comes from after it."""
    from rich.table import Table  # noqa: PLC0415 - slow to import

    value = styled(text)
    if note:
        value.append(f"  {clean(note)}", style="dim")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_row(label.ljust(width), value)
    return grid


def styled(text: str, style: str = "") -> "Text":
    """Return one piece of text, cleaned; long words break rather than vanish."""
    from rich.text import Text  # noqa: PLC0415 - slow to import

    return Text(clean(text), style=style, overflow="fold")


def clipped(text: str, style: str = "") -> "Text":
    """Return a line whose last, least important column a narrow terminal may cut."""
    from rich.text import Text  # noqa: PLC0415 - slow to import

    return Text(clean(text), style=style, overflow="ellipsis", no_wrap=True)


def bullet(text: str) -> "RenderableType":
    """Return a paragraph with a dot before its first line."""
    from rich.table import Table  # noqa: PLC0415 - slow to import

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(" ", "•", styled(text))
    return grid


def indented(text: str, by: int, style: str = "") -> "RenderableType":
    """Return a paragraph whose every line is indented."""
    from rich.padding import Padding  # noqa: PLC0415 - slow to import

    return Padding(styled(text, style), (0, 0, 0, by), expand=False)
