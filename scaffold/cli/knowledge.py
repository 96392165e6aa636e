"""``leanscaffold knowledge``: look after the facts, prove that they agree with each other."""

import click

from scaffold.cli.importing import import_files
from scaffold.cli.options import json_option, knowledge_option
from scaffold.cli.refreshing import refresh
from scaffold.cli.services import Services
from scaffold.model.errors import KnowledgeInvalidError


@click.group(name="knowledge")
def knowledge() -> None:
    """Look after the facts that decisions rest on."""


knowledge.add_command(refresh)
knowledge.add_command(import_files)


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
