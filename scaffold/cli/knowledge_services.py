"""The edges of what is known: the facts, the snapshot, and how they are made anew."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scaffold.model.errors import Detail, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scaffold.catalog.wheel_refresh import Refreshed
    from scaffold.model.index import Index
    from scaffold.model.knowledge import Facts, PackageFact


def load_facts(layers: Sequence[str]) -> Facts:
    """Return the facts of the bundled knowledge and of layers above it."""
    from scaffold.catalog.load import load_facts  # noqa: PLC0415 - slow to import
    from scaffold.catalog.resources import knowledge  # noqa: PLC0415 - only with facts

    return load_facts(knowledge(), *map(Path, layers))


def check_facts(facts: Facts) -> Iterable[Detail]:
    """Yield what is wrong or old in facts today."""
    from scaffold.catalog.check import check_facts  # noqa: PLC0415 - one command only

    for problem in check_facts(facts, today=datetime.now(UTC).date()):
        yield Detail(file=problem.fact, text=f"{problem.text} ({problem.code})")


def open_snapshot(layers: Sequence[str]) -> Index:
    """Return the snapshot's index; it asks neither cache nor network."""
    from scaffold.catalog.resources import snapshots  # noqa: PLC0415 - only with facts
    from scaffold.catalog.snapshot import Snapshot  # noqa: PLC0415 - slow to import
    from scaffold.index.layered_index import SnapshotIndex  # noqa: PLC0415 - slow to import

    return SnapshotIndex(Snapshot(*snapshots(*map(Path, layers))))


def load_package(name: str, layers: Sequence[str]) -> PackageFact | None:
    """Return the fact of one package, by its normalised name, if there is one."""
    from scaffold.catalog.load import load_package  # noqa: PLC0415 - slow to import
    from scaffold.catalog.resources import knowledge  # noqa: PLC0415 - only with facts

    return load_package(name, knowledge(), *map(Path, layers))


def own_knowledge(into: Path | None) -> Path:
    """Return the folder that knowledge is written to: asked for, or a checkout's.

    Raises UsageError where there is neither.
    """
    from scaffold.catalog.resources import knowledge  # noqa: PLC0415 - only with facts

    if into is not None:
        return into
    bundled = knowledge()
    if isinstance(bundled, Path) and (bundled.parent / "pyproject.toml").is_file():
        return bundled
    raise UsageError(
        "the installed knowledge is not written to",
        hint="name a folder of your own: --into DIR, and use it with --knowledge DIR",
    )


def refresh_wheels(folder: Path, names: Path | None, tell: Callable[[str], None]) -> Refreshed:
    """Make the snapshot of a folder of knowledge anew; ``tell`` takes lines of progress."""
    from scaffold.catalog.wheel_refresh import (  # noqa: PLC0415 - one command only
        find_names,
        refresh_from_index,
    )

    date = datetime.now(UTC).date().isoformat()
    return refresh_from_index(folder, find_names(folder, names), os.environ, date=date, tell=tell)


def write_knowledge(folder: Path, refreshed: Refreshed) -> None:
    """Write texts below a folder, all or none, and remove what is stale."""
    from scaffold.state.file_writer import write_outputs  # noqa: PLC0415 - one command only

    folder.mkdir(parents=True, exist_ok=True)
    write_outputs(folder, refreshed.files, force=True, recorded={})
    for name in refreshed.stale:
        (folder / name).unlink(missing_ok=True)


def snapshot_names() -> Sequence[str]:
    """Return the normalised names that the bundled snapshot holds."""
    from scaffold.catalog.resources import knowledge  # noqa: PLC0415 - only with facts

    folder = knowledge() / "snapshots" / "wheels"
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        file.name.removesuffix(".jsonl") for file in files if file.name.endswith(".jsonl")
    )


def snapshot_date() -> str:
    """Return the ISO date of the bundled snapshot."""
    from scaffold.catalog.resources import knowledge  # noqa: PLC0415 - only with facts
    from scaffold.catalog.snapshot import Snapshot  # noqa: PLC0415 - slow to import

    return Snapshot(knowledge() / "snapshots" / "wheels").head().date
