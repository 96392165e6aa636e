"""``leanscaffold plan``: the decision, shown; nothing is written."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import (
    SectionedCommand,
    json_option,
    lasting_options,
    path_argument,
    quiet_option,
    verbose_option,
)
from scaffold.cli.services import Services

if TYPE_CHECKING:
    from scaffold.config.request import Request
    from scaffold.model.resolution import Reason


@click.command(cls=SectionedCommand, short_help="Show the base image and why; write nothing.")
@path_argument
@lasting_options
@json_option
@verbose_option
@quiet_option
@click.pass_obj
def plan(
    outside: Services,
    request: "Request",
    remarks: "tuple[Reason, ...]",
    path: Path,
    *,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Show which base image the project in PATH gets, and why; write nothing.

    Options that leanscaffold.json recorded hold wherever no other is given, and are named; --anew
    decides without them.
    """
    from scaffold.cli.planning import decide_outcome, show_result  # noqa: PLC0415 - not for --help
    from scaffold.report.plan_result import planned_files  # noqa: PLC0415 - not for --help
    from scaffold.report.progress import talking  # noqa: PLC0415 - not for --help

    with talking(sys.stderr, quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
    if outcome.fits:
        outcome = replace(outcome, files=dict.fromkeys(planned_files(outcome)))
    return show_result(outcome, folder=path, as_json=as_json, verbose=verbose)
