"""``leanscaffold bundle``: what an image is made of in one file, for where there is no network."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import SectionedCommand, given_options, path_argument, quiet_option
from scaffold.cli.services import Services

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
    from scaffold.cli.ship import run_bundle  # noqa: PLC0415 - not for --help

    return run_bundle(outside, given, path, goal=goal, base_from=base_from or "", quiet=quiet)
