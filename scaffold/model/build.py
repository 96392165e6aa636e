"""What a build is asked for, and what is known of it afterwards."""

from dataclasses import dataclass
from enum import StrEnum

from scaffold.model.target import Arch

ZSTD_LEVEL = 19


def zstd_level(compression: str) -> int | None:
    """Return the level of ``zstd`` or ``zstd:LEVEL``, None for ``gzip``."""
    name, _, level = compression.partition(":")
    return int(level or ZSTD_LEVEL) if name == "zstd" else None


def spell_push(compression: str) -> str:
    """Return buildx's output of a push; layers that an earlier build compressed are done again."""
    level = zstd_level(compression)
    if level is None:
        return "type=registry"
    how = f"compression=zstd,compression-level={level},force-compression=true"
    return f"type=registry,oci-mediatypes=true,{how}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A file that a build step may read and no layer holds. ``path`` is on this machine."""

    id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """One image for one target.

    ``context`` is the project's folder, ``dockerfile`` a path, ``tag`` the image's name. Empty
    ``builder`` means the user's current one. ``push`` sends the image to its registry instead of
    loading it into the local engine; orders with the same tag become one manifest list.
    ``cache_from`` and ``cache_to`` are passed on as they are. ``fresh`` ignores the build cache.
    ``arguments`` name environment variables whose values the build gets (proxies). ``engine`` is
    an address (``ssh://…``) or a context's name, empty for the user's current one. ``compression``
    is that of layers which are pushed: ``gzip``, ``zstd`` or ``zstd:LEVEL``. ``attest`` adds
    provenance and a list of contents.
    """

    arch: Arch
    context: str
    dockerfile: str
    tag: str
    secrets: tuple[Secret, ...] = ()
    builder: str = ""
    push: bool = False
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    fresh: bool = False
    arguments: tuple[str, ...] = ()
    engine: str = ""
    compression: str = "gzip"
    attest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One finished step of a build; ``bytes`` is what it transferred, where it is known."""

    name: str
    seconds: float
    cached: bool = False
    bytes: int | None = None


class Event(StrEnum):
    """What can happen to a step while it is built."""

    STARTED = "started"
    PRINTED = "printed"
    MOVED = "moved"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One thing that happened during a build.

    ``text`` is what the step printed. ``bytes`` is what it transferred so far, ``seconds`` what it
    took; both are known of the finished. ``failed`` is a step that finished with an error, and
    ``again`` one of which about the same was told, as every target that shares it waits for it, or
    that only the failure of another ended.
    """

    happening: Event
    step: str
    text: str = ""
    seconds: float = 0.0
    bytes: int | None = None
    cached: bool = False
    failed: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A finished build. ``image`` is the image's id or, after a push, its digest.

    ``seconds`` is the time of the whole build, of which images built together share one.
    ``size`` is what the local engine says the image weighs, in bytes.
    """

    order: BuildRequest
    image: str
    steps: tuple[Step, ...]
    seconds: float
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What the user wants of a build, whatever the project; empty means the usual.

    ``tag`` is an image's name, with or without a tag of its own. ``certificates`` is a file that
    the build trusts instead of what pip is configured to. The rest is as in ``BuildRequest``.
    """

    tag: str = ""
    push: bool = False
    builder: str = ""
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    fresh: bool = False
    attest: bool = False
    certificates: str = ""
    engine: str = ""
    compression: str = "gzip"
