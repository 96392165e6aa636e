"""``leanscaffold doctor``: what on this machine is broken, and the command that mends it."""

import sys
from pathlib import Path

import click

from scaffold.cli.options import json_option, path_argument, require_folder
from scaffold.cli.services import Services

_BROKEN = 1


@click.command(short_help="Look for what is broken on this machine.")
@path_argument
@json_option
@click.pass_obj
def doctor(outside: Services, path: Path, *, as_json: bool) -> int:
    """Look at the engine, buildx, emulation, the index, proxies, disks and the knowledge's age.

    Each with the command that mends it; ends with 1 if something is broken. PATH is a project whose
    settings may name another index. Plans need no engine: without one, only what builds is broken.
    """
    from scaffold.docker.doctor import Health  # noqa: PLC0415 - not for --help

    require_folder(path)
    findings = outside.check_up(path)
    if as_json:
        from scaffold.report.document import to_json  # noqa: PLC0415
        from scaffold.report.options import make_checkup_document  # noqa: PLC0415 - not for text

        click.echo(to_json(make_checkup_document(findings)), nl=False)
    else:
        from scaffold.report.options import show_checkup  # noqa: PLC0415 - not for JSON
        from scaffold.report.terminal import show  # noqa: PLC0415

        show(sys.stdout, show_checkup(findings))
    return _BROKEN if any(one.health is Health.BROKEN for one in findings) else 0
