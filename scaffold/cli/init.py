"""``leanscaffold init``: a few questions, a preview, then what ``generate`` writes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import (
    SectionedCommand,
    SectionedOption,
    given_options,
    path_argument,
    quiet_option,
)
from scaffold.cli.services import Services
from scaffold.cli.shell_completion import completing
from scaffold.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaffold.config.option_sources import Given

_SECTION = "Interview"


@click.command(cls=SectionedCommand, short_help="Ask a few questions, preview, then generate.")
@path_argument
@click.option(
    "--template",
    cls=SectionedOption,
    section=_SECTION,
    metavar="NAME|URL|PATH",
    shell_complete=completing("template"),
    help="Begin with a new project: api, worker, vision, sensor, cli, or a cookiecutter template "
    "that you trust: it is filled in without a sandbox.",
)
@click.option(
    "--answer",
    cls=SectionedOption,
    section=_SECTION,
    multiple=True,
    metavar="NAME=VALUE",
    help="An answer to a question of the template's; repeatable.",
)
@click.option(
    "--trust",
    cls=SectionedOption,
    section=_SECTION,
    is_flag=True,
    help="Let the template run code of its own (hooks, extensions).",
)
@click.option(
    "--yes",
    "-y",
    cls=SectionedOption,
    section=_SECTION,
    is_flag=True,
    help="Ask nothing: options and defaults answer.",
)
@given_options
@click.option("--force", is_flag=True, help="Overwrite files that you wrote or edited.")
@quiet_option
@click.pass_obj
def init(
    outside: Services,
    given: "Mapping[str, Given]",
    path: Path,
    *,
    template: str | None,
    answer: tuple[str, ...],
    trust: bool,
    yes: bool,
    force: bool,
    quiet: bool,
) -> int:
    """Set up the project in PATH, or begin one where PATH is empty.

    Reads the project, shows what it found and where, and asks only for what no file says: the
    device, the most the image may weigh, what matters most. Then it shows the decision, and writes
    nothing before you agree. Broken off with Ctrl-C, the next run goes on from there. A folder
    with nothing but .git, a README, a licence and the like is empty, and they stay.

    Take a template from elsewhere (a folder, an archive, an address) only from somebody you trust:
    it is filled in without a sandbox, so that it can do on this machine what you can, and --trust
    only lets it do so openly.

    \b
    leanscaffold init                              in a folder with a project
    leanscaffold init weather --template api       in a new folder
    leanscaffold init . --yes --device raspberry-pi-5 --max-size 250MB
    """  # noqa: D301 - click looks for the backspace itself
    from scaffold.cli.init_run import run_init  # noqa: PLC0415 - not for --help
    from scaffold.cli.init_session import InitOptions, Session  # noqa: PLC0415

    wishes = InitOptions(
        template=template or "",
        answers=_read_answers(answer),
        trusted=trust,
        yes=yes,
        force=force,
        quiet=quiet,
    )
    return run_init(Session(outside=outside, path=path, given=given, wishes=wishes))


def _read_answers(texts: "Sequence[str]") -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--answer: {name!r} has no value", hint="--answer NAME=VALUE")
    return {name: value for name, _, value in pairs}
