"""``leanscaffold completion``: the script that teaches a shell our words."""

import os
from pathlib import PurePath

import click

from scaffold.model.errors import UsageError

_SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(_SHELLS), required=False)
def completion(shell: str | None) -> None:
    """Print the script that completes commands, options and names in SHELL.

    Devices, bases, architectures, templates and packages complete as well. Without SHELL it is the
    one that $SHELL names. To have it in every new shell:

    \b
    bash  leanscaffold completion bash > ~/.local/share/bash-completion/completions/leanscaffold
    zsh   leanscaffold completion zsh > "${fpath[1]}/_leanscaffold"
    fish  leanscaffold completion fish > ~/.config/fish/completions/leanscaffold.fish
    """  # noqa: D301 - click looks for the backspace itself
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - not for --help

    from scaffold.cli import COMPLETING, cli  # noqa: PLC0415 - that imports us
    from scaffold.cli.shell_completion import teach_shells  # noqa: PLC0415

    teach_shells()

    name = shell or PurePath(os.environ.get("SHELL", "")).name
    found = get_completion_class(name) if name in _SHELLS else None
    if found is None:
        raise UsageError(
            f"there is no completion for the shell {name!r}", hint=f"name one: {', '.join(_SHELLS)}"
        )
    click.echo(found(cli, {}, "leanscaffold", COMPLETING).source())
