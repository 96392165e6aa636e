"""``leanscaffold config``: every option's value, and who said so."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import (
    SectionedCommand,
    given_in,
    given_options,
    json_option,
    path_argument,
    require_folder,
)
from scaffold.cli.services import Services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.config.option_sources import Given


@click.command(cls=SectionedCommand, short_help="Show every option's value and where it is from.")
@path_argument
@given_options
@json_option
@click.pass_obj
def config(outside: Services, given: "Mapping[str, Given]", path: Path, *, as_json: bool) -> None:
    """Show the value of every option for the project in PATH, and where it comes from.

    The command line comes first, then the environment (LEANSCAFFOLD_MAX_SIZE for --max-size), then
    [tool.leanscaffold] in pyproject.toml (max-size = "500MB"), then what leanscaffold.json
    recorded, then the default.
    """
    from scaffold.config.option_sources import overlay, raw_values, unused_variables  # noqa: PLC0415
    from scaffold.config.request import parse_request  # noqa: PLC0415 - not for --help
    from scaffold.report.options import (  # noqa: PLC0415
        list_rows,
        make_settings_document,
        show_settings,
    )

    require_folder(path)
    record = outside.read_record(path)
    held = overlay(given.values(), given_in(record))
    rows = list_rows(parse_request(raw_values(held)), held)
    unused = unused_variables(outside.environment())
    if as_json:
        from scaffold.report.document import to_json  # noqa: PLC0415 - not for text

        click.echo(to_json(make_settings_document(rows, unused)), nl=False)
    else:
        from scaffold.report.terminal import show  # noqa: PLC0415 - not for JSON

        show(sys.stdout, show_settings(rows, unused))
