"""``leanscaffold devices``: the profiles, or one of them in detail."""

import sys

import click

from scaffold.cli.options import json_option, knowledge_option
from scaffold.cli.services import Services
from scaffold.cli.shell_completion import completing


@click.command(short_help="List the device profiles.")
@click.argument("name", required=False, shell_complete=completing("device"))
@knowledge_option
@json_option
@click.pass_obj
def devices(
    outside: Services, name: str | None, knowledge: tuple[str, ...], *, as_json: bool
) -> None:
    """List the device profiles, or show one with its caveats and source."""
    from scaffold.config.request import find_device  # noqa: PLC0415 - not for --help
    from scaffold.report.document import describe_device, to_json  # noqa: PLC0415 - not for --help
    from scaffold.report.lists import show_device, show_devices  # noqa: PLC0415 - not for --help
    from scaffold.report.terminal import show  # noqa: PLC0415 - not for --help

    known = outside.load_facts(knowledge).devices
    device = find_device(name, known) if name else None
    if as_json:
        found = [device] if device else [known[key] for key in sorted(known)]
        document = {"version": 1, "devices": [describe_device(item) for item in found]}
        click.echo(to_json(document), nl=False)
    else:
        show(sys.stdout, show_device(device) if device else show_devices(known))
