"""The ports of the facts."""

import os
from pathlib import Path

from scaffold.catalog.load import load_facts, load_package
from scaffold.catalog.resources import knowledge, snapshots
from scaffold.catalog.snapshot import Snapshot, SnapshotIndex
from scaffold.index.cache import Cache, find_cache_folder
from scaffold.operations.services import Knowledge

KNOWLEDGE = Knowledge(
    load_facts=lambda layers: load_facts(
        knowledge(), *map(Path, layers), cache=Cache(find_cache_folder(os.environ))
    ),
    load_package=lambda name, layers: load_package(name, knowledge(), *map(Path, layers)),
    open_snapshot=lambda layers: SnapshotIndex(Snapshot(*snapshots(*map(Path, layers)))),
    snapshot_names=lambda: sorted(
        file.name.removesuffix(".jsonl")
        for file in snapshots()[0].iterdir()
        if file.name.endswith(".jsonl")
    ),
    snapshot_date=lambda: Snapshot(*snapshots()).head().date,
)
