"""What was proven about an image: checks with their evidence, and measured figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from scaffold.model.hardware import HostAccess
from scaffold.model.run import TracedRun
from scaffold.model.target import Arch, Budget
from scaffold.model.verdict import Size


class Status(StrEnum):
    """How a check ended. What could not be tried is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_VERIFIED = "not-verified"
    LEFT_OUT = "left-out"  # as was asked for, with --quick or --no-engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim about an image, and why it is believed or not.

    ``code`` is kebab-case and stable; ``evidence`` are lines for people, ``figures`` pairs of a
    name with its unit (``peak_memory_bytes``, ``start_seconds``) and a number; ``hint`` says what
    to do after a failure.
    """

    code: str
    status: Status
    text: str
    evidence: tuple[str, ...] = ()
    figures: tuple[tuple[str, float], ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer as stored: ``on_disk`` unpacked and ``download`` compressed, in bytes.

    ``in_blocks`` is what it takes unpacked in blocks of 4 KiB, folders included. ``digest`` is that
    of the uncompressed archive; ``made_by`` is the line of the Dockerfile.
    """

    digest: str
    on_disk: int
    download: int
    made_by: str
    in_blocks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What an engine says that an image weighs. ``name`` is that of its store.

    ``containerd`` tells which of the two meanings the bytes have: layers unpacked in blocks, and
    compressed; or the files of unpacked layers.
    """

    name: str
    containerd: bool
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was checked for one target. ``image`` is the id of the image that was run.

    ``emulated`` says that its processor was imitated, so that times say little. ``notes`` are the
    conditions of the runs, in sentences.
    """

    arch: Arch
    image: str
    layers: tuple[Layer, ...]
    checks: tuple[Check, ...]
    project: str = ""
    device: str = ""
    emulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Say whether every check that was asked for was tried and held."""
        asked = [one.status for one in self.checks if one.status is not Status.LEFT_OUT]
        return bool(asked) and all(status is Status.PASSED for status in asked)

    def figure(self, name: str) -> float | None:
        """Return a measured figure of any check, None where nobody measured it."""
        found = (value for check in self.checks for key, value in check.figures if key == name)
        return next(found, None)

    @property
    def on_disk(self) -> int:
        """Bytes that the image takes unpacked."""
        return sum(layer.on_disk for layer in self.layers)

    @property
    def download(self) -> int:
        """Bytes that a device without any of the layers pulls."""
        return sum(layer.download for layer in self.layers)

    @property
    def containerd(self) -> int:
        """Bytes in containerd's store, which keeps layers unpacked and compressed."""
        return sum(layer.in_blocks + layer.download for layer in self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a proof measured, on the day ``checked``. Bytes and seconds; None where nobody measured.

    ``rebuild_seconds`` is what building again took after an edit of a source file. ``dockerfile``
    is the SHA-256 of what was built, empty where nobody noted it; ``by_hand`` says that it was the
    user's own, not the plan's.
    """

    on_disk: int
    download: int
    checked: date
    passed: bool
    emulated: bool = False
    start_seconds: float | None = None
    peak_memory: int | None = None
    rebuild_seconds: float | None = None
    dockerfile: str = ""
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Figures):
    """Figures with what they are of: base, Python and packages (version by name)."""

    base: str
    python: str
    packages: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of an image; empty and None where nobody promised anything.

    ``packages`` maps a name to its version, ``weights`` to the bytes that its wheel unpacks to,
    where those were read and not guessed, ``trimmed`` to what each rule of trimming was to take
    out of it, in bytes. ``interpreter`` is the path of the image's Python. ``cores`` is how many
    processors the device has. ``runs`` are those of a trace that is applied.
    ``memory`` is what importing everything was estimated to take, in bytes. ``brought`` maps the
    libraries that come with the device or are mounted, and what errors say without them, to who
    brings them; ``access`` is what else the device gives.
    """

    arch: Arch
    project: str = ""
    base: str = ""
    device: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    trimmed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    size: Size | None = None
    memory: int | None = None
    budget: Budget = field(default_factory=Budget)
    cores: int | None = None
    port: int | None = None
    health: str = ""
    interpreter: str = ""
    labels: tuple[str, ...] = ()
    runs: tuple[TracedRun, ...] = ()
    brought: Mapping[str, str] = field(default_factory=dict)
    access: HostAccess = field(default_factory=HostAccess)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """How the user wants images to be tried.

    ``image`` is one that exists and is not built. ``engine`` is where it runs. ``writable`` are
    folders besides the usual ones, ``environment`` pairs of name and value. ``timeout`` in
    seconds, None for the usual; ``runs`` is how often the start is measured.
    """

    image: str = ""
    engine: str = ""
    network: bool = False
    keep: bool = False
    quick: bool = False
    timeout: float | None = None
    runs: int | None = None
    writable: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


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
