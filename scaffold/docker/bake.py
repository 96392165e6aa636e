"""The bake file of several images, as a value and as text."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scaffold.docker.buildx_argv import spell_secret
from scaffold.model.build import BuildRequest


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
        "output": ["type=registry" if order.push else "type=docker"],
    }
    optional: dict[str, Any] = {
        "labels": {name: _literal(value) for name, value in order.labels},
        "secret": [_literal(spell_secret(secret)) for secret in order.secrets],
        "args": {name: f"${{{name}}}" for name in order.arguments},
        # Several platforms have one cache: it is read from and put to all that are named.
        "cache-from": _all(source for one in group for source in one.cache_from),
        "cache-to": _all(goal for one in group for goal in one.cache_to),
    }
    return target | {key: value for key, value in optional.items() if value}


def _all(texts: Iterable[str]) -> list[str]:
    return [_literal(text) for text in dict.fromkeys(texts)]


def _literal(text: str) -> str:
    """Escape what a bake file would take for a template (HashiCorp's HCL, "Templates")."""
    return text.replace("${", "$${").replace("%{", "%%{")
