"""``leanscaffold generate``: decide, then write the Dockerfile, the locks and the record."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import (
    SectionedCommand,
    json_option,
    path_argument,
    quiet_option,
    request_options,
    verbose_option,
)
from scaffold.cli.services import Services

if TYPE_CHECKING:
    from scaffold.config.request import Request
    from scaffold.report.plan_result import PlanResult


@click.command(cls=SectionedCommand, short_help="Decide and write the Dockerfile and locks.")
@path_argument
@request_options
@click.option("--force", is_flag=True, help="Overwrite files that you wrote or edited.")
@json_option
@verbose_option
@quiet_option
@click.pass_obj
def generate(
    outside: Services,
    request: "Request",
    path: Path,
    *,
    force: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Write a Dockerfile, a lock per target and a .dockerignore into the project in PATH."""
    from scaffold.cli.planning import decide_outcome, show_result  # noqa: PLC0415 - not for --help
    from scaffold.report.reporter import talking  # noqa: PLC0415 - not for --help

    with talking(sys.stderr, quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell)
        if outcome.fits:
            outcome = write_files(outside, path, outcome, force=force, tell=tell)
    return show_result(outcome, folder=path, as_json=as_json, verbose=verbose)


def write_files(
    outside: Services,
    path: Path,
    outcome: "PlanResult",
    *,
    force: bool,
    tell: Callable[[str], None],
) -> "PlanResult":
    """Write everything and return the outcome with the hashes of what was written.

    Raises FileConflictError, having written nothing, for a file that is the user's.
    """
    from scaffold.model.resolution import Reason  # noqa: PLC0415 - not for --help
    from scaffold.project.dockerignore import PROGRAM  # noqa: PLC0415 - not for --help
    from scaffold.state.file_writer import digest  # noqa: PLC0415 - not for --help

    tell("writing the files")
    files = spell_files(outside, path, outcome)
    kept = find_left(path, files, outcome.request)
    for name in kept:
        del files[name]
    ours = f"{PROGRAM}/"
    left = set(outside.write(path, files, force)) - set(kept)
    stale = (
        Reason(code="file-stale", text=f"{name} is of an earlier run: delete it if you like")
        for name in sorted({PROGRAM if name.startswith(ours) else name for name in left})
    )
    spared = (
        Reason(code="file-left", text=f"{name} stays as it is, as --leave says", file=name)
        for name in kept
    )
    hashes = {name: digest(text) for name, text in files.items()}
    return replace(outcome, files=hashes, remarks=(*outcome.remarks, *spared, *stale))


def find_left(path: Path, files: Mapping[str, str], request: "Request") -> tuple[str, ...]:
    """Return which of these files are there and are to stay as they are."""
    return tuple(name for name in request.leave if name in files and (path / name).exists())


def spell_files(outside: Services, path: Path, outcome: "PlanResult") -> dict[str, str]:
    """Return the texts of all files of an outcome that fits, by name; nothing is written."""
    from scaffold.config.option_sources import set_by  # noqa: PLC0415
    from scaffold.project.inputs import input_files  # noqa: PLC0415
    from scaffold.report.document import make_record  # noqa: PLC0415 - not for --help
    from scaffold.state.file_writer import RECORD  # noqa: PLC0415 - not for --help
    from scaffold.state.record import render_record  # noqa: PLC0415 - not for --help

    request = outcome.request
    made = outside.make_plan(outcome.project, outcome.targets, outcome.decisions, request)
    files = dict(outside.spell_plan(made))
    for name in find_left(path, files, request):
        # Docker prefers it to .dockerignore: it would change a build that is not ours.
        ignore = f"{name}.dockerignore"
        if not (path / ignore).exists():
            files.pop(ignore, None)
    inputs = outside.digest_inputs(path, input_files(outcome.project))
    table = set_by(outside.read_settings(path), request)
    files[RECORD] = render_record(make_record(outcome, files, inputs, table))
    return files
