"""``leanscaffold knowledge``: look after the facts, prove that they agree with each other."""

from pathlib import Path

import click

from scaffold.cli.services import Services
from scaffold.model.errors import KnowledgeInvalidError
from scaffold.report.document import to_json


@click.group(name="knowledge")
def knowledge() -> None:
    """Look after the facts that decisions rest on."""


def check(outside: Services, knowledge: tuple[str, ...], *, as_json: bool) -> None:
    """Check every fact file: fields, references, invariants."""
    facts = outside.knowledge.load_facts(knowledge)
    problems = tuple(outside.knowledge.check_facts(facts))
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


def refresh(outside: Services, /, into: Path | None, names: Path | None, *, write: bool) -> None:
    """Ask the index anew for releases, files and what is inside wheels."""
    folder = outside.knowledge.own_knowledge(into)
    refreshed = outside.knowledge.refresh_wheels(folder, names, _tell)
    for line in refreshed.changes:
        click.echo(line)
    for line in refreshed.remarks:
        _tell(line)
    if write:
        outside.knowledge.write_knowledge(folder, refreshed)
    else:
        _tell("nothing was written: --write does")


def _tell(text: str) -> None:
    click.echo(text, err=True)
