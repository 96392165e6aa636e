"""``leanscaffold knowledge``: look after the facts, prove that they agree with each other."""

from pathlib import Path

import click

from scaffold.cli.options import json_option, knowledge_option
from scaffold.cli.services import Services
from scaffold.model.errors import KnowledgeInvalidError


@click.group(name="knowledge")
def knowledge() -> None:
    """Look after the facts that decisions rest on."""


@knowledge.command()
@knowledge_option
@json_option
@click.pass_obj
def check(outside: Services, knowledge: tuple[str, ...], *, as_json: bool) -> None:
    """Check every fact file: fields, references, invariants."""
    from scaffold.report.document import to_json  # noqa: PLC0415 - not for --help

    facts = outside.load_facts(knowledge)
    problems = tuple(outside.check_facts(facts))
    if problems:
        raise KnowledgeInvalidError(
            f"{len(problems)} {'fact' if len(problems) == 1 else 'facts'} cannot be right",
            details=problems,
            hint="each fact file says where its figures come from",
        )
    counts = {
        "bases": len(facts.bases),
        "images": sum(len(base.images) for base in facts.bases),
        "libraries": len(facts.libraries),
        "packages": len(facts.packages),
        "devices": len(facts.devices),
    }
    if as_json:
        click.echo(to_json({"version": 1, "knowledge": counts}), nl=False)
    else:
        click.echo(", ".join(f"{count} {kind}" for kind, count in counts.items()) + ": all well")


@knowledge.command(short_help="Make the snapshot of wheels anew; show what changed.")
@click.option(
    "--wheels", is_flag=True, expose_value=False, help="The snapshot of wheels, all there is here."
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder of knowledge; in a checkout its own.",
)
@click.option(
    "--names",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Packages to look up, one a line.  [default: DIR/snapshots/names.txt, else what DIR "
    "has already, else the bundled list]",
)
@click.option("--write", is_flag=True, help="Write the result; without it only the changes show.")
@click.pass_obj
def refresh(outside: Services, /, into: Path | None, names: Path | None, *, write: bool) -> None:
    """Ask the index anew for releases, files and what is inside wheels.

    The index is the one that pip or uv is configured to use, a private one as well; what it
    answered is kept in the cache. A line that starts with + is new, with - gone, with ~ changed. A
    folder of your own is used with --knowledge DIR.
    """
    folder = outside.own_knowledge(into)
    refreshed = outside.refresh_wheels(folder, names, _tell)
    for line in refreshed.changes:
        click.echo(line)
    for line in refreshed.remarks:
        _tell(line)
    if write:
        outside.write_knowledge(folder, refreshed)
    else:
        _tell("nothing was written: --write does")


def _tell(text: str) -> None:
    click.echo(text, err=True)
