"""``leanscaffold plan`` and ``generate``: read, decide, write, show."""

from pathlib import Path

from scaffold.cli.request import RequestCall, with_request
from scaffold.model.errors import FITS, NOTHING_FITS
from scaffold.operations.plan import compare_files, decide_outcome, write_files
from scaffold.report.document import make_document
from scaffold.report.plan_result import PlanResult
from scaffold.report.progress import talking
from scaffold.report.summary import show_result_text
from scaffold.report.terminal import print_result


def show_result(outcome: PlanResult, *, folder: Path, as_json: bool, verbose: bool = False) -> int:
    """Print the result on stdout and return the exit code."""
    print_result(
        lambda: make_document(outcome),
        show_result_text(outcome, folder=str(folder), verbose=verbose),
        as_json=as_json,
    )
    return FITS if outcome.fits else NOTHING_FITS


@with_request
def plan(call: RequestCall, *, as_json: bool, verbose: bool, quiet: bool) -> int:
    """Show which base image the project in PATH gets, and why; write nothing."""
    outside, request, remarks, path = call
    with talking(quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
        if outcome.fits:
            outcome = compare_files(outside, path, outcome)
    return show_result(outcome, folder=path, as_json=as_json, verbose=verbose)


@with_request
def generate(call: RequestCall, *, force: bool, as_json: bool, verbose: bool, quiet: bool) -> int:
    """Write a Dockerfile, a lock per target and a .dockerignore into the project in PATH."""
    outside, request, remarks, path = call
    with talking(quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
        if outcome.fits:
            outcome = write_files(outside, path, outcome, force=force, tell=tell)
    return show_result(outcome, folder=path, as_json=as_json, verbose=verbose)
