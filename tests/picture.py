"""The picture in the README: what the command prints today, as SVG.

``python -m tests.picture > docs/plan.svg`` draws it anew.
"""

import io
import shlex
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from scaffold.cli.deciding import decide_outcome
from scaffold.cli.options import read_options
from scaffold.cli.outside import real_outside
from scaffold.config import parse_request
from scaffold.present.outcome import planned_files
from scaffold.present.text import show_outcome

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = "examples/detector"
OPTIONS = "--device raspberry-pi-5 --max-size 500MB --offline"
COMMAND = f"leanscaffold plan {EXAMPLE} {OPTIONS}"
_TODAY = date(2026, 11, 24)
_COLUMNS = 100
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def draw_plan() -> str:
    """Return the picture of ``COMMAND`` on a terminal of 100 columns."""
    outside = replace(real_outside(), today=lambda: _TODAY)
    request = parse_request(read_options(shlex.split(OPTIONS)))
    outcome = decide_outcome(outside, ROOT / EXAMPLE, request, lambda _: None)
    outcome = replace(outcome, files=dict.fromkeys(planned_files(outcome)))
    console = Console(
        file=io.StringIO(),
        record=True,
        width=_COLUMNS,
        force_terminal=True,
        color_system="standard",
        highlight=False,
        markup=False,
        emoji=False,
    )
    for renderable in show_outcome(outcome, folder=EXAMPLE):
        console.print(renderable)
    return console.export_svg(
        title=f"$ {COMMAND}", code_format=_svg_format(), unique_id="leanscaffold"
    )


def _svg_format() -> str:
    """Return rich's frame with fonts that are there: a picture in a page may load none."""
    head, _, rest = CONSOLE_SVG_FORMAT.partition("@font-face")
    rest = rest[rest.index(".{unique_id}-matrix") :]
    return (
        (head + rest)
        .replace("Fira Code, monospace", _FONTS)
        .replace("font-family: arial", f"font-family: {_FONTS}")
        .replace("    <!-- Generated with Rich https://www.textualize.io -->\n", "")
    )


if __name__ == "__main__":
    sys.stdout.write(draw_plan())
