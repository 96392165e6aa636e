"""What the pure core asks of the outside: an index. Adapters satisfy it, tests pass their own."""

from collections.abc import Sequence
from typing import Protocol

from scaffold.model.index import DistFile, Metadata, Page, SourceFacts, WheelFacts


class Index(Protocol):
    """Pages, metadata and wheel facts, from wherever they are known.

    Every method may raise ``TransientError`` when a network layer fails and nothing else knows.
    Names are normalised (PEP 503).
    """

    def page(self, name: str, *, index: str = "") -> Page | None:
        """Return all files of a project, or None if no layer knows the project.

        ``index`` is the only one to ask (``Asked.index``), empty for those configured.
        """
        ...

    def prefetch(self, names: Sequence[str]) -> None:
        """Hint that these pages will be asked for soon; returns at once."""
        ...

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        """Return the metadata of one file: others of its release may require something else.

        None means that it cannot be known (offline, or a broken file).
        """
        ...

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Hint that the metadata of these (name, version, file) will be asked for soon."""
        ...

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:
        """Return what building an sdist takes, None where it cannot be known."""
        ...

    def wheel_facts(
        self, wanted: Sequence[tuple[str, str, DistFile]], *, network: bool, large: bool = False
    ) -> tuple[WheelFacts | None, ...]:
        """Return the facts of wheels, given as (name, version, file), in the order asked.

        Without ``network`` only what is already known (snapshot, cache) is returned, at once.
        None is a wheel that nothing is known of. ``large`` reads the machine code of large wheels.
        """
        ...
