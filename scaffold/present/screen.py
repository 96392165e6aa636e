"""Putting text on a stream: colours on a terminal only, nothing cut off anywhere."""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_UNBOUND = 10_000  # a pipe has no width: one sentence, one line, easy to search
_CONTROL = dict.fromkeys((*range(9), *range(11, 32), 127), "�")


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
    """Return text without control characters: what a project says must not drive a terminal."""
    return text.translate(_CONTROL)


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


def styled(text: str, style: str = "") -> "Text":
    """Return one piece of text, cleaned; long words break rather than vanish."""
    from rich.text import Text  # noqa: PLC0415 - slow to import

    return Text(clean(text), style=style, overflow="fold")


def clipped(text: str) -> "Text":
    """Return a line whose last, least important column a narrow terminal may cut."""
    from rich.text import Text  # noqa: PLC0415 - slow to import

    return Text(clean(text), overflow="ellipsis", no_wrap=True)


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
