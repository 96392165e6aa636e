"""``leanscaffold bundle``: what an image is made of in one file, for where there is no network."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from scaffold.cli.build import make_image_job, make_job
from scaffold.cli.planning import show_result
from scaffold.cli.prepare import prepare
from scaffold.cli.request import with_given
from scaffold.cli.services import Services
from scaffold.config.option_sources import Given
from scaffold.engineless.images import write_bundle
from scaffold.model.build import BuildOptions
from scaffold.report.formatting import format_size
from scaffold.report.progress import talking, watching


@with_given
def bundle(
    outside: Services,
    given: Mapping[str, Given],
    /,
    path: Path,
    *,
    goal: str,
    base_from: str | None,
    quiet: bool,
) -> int:
    """Write a bundle and return the exit code."""
    with talking(sys.stderr, quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=False, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=False, verbose=False)
    job = make_image_job(
        outside, prepared, make_job(prepared, BuildOptions()), goal, base_from or ""
    )
    with watching(sys.stderr, quiet=quiet) as watch:
        write_bundle(replace(job, goal=goal), watch)
    click.echo(f"Written to {goal}, {format_size(Path(goal).stat().st_size)}")
    click.echo(f"  there: leanscaffold build . --to app.tar --from {Path(goal).name}")
    return 0
