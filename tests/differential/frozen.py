"""The frozen pages of the differential test: the bundled snapshot, never the network."""

from pathlib import Path

from scaffold.index.layered_index import open_index
from scaffold.model.index import Index


def open_frozen(cache: Path) -> Index:
    """Return the snapshot as an index port; ``cache`` is an empty folder."""
    return open_index({"LEANSCAFFOLD_CACHE_DIR": str(cache)}, offline=True)
