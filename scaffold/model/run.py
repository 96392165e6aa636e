"""Running an image: how it is asked for, and what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from scaffold.model.target import Arch


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One run of an image, the way the device would run it.

    ``interpreter`` is the image's Python; what asks the app and reads its figures runs in a
    container of its own, with it. ``writable`` are folders that get memory to write to.
    ``capabilities`` are those that it is given besides, ``shared`` its shared memory in bytes,
    None for the engine's default. ``memory`` in bytes, ``expected_memory`` what importing was
    planned to take, ``cpus`` in processors. Without a ``port`` nobody can be asked. Times in
    seconds: ``patience`` until the app answers (a command: how long it has to stay alive),
    ``settle`` how long it is watched afterwards, ``grace`` from the signal to the kill.
    """

    image: str
    arch: Arch
    user: str
    interpreter: str
    writable: tuple[str, ...] = ()
    read_only: bool = True
    network: bool = False
    capabilities: tuple[str, ...] = ()
    shared: int | None = None
    memory: int | None = None
    expected_memory: int | None = None
    cpus: float | None = None
    port: int | None = None
    health: str = ""
    own_health: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    patience: float = 60
    settle: float = 2
    grace: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was seen of one run.

    ``refused`` is why the engine could not start it at all. ``start_seconds`` is the time from the
    start of the container to the first good answer, None if there was none; ``answer`` is the
    last answer, good or not. ``ended`` says that it ended by itself, with ``exit_code``.
    ``peak_memory`` in bytes, None where nobody could read it. ``stop_seconds`` is how long it took
    to end on the signal, ``killed`` that it did not. ``changes`` are the paths written to the
    container's own layer, ``listens`` the addresses bound to the port. ``own_health`` is the exit
    code of the image's own health check.
    """

    refused: str = ""
    start_seconds: float | None = None
    answer: str = ""
    ended: bool = False
    exit_code: int | None = None
    out_of_memory: bool = False
    peak_memory: int | None = None
    stop_seconds: float | None = None
    killed: bool = False
    log: str = ""
    changes: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()
    own_health: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTry:
    """How the import of one module went. ``error`` is empty if it did.

    ``absent`` is the module that was not found, ``crash`` the name of the signal that ended the
    interpreter; ``seconds`` is how long it took.
    """

    module: str
    error: str = ""
    absent: str = ""
    crash: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """All imports that were tried. ``broken`` is why the interpreter could not be asked at all."""

    tries: tuple[ImportTry, ...] = ()
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """One more build after a change, beside the first.

    ``ran`` are the steps that were not cached. ``changed`` are the new layers by number and
    ``moved`` their compressed bytes: what is pushed, and what a device pulls that has the rest.
    """

    what: str
    seconds: float
    ran: tuple[str, ...] = ()
    changed: tuple[int, ...] = ()
    moved: int = 0
    layers: int = 0


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

    def came_to(self, code: int | None, answers: tuple[int, ...]) -> "TracedRun":
        """Return the scenario with its outcome."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        return TracedRun(**own, code=code, answers=answers)


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
class TracedRun(TraceScenario):
    """A scenario with what it came to: its exit code if it ended, the answers' status codes."""

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
