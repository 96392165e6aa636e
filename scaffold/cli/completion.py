"""``leanscaffold completion``: the script that teaches a shell our words."""

import os
from pathlib import PurePath

import click
from click.shell_completion import get_completion_class

from scaffold.cli import COMPLETING, cli
from scaffold.cli.shell_completion import teach_shells
from scaffold.model.errors import UsageError

_SHELLS = ("bash", "zsh", "fish")


def completion(_: object, shell: str | None) -> None:
    """Print the script that completes commands, options and names in SHELL."""
    teach_shells()

    name = shell or PurePath(os.environ.get("SHELL", "")).name
    found = get_completion_class(name) if name in _SHELLS else None
    if found is None:
        raise UsageError(
            f"there is no completion for the shell {name!r}", hint=f"name one: {', '.join(_SHELLS)}"
        )
    click.echo(found(cli, {}, "leanscaffold", COMPLETING).source())
