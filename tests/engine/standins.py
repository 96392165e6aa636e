"""Stand-ins for the official base images: which there are, and for which architectures."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

MINOR = "3.13"
# Whose source package CPython is built from: the release that has this minor.
SOURCE_SUITE = "trixie"
ARCHES = ("amd64", "arm64", "arm/v7")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """One image. ``base`` is its id in knowledge/, "" where it has none.

    ``serves`` are the architectures that it is there for; amd64 always comes along, because the
    stages that build run on it. ``asked`` says that it is made only for who asks for its base.
    """

    base: str
    kind: str
    release: str
    repository: str
    tags: tuple[str, ...]
    serves: tuple[str, ...]
    asked: bool = False

    @property
    def arches(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(("amd64", *self.serves)))

    @property
    def path(self) -> str:
        """Return where the mirror has it: of names without a slash an engine asks this way."""
        return self.repository if "/" in self.repository else f"library/{self.repository}"

    def place(self, arch: str) -> str:
        """Return the path of what there is for one architecture, with its tag."""
        return f"{self.path}:{self.tag(arch).partition(':')[2]}"

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
        tags=tuple(f"{MINOR}-{tag}".rstrip("-") for tag in tags),
        serves=serves,
    )


# In the order in which they rest on each other. arm/v7 stands on bookworm: see roots.ENDINGS.
STAND_INS = (
    _debian("trixie", "amd64", "arm64"),
    _debian("bookworm", "arm/v7"),
    _python("slim-trixie", "slim", "trixie", ("slim-trixie", "slim"), "amd64", "arm64"),
    _python("alpine-3.23", "alpine", "3.23", ("alpine3.23", "alpine"), "amd64", "arm64"),
    _python("slim-bookworm", "slim", "bookworm", ("slim-bookworm",), "arm/v7"),
    StandIn(
        base="distroless-debian13",
        kind="distroless",
        release="trixie",
        repository="distroless/python3-debian13",
        tags=("nonroot",),
        serves=("amd64", "arm64"),
        asked=True,
    ),
    replace(_python("full-trixie", "full", "trixie", ("trixie", ""), "amd64"), asked=True),
)

ASKED = tuple(image.base for image in STAND_INS if image.asked)


def needed(arches: Iterable[str], asked: Collection[str] = ()) -> Iterator[tuple[StandIn, str]]:
    """Yield what has to be there for these architectures, in order.

    ``asked`` are ids of bases that are made only for who asks.
    """
    wanted = tuple(arches)
    for image in STAND_INS:
        if image.asked and image.base not in asked:
            continue
        served = [arch for arch in wanted if arch in image.serves]
        if served:
            for arch in dict.fromkeys(("amd64", *served)):
                yield image, arch
