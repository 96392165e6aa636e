"""The snapshot alone as an index: nothing is configured, cached or asked."""

from collections.abc import Sequence

from scaffold.catalog.snapshot import Snapshot
from scaffold.model.index import DistFile, Metadata, Page, SourceFacts, WheelFacts


class SnapshotIndex:
    """Satisfies ``scaffold.model.ports.Index`` with what the snapshot holds."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def page(self, name: str, *, index: str = "") -> Page | None:
        """Return the known files of a project, or None; of other indexes it knows nothing."""
        return None if index else self._snapshot.page(name)

    def prefetch(self, names: Sequence[str]) -> None:
        """Do nothing: reading a file ahead would save no time."""

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:  # noqa: ARG002 - of a port
        """Return the metadata of the release that the file belongs to."""
        return self._snapshot.metadata(name, [file])

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Do nothing, as for pages."""

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:  # noqa: ARG002 - of a port
        """Return None: the snapshot holds no sources."""
        return None

    def wheel_facts(
        self,
        wanted: Sequence[tuple[str, str, DistFile]],
        *,
        network: bool,  # noqa: ARG002 - of a port
        large: bool = False,  # noqa: ARG002 - of a port
    ) -> tuple[WheelFacts | None, ...]:
        """Return what is known of wheels, in the order asked."""
        return tuple(self._snapshot.wheel_facts(name, file) for name, _, file in wanted)
