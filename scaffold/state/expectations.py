"""What ``leanscaffold.json`` promised about each target's image."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.expectation import Expectation
from scaffold.model.knowledge import Base
from scaffold.model.target import Arch, Budget
from scaffold.model.verdict import Size
from scaffold.resolver.tags import parse_arch
from scaffold.state.file_writer import RECORD

Json = Mapping[str, Any]


def read_expectations(
    root: Path, arches: Iterable[Arch], bases: Iterable[Base]
) -> tuple[Expectation, ...]:
    """Return one promise per architecture, in order. Raises ConfigInvalidError."""
    try:
        document = json.loads((root / RECORD).read_text("utf-8"))
        by_id = {base.id: base for base in bases}
        found = {
            promise.arch: promise
            for target in document["targets"]
            for promise in [_promise(document, target, by_id)]
        }
        return tuple(found[arch] for arch in arches)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigInvalidError(
            f"{RECORD} does not say what was planned", hint="`leanscaffold generate` writes it"
        ) from error


def _promise(document: Json, target: Json, bases: Mapping[str, Base]) -> Expectation:
    chosen = target["chosen"]
    device = target["device"] or {}
    budget = target["budget"]
    base = bases.get(chosen["base"])
    port, health = document["port"], document["health"]
    return Expectation(
        arch=parse_arch(target["target"].removeprefix("linux/")),
        project=document["project"],
        base=chosen["base"],
        device=device.get("name", ""),
        packages={one["name"]: one["version"] for one in target["packages"]},
        weights={one["name"]: one["installed_bytes"] for one in target["packages"] if one["exact"]},
        trimmed={one["name"]: one["trimmed"] for one in target["packages"] if one.get("trimmed")},
        size=_size(chosen["size"]),
        memory=(chosen.get("memory") or {}).get("resident"),
        budget=Budget(
            on_disk=budget["on_disk"], download=budget["download"], memory=budget["memory"]
        ),
        cores=device.get("cores"),
        port=port["value"] if port else None,
        health=health["value"] if health else "",
        interpreter=base.interpreter.format(python=target["python"]) if base else "",
    )


def _size(size: Json) -> Size:
    return Size(
        on_disk=size["on_disk"],
        download=size["download"],
        error=size["error"],
        download_error=size["download_error"],
        in_blocks=size["in_blocks"],
        in_blocks_error=size["in_blocks_error"],
        parts=tuple((part["label"], part["on_disk"], part["download"]) for part in size["parts"]),
    )
