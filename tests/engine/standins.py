"""Stand-ins for the official base images: which there are, and for which architectures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MINOR = "3.13"
# Whose source package CPython is built from: the release that has this minor.
SOURCE_SUITE = "trixie"
ARCHES = ("amd64", "arm64", "arm/v7")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """One image. ``base`` is its id in knowledge/, "" where it has none.

    ``serves`` are the architectures that it is there for; amd64 always comes along, because the
    stages that build run on it.
    """

    base: str
    kind: str
    release: str
    repository: str
    tags: tuple[str, ...]
    serves: tuple[str, ...]

    @property
    def arches(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(("amd64", *self.serves)))

    def tag(self, arch: str) -> str:
        """Return the name that the image has in the mirror for one architecture alone."""
        return f"{self.repository}:{self.tags[0]}-{arch.replace('/', '')}"


def _debian(release: str, *serves: str) -> StandIn:
    return StandIn(
        base="",
        kind="debian",
        release=release,
        repository="debian",
        tags=(f"{release}-slim",),
        serves=serves,
    )


def _python(base: str, kind: str, release: str, tags: tuple[str, ...], *serves: str) -> StandIn:
    return StandIn(
        base=base,
        kind=kind,
        release=release,
        repository="python",
        tags=tuple(f"{MINOR}-{tag}" for tag in tags),
        serves=serves,
    )


# In the order in which they rest on each other. arm/v7 stands on bookworm: see roots.ENDINGS.
STAND_INS = (
    _debian("trixie", "amd64", "arm64"),
    _debian("bookworm", "arm/v7"),
    _python("slim-trixie", "slim", "trixie", ("slim-trixie", "slim"), "amd64", "arm64"),
    _python("alpine-3.23", "alpine", "3.23", ("alpine3.23", "alpine"), "amd64", "arm64"),
    _python("slim-bookworm", "slim", "bookworm", ("slim-bookworm",), "arm/v7"),
)


def needed(arches: Iterable[str]) -> Iterator[tuple[StandIn, str]]:
    """Yield what has to be there for these architectures, in order."""
    wanted = tuple(arches)
    for image in STAND_INS:
        served = [arch for arch in wanted if arch in image.serves]
        if served:
            for arch in dict.fromkeys(("amd64", *served)):
                yield image, arch
