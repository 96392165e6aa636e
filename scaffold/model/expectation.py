"""What a plan promised about one image, and how the proof is to be made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scaffold.model.target import Arch, Budget
from scaffold.model.trace import TracedRun
from scaffold.model.verdict import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of an image; empty and None where nobody promised anything.

    ``packages`` maps a name to its version, ``weights`` to the bytes that its wheel unpacks to,
    where those were read and not guessed, ``trimmed`` to what each rule of trimming was to take
    out of it, in bytes. ``interpreter`` is the path of the image's Python. ``cores`` is how many
    processors the device has. ``runs`` are those of a trace that is applied.
    ``memory`` is what importing everything was estimated to take, in bytes.
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
