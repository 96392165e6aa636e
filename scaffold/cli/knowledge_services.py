"""The edges of what is known: the facts, the snapshot, and how they are made anew."""

import os
from collections.abc import Sequence
from pathlib import Path

from scaffold.catalog.load import load_facts, load_package
from scaffold.catalog.resources import knowledge, snapshots
from scaffold.catalog.snapshot import Snapshot, SnapshotIndex
from scaffold.cli.services import Knowledge
from scaffold.index.cache import Cache, find_cache_folder


def _snapshot_names() -> Sequence[str]:
    """Return the normalised names that the bundled snapshot holds."""
    folder = knowledge() / "snapshots" / "wheels"
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        file.name.removesuffix(".jsonl") for file in files if file.name.endswith(".jsonl")
    )


KNOWLEDGE = Knowledge(
    load_facts=lambda layers: load_facts(
        knowledge(), *map(Path, layers), cache=Cache(find_cache_folder(os.environ))
    ),
    load_package=lambda name, layers: load_package(name, knowledge(), *map(Path, layers)),
    open_snapshot=lambda layers: SnapshotIndex(Snapshot(*snapshots(*map(Path, layers)))),
    snapshot_names=_snapshot_names,
    snapshot_date=lambda: Snapshot(knowledge() / "snapshots" / "wheels").head().date,
)
