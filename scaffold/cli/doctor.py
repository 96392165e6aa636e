"""``leanscaffold doctor``: what on this machine is broken, and the command that mends it."""

import sys
from pathlib import Path

import click

from scaffold.cli.request import require_folder
from scaffold.cli.services import Services
from scaffold.docker.doctor import Health
from scaffold.report.formatting import to_json
from scaffold.report.options import make_checkup_document, show_checkup
from scaffold.report.terminal import show

_BROKEN = 1


def doctor(outside: Services, path: Path, *, as_json: bool) -> int:
    """Look at the engine, buildx, emulation, the index, proxies, disks and the knowledge's age."""
    require_folder(path)
    findings = outside.engine.check_up(path)
    if as_json:
        click.echo(to_json(make_checkup_document(findings)), nl=False)
    else:
        show(sys.stdout, show_checkup(findings))
    return _BROKEN if any(one.health is Health.BROKEN for one in findings) else 0
