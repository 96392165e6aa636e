"""What an engine can tell about images that it pulls: digest, sizes, and what runs in them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, ContainerError, ImageNotFound, NotFound

from scaffold.docker.images import inspect_layers
from scaffold.model.errors import EngineError
from scaffold.model.target import Arch

if TYPE_CHECKING:
    from docker import DockerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A published image as an engine sees it: sizes in bytes, unpacked and compressed.

    ``digest`` is that of the multi-platform index, ``release`` the interpreter's; empty where the
    engine does not say.
    """

    digest: str
    release: str
    on_disk: int
    download: int


def probe_image(client: "DockerClient", reference: str, arch: Arch) -> Probed | None:
    """Pull an image for an architecture and weigh it; None where there is none to pull.

    What an engine had under the name before has it again afterwards. Raises EngineError.
    """
    image = _pull(client, reference, arch)
    if image is None:
        return None
    layers = inspect_layers(client, image.id, {})
    repository = reference.partition("@")[0].rpartition(":")[0]
    digests = image.attrs.get("RepoDigests") or []
    return Probed(
        digest=next((one.partition("@")[2] for one in digests if repository in one), ""),
        release=_environment(image).get("PYTHON_VERSION", ""),
        on_disk=sum(layer.on_disk for layer in layers),
        download=sum(layer.download for layer in layers),
    )


def run_in_image(
    client: "DockerClient", reference: str, arch: Arch, command: Sequence[str]
) -> str | None:
    """Return what a command prints in a new container; None where there is no such image.

    Raises EngineError where the command fails.
    """
    image = _pull(client, reference, arch)
    if image is None:
        return None
    try:
        printed: bytes = client.containers.run(
            image.id, list(command), platform=arch.platform, remove=True, stderr=False
        )
    except (ContainerError, APIError) as error:
        raise EngineError(
            f"{command[0]} fails in {reference} for {arch}",
            hint=f"try it: docker run --rm --platform {arch.platform} {reference} {command[0]}",
        ) from error
    return printed.decode(errors="replace")


def _pull(client: "DockerClient", reference: str, arch: Arch) -> Any:
    """Return the image, or None. A tag that named another image before names that one again."""
    named = reference.partition("@")[0]
    with suppress(ImageNotFound, APIError):
        before = client.images.get(named)
        try:
            return _pulled(client, reference, arch)
        finally:
            before.tag(named)
    try:
        return _pulled(client, reference, arch)
    except (ImageNotFound, NotFound):
        return None
    except APIError as error:
        raise EngineError(
            f"the engine cannot pull {reference} for {arch}: {error.explanation or error}",
            hint="docker pull says more",
        ) from error


def _pulled(client: "DockerClient", reference: str, arch: Arch) -> Any:
    repository, _, tag = reference.rpartition(":")
    image = client.images.pull(repository, tag=tag, platform=arch.platform)
    return image if _is_for(image, arch) else None


def _is_for(image: Any, arch: Arch) -> bool:
    """Tell whether an image is for the architecture: an engine may hand out what it has."""
    machine = str(image.attrs.get("Architecture", ""))
    variant = str(image.attrs.get("Variant") or "")
    return str(arch) in {machine, f"{machine}/{variant}"}


def _environment(image: Any) -> dict[str, str]:
    pairs = (image.attrs.get("Config") or {}).get("Env") or []
    return dict(pair.partition("=")[::2] for pair in pairs)
