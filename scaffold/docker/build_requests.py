"""From what the user wishes to one order per image: names, tags, caches."""

import re
from collections.abc import Sequence
from dataclasses import replace

from scaffold.model.build import BuildOptions, BuildRequest, Secret
from scaffold.model.errors import UsageError
from scaffold.model.target import Arch

# The grammar of image names (distribution/reference): a registry's host may have a port, path
# components are in lower case, a tag has 128 characters at most.
_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?/"
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?P<name>(?:{_HOST})?{_PART}(?:/{_PART})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?")


def make_orders(
    wishes: BuildOptions,
    arches: Sequence[Arch],
    *,
    project: str,
    context: str,
    dockerfile: str,
    secrets: tuple[Secret, ...] = (),
    arguments: tuple[str, ...] = (),
) -> tuple[BuildRequest, ...]:
    """Return one order per architecture.

    Several images that are loaded get the architecture into their tags; those that are pushed
    share one, as a manifest list. Raises UsageError for a tag that is none or can be nobody's own
    in a registry, and for a cache that several images would overwrite in turn.
    """
    name, tag = split_tag(wishes.tag or default_name(project))
    if wishes.push and "/" not in name:
        raise UsageError(
            f"{name} cannot be pushed: it names neither a registry nor an account",
            hint=f"--tag registry.example/team/{name}, or --tag ACCOUNT/{name}",
        )
    several = len(arches) > 1 and not wishes.push
    if several and any("{arch}" not in goal for goal in wishes.cache_to):
        raise UsageError(
            "several images would overwrite one cache in turn",
            hint="put {arch} into it: --cache-to 'type=local,dest=cache/{arch}'",
        )
    return tuple(
        BuildRequest(
            arch=arch,
            context=context,
            dockerfile=dockerfile,
            tag=_tag(name, tag, arch, several=several),
            secrets=secrets,
            builder=wishes.builder,
            push=wishes.push,
            cache_from=tuple(text.replace("{arch}", arch.slug) for text in wishes.cache_from),
            cache_to=tuple(text.replace("{arch}", arch.slug) for text in wishes.cache_to),
            fresh=wishes.fresh,
            arguments=arguments,
            engine=wishes.engine,
        )
        for arch in arches
    )


def apart(orders: Sequence[BuildRequest]) -> tuple[BuildRequest, ...]:
    """Return orders that share a tag with one each: the architecture is added to it."""
    return tuple(replace(order, tag=f"{order.tag}-{order.arch.slug}") for order in orders)


def split_tag(reference: str) -> tuple[str, str]:
    """Return an image's name and its tag, which may be empty. Raises UsageError."""
    match = _NAME.fullmatch(reference)
    if match is None:
        raise UsageError(
            f"{reference!r} is no name of an image",
            hint="lower case, such as app, app:1.2 or registry.example/team/app:1.2",
        )
    return match["name"], match["tag"] or ""


def default_name(project: str) -> str:
    """Return an image's name made of a project's: ``My App`` becomes ``my-app``."""
    name = re.sub(r"[^a-z0-9]+", "-", project.lower()).strip("-")
    return name or "app"


def _tag(name: str, tag: str, arch: Arch, *, several: bool) -> str:
    if several:
        tag = f"{tag}-{arch.slug}" if tag else arch.slug
    return f"{name}:{tag or 'latest'}"
