"""``leanscaffold plan`` shows the decision; ``generate`` also writes the files of it."""

import sys
from pathlib import Path

from scaffold.cli.planning import compare_files, decide_outcome, show_result, write_files
from scaffold.cli.request import with_request
from scaffold.cli.services import Services
from scaffold.model.options import Request
from scaffold.model.resolution import Reason
from scaffold.report.progress import talking


@with_request
def plan(
    outside: Services,
    request: Request,
    remarks: tuple[Reason, ...],
    path: Path,
    *,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Show which base image the project in PATH gets, and why; write nothing."""
    with talking(sys.stderr, quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
        if outcome.fits:
            outcome = compare_files(outside, path, outcome)
    return show_result(outcome, folder=path, as_json=as_json, verbose=verbose)


@with_request
def generate(
    outside: Services,
    request: Request,
    remarks: tuple[Reason, ...],
    path: Path,
    *,
    force: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Write a Dockerfile, a lock per target and a .dockerignore into the project in PATH."""
    with talking(sys.stderr, quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
        if outcome.fits:
            outcome = write_files(outside, path, outcome, force=force, tell=tell)
    return show_result(outcome, folder=path, as_json=as_json, verbose=verbose)
