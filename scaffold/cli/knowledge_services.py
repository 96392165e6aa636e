"""The edges of what is known: the facts, the snapshot, and how they are made anew."""

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scaffold.catalog.check import check_facts
from scaffold.catalog.load import load_facts, load_package
from scaffold.catalog.resources import knowledge, snapshots
from scaffold.catalog.snapshot import Snapshot
from scaffold.catalog.wheel_refresh import Refreshed, find_names, refresh_from_index
from scaffold.cli.services import Indexes, Knowledge
from scaffold.config.request import Request, index_options
from scaffold.index.layered_index import SnapshotIndex, open_index
from scaffold.model.errors import Detail, UsageError
from scaffold.model.index import Index
from scaffold.model.knowledge import Facts
from scaffold.model.project import Project
from scaffold.state.file_writer import write_outputs


def _check_facts(facts: Facts) -> Iterable[Detail]:
    """Yield what is wrong or old in facts today."""
    for problem in check_facts(facts, today=datetime.now(UTC).date()):
        yield Detail(file=problem.fact, text=f"{problem.text} ({problem.code})")


def _own_knowledge(into: Path | None) -> Path:
    """Return the folder that knowledge is written to: asked for, or a checkout's.

    Raises UsageError where there is neither.
    """
    if into is not None:
        return into
    bundled = knowledge()
    if isinstance(bundled, Path) and (bundled.parent / "pyproject.toml").is_file():
        return bundled
    raise UsageError(
        "the installed knowledge is not written to",
        hint="name a folder of your own: --into DIR, and use it with --knowledge DIR",
    )


def _refresh_wheels(folder: Path, names: Path | None, tell: Callable[[str], None]) -> Refreshed:
    """Make the snapshot of a folder of knowledge anew; ``tell`` takes lines of progress."""
    date = datetime.now(UTC).date().isoformat()
    return refresh_from_index(folder, find_names(folder, names), os.environ, date=date, tell=tell)


def write_knowledge(folder: Path, refreshed: Refreshed) -> None:
    """Write texts below a folder, all or none, and remove what is stale."""
    folder.mkdir(parents=True, exist_ok=True)
    write_outputs(folder, refreshed.files, force=True, recorded={})
    for name in refreshed.stale:
        (folder / name).unlink(missing_ok=True)


def _snapshot_names() -> Sequence[str]:
    """Return the normalised names that the bundled snapshot holds."""
    folder = knowledge() / "snapshots" / "wheels"
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        file.name.removesuffix(".jsonl") for file in files if file.name.endswith(".jsonl")
    )


def _open_index(folder: Path | None, project: Project, request: Request) -> Index:
    if request.certificates and not Path(request.certificates).is_file():
        raise UsageError(
            f"--ca: there is no file {request.certificates}", hint="give certificates in PEM format"
        )
    given = {"PIP_CERT": request.certificates} if request.certificates else {}
    return open_index(
        {**os.environ, **given},
        folder=folder,
        options=index_options(project, request),
        project=project,
        offline=request.options.offline,
        snapshot=Snapshot(*snapshots(*map(Path, request.knowledge))),
    )


KNOWLEDGE = Knowledge(
    load_facts=lambda layers: load_facts(knowledge(), *map(Path, layers)),
    check_facts=_check_facts,
    load_package=lambda name, layers: load_package(name, knowledge(), *map(Path, layers)),
    own_knowledge=_own_knowledge,
    refresh_wheels=_refresh_wheels,
    write_knowledge=write_knowledge,
    snapshot_names=_snapshot_names,
    snapshot_date=lambda: Snapshot(knowledge() / "snapshots" / "wheels").head().date,
)
INDEXES = Indexes(
    open_index=_open_index,
    open_snapshot=lambda layers: SnapshotIndex(Snapshot(*snapshots(*map(Path, layers)))),
)
