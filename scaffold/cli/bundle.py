"""``leanscaffold bundle``: what an image is made of in one file, for where there is no network."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.build import make_image_job, make_job
from scaffold.cli.options import SectionedCommand, given_options, path_argument, quiet_option
from scaffold.cli.planning import show_result
from scaffold.cli.prepare import prepare
from scaffold.cli.services import Services
from scaffold.engineless.images import write_bundle
from scaffold.model.build import BuildOptions
from scaffold.report.formatting import format_size
from scaffold.report.progress import talking, watching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.config.option_sources import Given


@click.command(cls=SectionedCommand, short_help="Pack base and wheels for a build without network.")
@path_argument
@given_options
@click.option("--to", "goal", required=True, metavar="FILE", help="The archive: site.tar.")
@click.option(
    "--base-from", metavar="PLACE", help="The base from oci:DIR or a tar, not from its registry."
)
@quiet_option
@click.pass_obj
def bundle(
    outside: Services,
    given: "Mapping[str, Given]",
    /,
    path: Path,
    *,
    goal: str,
    base_from: str | None,
    quiet: bool,
) -> int:
    """Pack what the image of the project in PATH is made of: base, wheels and plan.

    With the project beside it, `leanscaffold build --to app.tar --from FILE` writes the same image
    where there is no network. Everything in FILE is checked against its hash there.
    """
    with talking(sys.stderr, quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=False, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=False, verbose=False)
    job = make_image_job(
        outside, prepared, make_job(path, prepared, BuildOptions()), goal, base_from or ""
    )
    with watching(sys.stderr, quiet=quiet) as watch:
        write_bundle(replace(job, goal=goal), watch)
    click.echo(f"Written to {goal}, {format_size(Path(goal).stat().st_size)}")
    click.echo(f"  there: leanscaffold build . --to app.tar --from {Path(goal).name}")
    return 0
