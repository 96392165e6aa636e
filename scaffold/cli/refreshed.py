"""What the commands that make knowledge anew have in common: options, and showing what changed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.services import Services

if TYPE_CHECKING:
    from scaffold.catalog.refresh.running import Order

into_option = click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder of knowledge; in a checkout its own.",
)
names_option = click.option(
    "--names",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Packages to look up, one a line.  [default: DIR/snapshots/names.txt, else what DIR "
    "has already, else the bundled list]",
)
write_option = click.option(
    "--write", is_flag=True, help="Write the result; without it only the changes show."
)


def show_refreshed(outside: Services, order: "Order", *, write: bool) -> None:
    """Make knowledge anew, print what changed, and write it if told to."""
    for refreshed in outside.refresh(order, _tell):
        for line in refreshed.changes:
            click.echo(line)
        for line in refreshed.remarks:
            _tell(line)
        if write:
            outside.write_knowledge(order.folder, refreshed.files, refreshed.stale)
    if not write:
        _tell("nothing was written: --write does")


def _tell(text: str) -> None:
    click.echo(text, err=True)
