"""A trace: what runs of an app opened, and what an image made of that alone weighs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scaffold.model.target import Arch


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to a running app. ``headers`` pairs of name and value, ``body`` as it is sent."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceScenario:
    """Something to run. An empty ``command`` is the app's own start.

    With a ``port`` it is asked, first for its ``health`` (a connection, if empty), then the
    ``requests``, and stopped; without one it ends on its own or is stopped. ``source`` is the file
    that the requests are from.
    """

    command: tuple[str, ...] = ()
    port: int | None = None
    health: str = ""
    requests: tuple[Request, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceResult:
    """What was seen of one exercise.

    ``well`` says that the app answered, or that the command ended on its own; ``answers`` are the
    status codes, 0 for none. ``files`` are paths in the image that were opened; ``complete`` is
    False where some may be missing. ``python`` is the interpreter's release, ``tracer`` who saw it.
    """

    refused: str = ""
    well: bool = False
    ended: bool = False
    code: int | None = None
    answers: tuple[int, ...] = ()
    files: tuple[str, ...] = ()
    tracer: str = ""
    complete: bool = True
    python: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRun:
    """An exercise with what it came to: its exit code if it ended, the answers' status codes."""

    exercise: TraceScenario
    code: int | None = None
    answers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured of one architecture with one closure, in bytes.

    ``base`` is the base's id, ``tracer`` what told which files were opened. ``floor`` is the sum of
    the files that the runs opened. ``whole`` is the image without the trace, ``kept`` the one with
    it, both (on disk, download); ``app`` bytes of both are the application's own. ``dropped`` maps
    a package to what went, ``""`` being standard library and system.
    """

    arch: Arch
    base: str
    closure: str
    tracer: str
    floor: int
    app: int
    whole: tuple[int, int]
    kept: tuple[int, int]
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Return how much larger the image is than what its app opens."""
        return self.kept[0] / self.floor if self.floor else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The keep-list of a project.

    ``python`` and ``packages`` are the releases it was made with: others are kept whole. ``files``
    are the same on every architecture (``scaffold.state.trace_file``), ``sources`` those of them
    that somebody read although there was bytecode.
    """

    python: str
    packages: Mapping[str, str]
    runs: tuple[TracedRun, ...]
    files: tuple[str, ...]
    sources: tuple[str, ...] = ()
    figures: tuple[Figures, ...] = ()
