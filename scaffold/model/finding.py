"""What a rule found in a Dockerfile: where, how bad, what it costs and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum

from scaffold.model.dockerfile import Span
from scaffold.model.knowledge import BuildClass


class Severity(StrEnum):
    """An error breaks the build, the app or a secret; a warning costs; a note may be meant so."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A replacement of a piece of the text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a finding costs this project: bytes on disk and to download, None where unknown.

    ``moved`` are bytes that are pushed and pulled again with every edit of the application,
    ``seconds`` what building that again took when it was measured. ``compiling`` says how long a
    compiler works on packages without a wheel.
    """

    on_disk: int | None = None
    download: int | None = None
    moved: int | None = None
    seconds: float | None = None
    compiling: BuildClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a rule yields; the rule's own code and severity are added by who runs it."""

    text: str
    span: Span
    cost: Cost | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A hit with the rule behind it. Lines and columns are from 1, the end excluded."""

    code: str
    name: str
    severity: Severity
    text: str
    line: int
    column: int
    end_line: int
    end_column: int
    cost: Cost | None = None
    edits: tuple[Edit, ...] = ()

    @property
    def fixable(self) -> bool:
        """Tell whether ``--fix`` mends it."""
        return bool(self.edits)
