"""Commands that look after this machine and the knowledge."""

from pathlib import Path

import click

from scaffold.cli.options import GIVEN, JSON, KNOWLEDGE, PATH, command, flag, option

MAINTAIN = (
    command(
        "config",
        "Show the value of every option and its source.",
        """Show the value of every option for the project in PATH, and where it comes from.

    In order of precedence: command line, environment (LEANSCAFFOLD_MAX_SIZE for --max-size),
    [tool.leanscaffold] in pyproject.toml (max-size = "500MB"), leanscaffold.json, default.
    """,
        PATH,
        *GIVEN,
        JSON,
        module="machine",
    ),
    command(
        "doctor",
        "Check this machine: engine, index, disk space.",
        """
    Check the engine, buildx, emulation, the index, proxies, disk space and the knowledge's age.

    Shows the command that fixes each problem; exits with 1 if something is broken. The settings of
    the project in PATH are used for the index. Plans work without an engine.
    """,
        PATH,
        JSON,
        module="machine",
    ),
    command(
        "completion",
        "Print the completion script for a shell.",
        """Print the completion script for a shell.

    It completes commands, options, devices, bases, architectures, templates and packages. The
    default is the shell in $SHELL. To install it:

    \b
    bash  leanscaffold completion bash > ~/.local/share/bash-completion/completions/leanscaffold
    zsh   leanscaffold completion zsh > "${fpath[1]}/_leanscaffold"
    fish  leanscaffold completion fish > ~/.config/fish/completions/leanscaffold.fish
    """,
        click.Argument(["shell"], type=click.Choice(("bash", "zsh", "fish")), required=False),
    ),
    click.Group(
        "knowledge",
        commands=(
            command(
                "check",
                "Check all fact files.",
                """Check all fact files.""",
                KNOWLEDGE,
                JSON,
                module="knowledge",
            ),
            command(
                "refresh",
                "Refresh the snapshot of wheels; show what changed.",
                """Ask the index again for releases, files and the contents of wheels.

    Uses the index that pip or uv is configured with; answers are cached. Lines that start with +
    are new, with - removed, with ~ changed. Use the resulting folder with --knowledge DIR.
    """,
                flag(
                    "--wheels",
                    expose_value=False,
                    help="Refresh the snapshot of wheels, the default.",
                ),
                option(
                    "--into",
                    type=click.Path(path_type=Path, file_okay=False),
                    metavar="DIR",
                    help="Folder of knowledge to refresh; in a checkout, its own.",
                ),
                option(
                    "--names",
                    type=click.Path(path_type=Path),
                    metavar="FILE",
                    help="Packages to look up, one per line.  [default: "
                    "DIR/snapshots/names.txt, "
                    "or the packages in DIR, or the bundled list]",
                ),
                flag("--write", help="Write the result instead of only showing the changes."),
                module="knowledge",
            ),
        ),
        help="Check or refresh the facts behind decisions.",
    ),
)
