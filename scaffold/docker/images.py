"""Images of an engine: carried to another one, and read from their archive in one pass."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, ImageNotFound

from scaffold.model.errors import EngineError, LeanscaffoldError
from scaffold.model.image import Contents
from scaffold.model.target import Arch
from scaffold.model.verification import Stored
from scaffold.resolver.tags import parse_arch

if TYPE_CHECKING:
    from docker import DockerClient
from scaffold.docker.image_archive import Packed, read_archive, read_layers

# What else a processor runs in hardware.
_ALSO = {
    Arch.AMD64: (Arch.I386,),
    Arch.ARM64: (Arch.ARM_V7, Arch.ARM_V6),
    Arch.ARM_V7: (Arch.ARM_V6,),
}
_SNAPSHOTTER = "io.containerd.snapshotter.v1"
_CLASSIC = {"overlay2", "vfs", "fuse-overlayfs"}
_NO_IMAGE = "reference does not exist"  # said with status 500 by engines with a classic store
_LONG = 600  # seconds without a byte: engines think long before they send an archive


def inspect_image(client: "DockerClient", image: str) -> Contents:
    """Return what an image is made of. Raises EngineError where there is none."""
    with _patient(client), _explained(image):
        return read_archive(client.api.get_image(image))


def inspect_layers(
    client: "DockerClient", image: str, known: Mapping[str, tuple[int, int]]
) -> tuple[Packed, ...]:
    """Return an image's layers; ``known`` maps digests to (on disk, download)."""
    with _patient(client), _explained(image):
        return read_layers(client.api.get_image(image), known)


def weigh_image(client: "DockerClient", image: str) -> Stored | None:
    """Return what the engine's own list says of an image; None for a store that we do not know."""
    about = client.info()
    name = str(about.get("Driver", ""))
    containerd = any(_SNAPSHOTTER in row for row in about.get("DriverStatus") or ())
    if not containerd and name not in _CLASSIC:
        return None
    # An image's own page had the compressed size only, up to Docker Engine 29.
    rows: Any = client.api.images(name=image)
    sizes = [int(row["Size"]) for row in rows if image in (row.get("RepoTags") or ())]
    return Stored(name=name, containerd=containerd, bytes=sizes[0]) if sizes else None


def carry_image(source: "DockerClient", goal: "DockerClient", image: str) -> None:
    """Copy an image from one engine to another, as a stream."""
    with _patient(source), _patient(goal), _explained(image):
        loading: Any = goal.api
        for _ in loading.load_image(source.api.get_image(image), quiet=True):
            pass
        goal.images.get(image)


def remove_image(client: "DockerClient", image: str) -> None:
    """Remove an image or, where it has other names, this one; nothing happens if it is gone."""
    with suppress(APIError):
        client.images.remove(image, force=True)


def native_arches(client: "DockerClient") -> frozenset[Arch]:
    """Return the architectures that the engine's processor runs without emulation."""
    try:
        arch = parse_arch(str(client.info().get("Architecture", "")))
    except LeanscaffoldError:
        return frozenset()
    return frozenset({arch, *_ALSO.get(arch, ())})


def count_processors(client: "DockerClient") -> int:
    """Return how many processors the engine may use."""
    return int(client.info().get("NCPU") or 1)


@contextmanager
def _patient(client: "DockerClient") -> Iterator[None]:
    before = client.api.timeout
    client.api.timeout = _LONG
    try:
        yield
    finally:
        client.api.timeout = before


@contextmanager
def _explained(image: str) -> Iterator[None]:
    try:
        yield
    except ImageNotFound as error:
        raise no_image(image) from error
    except APIError as error:
        if _NO_IMAGE in str(error.explanation):
            raise no_image(image) from error
        raise EngineError(
            f"the engine does not return the image {image}: {error.explanation or error}",
            hint="`docker info` shows its state",
        ) from error


def no_image(image: str) -> EngineError:
    """Return what an engine without an image says."""
    return EngineError(f"the engine has no image {image}", hint="build or `docker pull` it first")
