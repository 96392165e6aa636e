"""Commands that begin: from a project to its files."""

from scaffold.catalog.resources import templates
from scaffold.cli.options import (
    FORCE,
    GIVEN,
    JSON,
    PATH,
    QUIET,
    REQUEST,
    VERBOSE,
    command,
    completing,
    flag,
    option,
)

_STARTERS = ", ".join(sorted(one.name for one in (templates() / "project").iterdir()))
START = (
    command(
        "init",
        "Ask a few questions, show a preview, then generate.",
        """Set up the project in PATH, or start a new one if PATH is empty.

    Reads the project, shows what it found, and asks only what no file says: the device, the
    maximum image size, what to prefer. Then shows the decision; nothing is written before you
    confirm. After Ctrl-C the next run continues with the answers given so far. A folder that has
    only .git, a README, a licence and the like counts as empty; these files stay.

    Use a template from elsewhere (folder, archive or URL) only if you trust its author: rendering
    is not sandboxed, so a template can run code on this machine even without --trust.

    \b
    leanscaffold init                              in a folder with a project
    leanscaffold init weather --template api       in a new folder
    leanscaffold init . --yes --device raspberry-pi-5 --max-size 250MB
    """,
        PATH,
        option(
            "--template",
            section="Interview",
            metavar="NAME|URL|PATH",
            shell_complete=completing("template"),
            help=f"Start a new project: {_STARTERS}, or a cookiecutter template from a source "
            "that you trust.",
        ),
        option(
            "--answer",
            section="Interview",
            multiple=True,
            metavar="NAME=VALUE",
            help="Answer a question of the template; repeatable.",
        ),
        flag("--trust", section="Interview", help="Let the template run its hooks and extensions."),
        flag("--yes", "-y", section="Interview", help="Do not ask; use options and defaults."),
        *GIVEN,
        FORCE,
        QUIET,
    ),
    command(
        "plan",
        "Show the chosen base image and why; write nothing.",
        """Show which base image the project in PATH gets, and why; write nothing.

    Options not given are taken from leanscaffold.json, and named; --anew ignores them.
    """,
        PATH,
        *REQUEST,
        JSON,
        VERBOSE,
        QUIET,
    ),
    command(
        "generate",
        "Write the Dockerfile and the locks.",
        """Write a Dockerfile, a lock per target and a .dockerignore into the project in PATH.

    Options not given are taken from leanscaffold.json, and named; --anew ignores them.
    """,
        PATH,
        *REQUEST,
        FORCE,
        JSON,
        VERBOSE,
        QUIET,
        module="plan",
    ),
)
