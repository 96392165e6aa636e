"""What a build is asked for, and what is known of it afterwards."""

from dataclasses import dataclass

from scaffold.model.target import Arch


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A file that a build step may read and no layer holds. ``path`` is on this machine."""

    id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOrder:
    """One image for one target.

    ``context`` is the project's folder, ``dockerfile`` a path, ``tag`` the image's name. Empty
    ``builder`` means the user's current one. ``push`` sends the image to its registry instead of
    loading it into the local engine. ``cache_from`` and ``cache_to`` are passed on as they are.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One finished step of a build; ``bytes`` is what it transferred, where it is known."""

    name: str
    seconds: float
    cached: bool = False
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A finished build. ``image`` is the image's id or, after a push, its digest."""

    order: BuildOrder
    image: str
    steps: tuple[Step, ...]
    seconds: float
