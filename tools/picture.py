"""The picture in the README: what the command prints today, as SVG.

``python -m tools.picture > docs/plan.svg`` draws it anew.
"""

import shlex
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from scaffold.config.request import parse_argv, parse_request
from scaffold.operations.plan import decide_outcome
from scaffold.operations.services import real_services
from scaffold.report.compare import draw
from scaffold.report.plan_result import planned_files
from scaffold.report.summary import show_result_text

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = "examples/detector"
OPTIONS = "--device raspberry-pi-5 --max-size 500MB --offline"
COMMAND = f"leanscaffold plan {EXAMPLE} {OPTIONS}"
_TODAY = date(2026, 11, 24)


def draw_plan() -> str:
    """Return the picture of ``COMMAND`` on a terminal of 100 columns."""
    real = real_services()
    outside = replace(real, host=replace(real.host, today=lambda: _TODAY))
    request = parse_request(parse_argv(shlex.split(OPTIONS)))
    outcome = decide_outcome(outside, ROOT / EXAMPLE, request, lambda _: None)
    outcome = replace(outcome, files=dict.fromkeys(planned_files(outcome)))
    return draw(show_result_text(outcome, folder=EXAMPLE), title=f"$ {COMMAND}")


if __name__ == "__main__":
    sys.stdout.write(draw_plan())
