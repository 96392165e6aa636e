"""``leanscaffold knowledge``, and the ports of the facts: loading, checking, making them anew."""

from datetime import UTC, datetime
from pathlib import Path

import click

from scaffold.catalog.check import check_facts
from scaffold.catalog.resources import knowledge
from scaffold.catalog.wheel_refresh import Refreshed, find_names, refresh_from_index
from scaffold.model.errors import Detail, KnowledgeInvalidError, UsageError
from scaffold.operations.services import Services
from scaffold.report.terminal import to_json
from scaffold.state.file_writer import write_outputs


def check(outside: Services, knowledge: tuple[str, ...], *, as_json: bool) -> None:
    """Check every fact file: fields, references, invariants."""
    facts = outside.knowledge.load_facts(knowledge)
    problems = check_facts(facts, today=datetime.now(UTC).date())
    if problems:
        raise KnowledgeInvalidError(
            f"{len(problems)} {'fact' if len(problems) == 1 else 'facts'} cannot be right",
            details=[Detail(file=one.fact, text=f"{one.text} ({one.code})") for one in problems],
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
    folder = _own_knowledge(into)
    date = outside.host.today().isoformat()
    wanted = find_names(folder, names)
    refreshed = refresh_from_index(
        folder, wanted, outside.host.environment(), date=date, tell=_tell
    )
    for line in refreshed.changes:
        click.echo(line)
    for line in refreshed.remarks:
        _tell(line)
    if write:
        write_knowledge(folder, refreshed)
    else:
        _tell("nothing was written: --write does")


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _own_knowledge(into: Path | None) -> Path:
    """Return the folder of knowledge: asked for, or a checkout's. Raises UsageError for neither."""
    if into is not None:
        return into
    bundled = knowledge()
    if isinstance(bundled, Path) and (bundled.parent / "pyproject.toml").is_file():
        return bundled
    raise UsageError(
        "the installed knowledge is not written to",
        hint="name a folder of your own: --into DIR, and use it with --knowledge DIR",
    )


def write_knowledge(folder: Path, refreshed: Refreshed) -> None:
    """Write texts below a folder, all or none, and remove what is stale."""
    folder.mkdir(parents=True, exist_ok=True)
    write_outputs(folder, refreshed.files, force=True, recorded={})
    for name in refreshed.stale:
        (folder / name).unlink(missing_ok=True)
