"""What buildx is told: argument lists of one image, or of several over a bake file."""

import csv
import io
from collections.abc import Iterator, Sequence

from scaffold.model.build import BuildRequest, Secret

# BuildKit knows these without an ARG, and keeps them out of history and cache (Docker's
# documentation, "Predefined ARGs").
PROXY_ARGUMENTS = tuple(
    name
    for word in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
    for name in (word.upper(), word)
)


def build_argv(order: BuildRequest, *, metadata: str, progress: str = "rawjson") -> tuple[str, ...]:
    """Return the command that builds one image.

    ``metadata`` is the path of the file that buildx writes about the result.
    """
    return (
        *_docker(order, "build", metadata=metadata, progress=progress),
        *(("--no-cache",) if order.fresh else ()),
        f"--platform={order.arch.platform}",
        f"--file={order.dockerfile}",
        f"--tag={order.tag}",
        "--push" if order.push else "--load",
        *(f"--label={name}={value}" for name, value in order.labels),
        *(f"--secret={spell_secret(secret)}" for secret in order.secrets),
        *(f"--build-arg={name}" for name in order.arguments),
        *(f"--cache-from={source}" for source in order.cache_from),
        *(f"--cache-to={goal}" for goal in order.cache_to),
        "--",
        order.context,
    )


def bake_argv(
    orders: Sequence[BuildRequest], *, file: str, metadata: str, progress: str = "rawjson"
) -> tuple[str, ...]:
    """Return the command that builds all images of a bake file. Raises ValueError for none."""
    if not orders:
        raise ValueError("nothing to bake")
    return (
        *_docker(orders[0], "bake", metadata=metadata, progress=progress),
        *(("--no-cache",) if orders[0].fresh else ()),
        f"--file={file}",
    )


def join_argv(tag: str, parts: Sequence[str], *, engine: str, builder: str) -> tuple[str, ...]:
    """Return the command that makes a manifest list of images in the same registry."""
    return (*_imagetools("create", engine, builder), f"--tag={tag}", "--", *parts)


def raw_manifest_argv(tag: str, *, engine: str, builder: str) -> tuple[str, ...]:
    """Return the command that prints the manifest of an image in a registry, byte by byte."""
    return (*_imagetools("inspect", engine, builder), "--raw", "--", tag)


def docker_argv(engine: str) -> tuple[str, ...]:
    """Return how the docker command is told which engine to use: an address or a context."""
    if not engine:
        return ("docker",)
    return ("docker", f"--host={engine}" if "://" in engine else f"--context={engine}")


def spell_secret(secret: Secret) -> str:
    """Return a secret as buildx reads it: comma-separated values, quoted where they need it."""
    return _csv(f"id={secret.id}", f"src={secret.path}")


def _csv(*fields: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(fields)
    return text.getvalue()


def _imagetools(verb: str, engine: str, builder: str) -> tuple[str, ...]:
    named = (f"--builder={builder}",) if builder else ()
    return (*docker_argv(engine), "buildx", "imagetools", verb, *named)


def _docker(order: BuildRequest, verb: str, *, metadata: str, progress: str) -> Iterator[str]:
    yield from (*docker_argv(order.engine), "buildx", verb)
    if order.builder:
        yield f"--builder={order.builder}"
    yield f"--progress={progress}"
    yield f"--metadata-file={metadata}"
