"""How each base ended: it fits, or it is rejected; both with reasons."""

from dataclasses import dataclass, field

from scaffold.model.hardware import HostAccess
from scaffold.model.knowledge import Accelerator, Base, BuildClass, Image, StandIn, SystemPackage
from scaffold.model.resolution import Pinned, Reason, Resolution, Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A prediction in bytes: the likely value and a bound on the error, both ways.

    ``on_disk`` is the sum of the files of unpacked layers, which is what engines with the classic
    store call an image's size; ``download`` the compressed layers. ``in_blocks`` is what unpacked
    layers take on a file system with blocks of 4 KiB, folders included. ``parts`` splits the first
    two: (label, on disk, download); ``packages`` splits what packages and their bytecode are of
    them: (name, on disk, download). ``models`` are the application's heavy files, in both.
    """

    on_disk: int
    download: int
    error: int
    download_error: int
    in_blocks: int = 0
    in_blocks_error: int = 0
    parts: tuple[tuple[str, int, int], ...] = ()
    packages: tuple[tuple[str, int, int], ...] = ()
    models: tuple[int, int] = (0, 0)

    @property
    def containerd(self) -> int:
        """Return the bytes in containerd's store: layers are kept unpacked and compressed."""
        return self.in_blocks + self.download

    @property
    def containerd_error(self) -> int:
        """Return the bound on its error."""
        return self.in_blocks_error + self.download_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """What a rule of trimming takes out of a package, in bytes."""

    rule: str
    package: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What importing all packages takes, in bytes: of ``of`` packages ``measured`` are known.

    ``telling`` says that those are most of what the packages weigh; otherwise ``resident`` is a
    lower bound, far from the whole.
    """

    resident: int
    measured: int
    of: int
    telling: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A base with everything that would go on it.

    ``sourceless`` are packages known to work from bytecode alone, ``unloaded`` those with libraries
    that nothing in the image loads, ``stand_ins`` libraries that nothing calls, ``spared`` pairs
    (rule of trimming, top-level name) that a package does not stand, ``trimmed`` what is taken out
    of packages before they go in. ``doubts`` are why its Python may not be one that the pins of
    the project were made for. ``accelerator`` is the target's, where a package uses it, ``access``
    what the container needs of the device's own system.
    """

    base: Base
    image: Image
    reference: str
    resolution: Resolution
    packages: tuple[Weighed, ...]
    run_packages: tuple[SystemPackage, ...] = ()
    build_packages: tuple[str, ...] = ()
    build_tools: tuple[str, ...] = ()
    build_class: BuildClass
    size: Size
    memory: Memory | None = None
    sourceless: tuple[str, ...] = ()
    unloaded: tuple[str, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    spared: tuple[tuple[str, str], ...] = ()
    trimmed: tuple[Trimmed, ...] = ()
    doubts: tuple[Reason, ...] = ()
    accelerator: Accelerator | None = None
    access: HostAccess = field(default_factory=HostAccess)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A base that can carry the project. ``reasons`` are remarks (libraries added, …)."""

    candidate: Candidate
    reasons: tuple[Reason, ...] = ()

    @property
    def base(self) -> Base:
        """Return the base."""
        return self.candidate.base

    @property
    def python(self) -> str:
        """Return the Python minor."""
        return self.candidate.image.python

    @property
    def size(self) -> Size:
        """Return the predicted size."""
        return self.candidate.size

    @property
    def told(self) -> tuple[Reason, ...]:
        """Return the notes."""
        return self.reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A base that cannot; never without a reason.

    ``candidate`` is there when all went well but a limit (budget, compile time, shell), with the
    ``notes`` on it.
    """

    base: Base
    python: str
    reasons: tuple[Reason, ...]
    candidate: Candidate | None = None
    notes: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a rejection that says nothing."""
        if not self.reasons:
            raise ValueError("a rejected base needs a reason")

    @property
    def size(self) -> Size | None:
        """Return the predicted size, if it came that far."""
        return None if self.candidate is None else self.candidate.size

    @property
    def told(self) -> tuple[Reason, ...]:
        """Return the reasons, and the notes behind them."""
        return (*self.reasons, *self.notes)


Evaluation = Accepted | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something that would make the image smaller. ``bytes`` on disk, ``download`` compressed.

    ``option`` is the command-line option that takes it, such as ``--swap a=b``.
    """

    code: str
    text: str
    bytes: int
    download: int
    option: str = ""
    kind: str = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workaround:
    """A way to get packages without wheels onto a target, or why it leads nowhere.

    ``code`` is ``extra-index``, ``older-version``, ``distribution`` or ``compile``; ``text`` says
    what would be taken, or why nothing can be, and then ``size`` is None. ``option`` takes it.
    """

    code: str
    text: str
    risk: str = ""
    size: Size | None = None
    build_class: BuildClass | None = None
    option: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything decided for one target; ``chosen`` is None when nothing fits.

    ``ways`` are there where some package has no wheel for a target that few have wheels for.
    ``build_requires`` is what builds the project's own packages, empty where that is not known.
    """

    chosen: Accepted | None
    verdicts: tuple[Evaluation, ...]
    savings: tuple[Suggestion, ...] = ()
    notes: tuple[Reason, ...] = ()
    ways: tuple[Workaround, ...] = ()
    build_requires: tuple[Pinned, ...] = ()
