"""The command lines of docker buildx, and the file of several builds for bake."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scaffold.model.build import BuildRequest, Secret, spell_push

# BuildKit knows these without an ARG, and keeps them out of history and cache (Docker's
# documentation, "Predefined ARGs").
PROXY_ARGUMENTS = tuple(
    name
    for word in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
    for name in (word.upper(), word)
)
_ATTESTED = ("type=provenance,mode=max", "type=sbom")


def build_argv(order: BuildRequest, *, metadata: str, progress: str = "rawjson") -> tuple[str, ...]:
    """Return the command that builds one image.

    ``metadata`` is the path of the file that buildx writes about the result.
    """
    return (
        *_docker(order, "build", metadata=metadata, progress=progress),
        *(("--no-cache",) if order.fresh else ()),
        *(f"--attest={one}" for one in _ATTESTED if order.attest),
        f"--platform={order.arch.platform}",
        f"--file={order.dockerfile}",
        f"--tag={order.tag}",
        f"--output={spell_push(order.compression)}" if order.push else "--load",
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
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow((f"id={secret.id}", f"src={secret.path}"))
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


def bake_targets(orders: Sequence[BuildRequest]) -> dict[str, tuple[BuildRequest, ...]]:
    """Return the orders of each target of the bake file, by its name.

    Images with the same tag that are pushed are one target of several platforms, which makes a
    manifest list. Raises ValueError for two images that would overwrite each other.
    """
    if len({order.arch for order in orders}) < len(orders):
        raise ValueError("a bake has one image per architecture")
    by_tag: dict[str, list[BuildRequest]] = {}
    for order in orders:
        by_tag.setdefault(order.tag, []).append(order)
    targets = {}
    for group in by_tag.values():
        if len(group) > 1 and not all(order.push for order in group):
            raise ValueError(f"several images cannot all be loaded as {group[0].tag}")
        targets["-".join(order.arch.slug for order in group)] = tuple(group)
    return targets


def bake_document(orders: Sequence[BuildRequest]) -> dict[str, Any]:
    """Return the bake file. Values of build arguments are not in it, only their names."""
    targets = bake_targets(orders)
    names = sorted({name for order in orders for name in order.arguments})
    document: dict[str, Any] = {
        "group": {"default": {"targets": list(targets)}},
        "target": {name: _target(group) for name, group in targets.items()},
    }
    if names:
        # A bake takes a variable's value from the environment variable of its name.
        document["variable"] = {name: {"default": ""} for name in names}
    return document


def bake_text(orders: Sequence[BuildRequest]) -> str:
    """Return the text of ``docker-bake.json``."""
    return json.dumps(bake_document(orders), indent=2) + "\n"


def _target(group: Sequence[BuildRequest]) -> Mapping[str, Any]:
    order = group[0]
    target: dict[str, Any] = {
        "context": _literal(order.context),
        "dockerfile": _literal(order.dockerfile),
        "platforms": [one.arch.platform for one in group],
        "tags": [_literal(order.tag)],
        # With the engine's own builder, only one platform at a time can be loaded.
        "output": [spell_push(order.compression) if order.push else "type=docker"],
    }
    optional: dict[str, Any] = {
        "labels": {name: _literal(value) for name, value in order.labels},
        "secret": [_literal(spell_secret(secret)) for secret in order.secrets],
        "args": {name: f"${{{name}}}" for name in order.arguments},
        # Several platforms have one cache: it is read from and put to all that are named.
        "cache-from": _all(source for one in group for source in one.cache_from),
        "cache-to": _all(goal for one in group for goal in one.cache_to),
        "attest": [*_ATTESTED] if order.attest else [],
    }
    return target | {key: value for key, value in optional.items() if value}


def _all(texts: Iterable[str]) -> list[str]:
    return [_literal(text) for text in dict.fromkeys(texts)]


def _literal(text: str) -> str:
    """Escape what a bake file would take for a template (HashiCorp's HCL, "Templates")."""
    return text.replace("${", "$${").replace("%{", "%%{")
