"""Every command of the command line: what it says of itself, and its options.

Plain declarations, one file a heading of the help: the module that does the work is imported when
its command runs, so that help and completion stay quick.
"""

import click

from scaffold.cli.commands.maintain import MAINTAIN
from scaffold.cli.commands.ship import SHIP
from scaffold.cli.commands.start import START
from scaffold.cli.commands.understand import UNDERSTAND

HEADINGS: dict[str, tuple[click.Command, ...]] = {
    "Start": START,
    "Ship": SHIP,
    "Understand": UNDERSTAND,
    "Maintain": MAINTAIN,
}
COMMANDS = {str(one.name): one for group in HEADINGS.values() for one in group}
