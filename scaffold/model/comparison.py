"""Several images of one project, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scaffold.model.expectation import Expectation
from scaffold.model.target import Arch
from scaffold.model.verification import Check, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to make the image.

    ``name`` is short and its own, ``title`` a sentence's worth. ``files`` go into a copy of the
    project, by path; ``Dockerfile`` is among them. ``promise`` says what the image has to hold
    and how it is asked. ``refused`` is why it is not even tried, empty for the others. ``kept``
    says that it needs what an earlier ``generate`` left in the folder, ``rebuilds`` that it is to
    be built once more after an edit.
    """

    name: str
    title: str
    promise: Expectation
    files: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    kept: bool = False
    rebuilds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareResult:
    """What became of a contender. Bytes and seconds; None is what nobody could measure.

    ``runs`` says whether the app started and kept to its memory; ``trouble`` why it did not, or
    why there is no image, with the error's ``code``. ``on_disk`` and ``download`` are of an image
    that was built, whether it runs or not. ``rebuild_seconds`` and ``rebuild_moved`` (compressed)
    are what an edit of a source file costs. ``remarks`` are what else was found.
    """

    name: str
    title: str
    runs: Status = Status.NOT_VERIFIED
    trouble: str = ""
    code: str = ""
    evidence: tuple[str, ...] = ()
    on_disk: int | None = None
    download: int | None = None
    build_seconds: float | None = None
    rebuild_seconds: float | None = None
    rebuild_moved: int | None = None
    start_seconds: float | None = None
    peak_memory: int | None = None
    checks: tuple[Check, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def built(self) -> bool:
        """Say whether there was an image."""
        return self.on_disk is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All entries, in the order asked for, on one engine. ``notes`` are the conditions."""

    project: str
    arch: Arch
    entries: tuple[CompareResult, ...]
    device: str = ""
    emulated: bool = False
    notes: tuple[str, ...] = ()
