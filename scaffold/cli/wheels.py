"""``leanscaffold wheels``: for which libc, architecture and Python a package has wheels."""

import sys
from dataclasses import asdict

import click

from scaffold.cli.completing import completing
from scaffold.cli.options import json_option, offline_option
from scaffold.cli.outside import Outside


@click.command(short_help="Show for what a package has wheels.")
@click.argument(
    "packages",
    metavar="PACKAGE...",
    nargs=-1,
    required=True,
    shell_complete=completing("package"),
)
@offline_option
@json_option
@click.pass_obj
def wheels(outside: Outside, packages: tuple[str, ...], *, offline: bool, as_json: bool) -> None:
    """Show each PACKAGE's wheels: libc x architecture x Python."""
    from scaffold.cli.pages import find_page, normalise  # noqa: PLC0415 - not for --help
    from scaffold.core.matrix import make_matrix  # noqa: PLC0415 - not for --help
    from scaffold.present.document import to_json  # noqa: PLC0415 - not for --help
    from scaffold.present.lists import show_matrix  # noqa: PLC0415 - not for --help
    from scaffold.present.screen import show  # noqa: PLC0415 - not for --help

    matrices = []
    for name in dict.fromkeys(map(normalise, packages)):
        page = find_page(outside, name, offline=offline)
        if page is None:
            from scaffold.spelling import unknown  # noqa: PLC0415 - not for --help

            raise unknown("package", name, outside.snapshot_names(), hint="check the spelling")
        matrices.append(make_matrix(page))
    if as_json:
        document = {"version": 1, "packages": [asdict(matrix) for matrix in matrices]}
        click.echo(to_json(document), nl=False)
        return
    for number, matrix in enumerate(matrices):
        if number:
            click.echo()
        show(sys.stdout, show_matrix(matrix))
