"""``leanscaffold deploy``: from here onto the device, without a registry."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import (
    SectionedCommand,
    given_options,
    json_option,
    path_argument,
    quiet_option,
)
from scaffold.cli.services import Services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.config.option_sources import Given


@click.command(cls=SectionedCommand, short_help="Run the image on a device, without a registry.")
@path_argument
@given_options
@click.option(
    "--on",
    "engine",
    metavar="ENGINE",
    required=True,
    help="The device: ssh://user@device[:port], or a docker context.",
)
@click.option(
    "--from", "archive", metavar="FILE", help="An archive that is built already, such as app.tar."
)
@click.option(
    "--base-from", metavar="PLACE", help="The base from oci:DIR or a tar, not from its registry."
)
@click.option(
    "--health-timeout",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long it may take until it is healthy.",
)
@json_option
@quiet_option
@click.pass_obj
def deploy(
    outside: Services,
    given: "Mapping[str, Given]",
    /,
    path: Path,
    *,
    engine: str,
    archive: str | None,
    base_from: str | None,
    health_timeout: float,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write the image of the project in PATH without an engine and run it on a device.

    Only the layers that the device lacks are sent. It runs as the compose file says: read-only,
    with the device's limits and hardware, and the variables of .env. Where it does not get healthy
    in time, the old one runs again.
    """
    from scaffold.cli.ship import run_deploy  # noqa: PLC0415 - not for --help

    return run_deploy(
        outside,
        given,
        path,
        engine=engine,
        archive=archive,
        base_from=base_from or "",
        patience=health_timeout,
        as_json=as_json,
        quiet=quiet,
    )
