"""Progress of what takes long without a word of its own: how many packages were read so far."""

from collections.abc import Callable, Sequence

from scaffold.model.index import DistFile, Index, Metadata, Page, SourceFacts, WheelFacts
from scaffold.report.progress import BEHIND


class ToldIndex:
    """An index that tells how many packages it was asked for, behind what is being done."""

    def __init__(self, index: Index, tell: Callable[[str], None]) -> None:
        self._index = index
        self._tell = tell
        self._doing = ""
        self._read: set[str] = set()

    def tell(self, doing: str) -> None:
        """Tell what is being done from now on."""
        self._doing = doing
        self._tell(doing)

    def page(self, name: str, *, index: str = "") -> Page | None:
        """Return all files of a project."""
        self._count(name)
        return self._index.page(name, index=index)

    def prefetch(self, names: Sequence[str]) -> None:
        """Hint that these pages will be asked for soon."""
        self._index.prefetch(names)

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        """Return the metadata of one file."""
        self._count(name)
        return self._index.metadata(name, version, file)

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Hint that the metadata of these files will be asked for soon."""
        self._index.prefetch_metadata(wanted)

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:
        """Return what building an sdist takes."""
        self._count(name)
        return self._index.source_facts(name, file)

    def wheel_facts(
        self, wanted: Sequence[tuple[str, str, DistFile]], *, network: bool, large: bool = False
    ) -> tuple[WheelFacts | None, ...]:
        """Return the facts of wheels."""
        if network:
            self._tell(f"{self._doing}{BEHIND}looking into wheels: {len(wanted)}")
        return self._index.wheel_facts(wanted, network=network, large=large)

    def _count(self, name: str) -> None:
        self._read.add(name)
        self._tell(f"{self._doing}{BEHIND}packages read: {len(self._read)}, now {name}")
