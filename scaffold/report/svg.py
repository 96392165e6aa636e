"""What a command prints, drawn as it looks on a terminal: SVG that stands by itself."""

import io
from typing import TYPE_CHECKING

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

COLUMNS = 100
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def draw(content: "Iterable[RenderableType]", *, title: str, columns: int = COLUMNS) -> str:
    """Return a picture of a terminal that shows these. The same content gives the same bytes."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=columns,
        force_terminal=True,
        color_system="standard",
        highlight=False,
        markup=False,
        emoji=False,
    )
    for renderable in content:
        console.print(renderable)
    return console.export_svg(title=title, code_format=_frame(), unique_id="leanscaffold")


def _frame() -> str:
    """Return rich's frame with fonts that are there: a picture in a page may load none."""
    head, _, rest = CONSOLE_SVG_FORMAT.partition("@font-face")
    rest = rest[rest.index(".{unique_id}-matrix") :]
    return (
        (head + rest)
        .replace("Fira Code, monospace", _FONTS)
        .replace("font-family: arial", f"font-family: {_FONTS}")
        .replace("    <!-- Generated with Rich https://www.textualize.io -->\n", "")
    )
