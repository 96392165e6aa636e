"""``leanscaffold devices``: the profiles, or one of them in detail."""

import sys

import click

from scaffold.cli.services import Services
from scaffold.config.request import find_device
from scaffold.report.document import describe_device
from scaffold.report.formatting import to_json
from scaffold.report.lists import show_device, show_devices
from scaffold.report.terminal import show


def devices(
    outside: Services, name: str | None, knowledge: tuple[str, ...], *, as_json: bool
) -> None:
    """List the device profiles, or show one with its caveats and source."""
    known = outside.knowledge.load_facts(knowledge).devices
    device = find_device(name, known) if name else None
    if as_json:
        found = [device] if device else [known[key] for key in sorted(known)]
        document = {"version": 1, "devices": [describe_device(item) for item in found]}
        click.echo(to_json(document), nl=False)
    else:
        show(sys.stdout, show_device(device) if device else show_devices(known))
