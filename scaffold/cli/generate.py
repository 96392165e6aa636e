"""``leanscaffold generate``: decide, then write the Dockerfile, the locks and the record."""

import sys
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


@click.command(cls=SectionedCommand, short_help="Decide and write the Dockerfile and locks.")
@path_argument
@lasting_options
@click.option("--force", is_flag=True, help="Overwrite files that you wrote or edited.")
@json_option
@verbose_option
@quiet_option
@click.pass_obj
def generate(
    outside: Services,
    request: "Request",
    remarks: "tuple[Reason, ...]",
    path: Path,
    *,
    force: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Write a Dockerfile, a lock per target and a .dockerignore into the project in PATH.

    Options that leanscaffold.json recorded hold wherever no other is given, and are named; --anew
    decides without them.
    """
    from scaffold.cli.planning import decide_outcome, show_result, write_files  # noqa: PLC0415 - not for --help
    from scaffold.report.progress import talking  # noqa: PLC0415 - not for --help

    with talking(sys.stderr, quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
        if outcome.fits:
            outcome = write_files(outside, path, outcome, force=force, tell=tell)
    return show_result(outcome, folder=path, as_json=as_json, verbose=verbose)
