"""Attestations as BuildKit writes them: a manifest of in-toto statements beside each image.

Sources: BuildKit, docs/attestations/attestation-storage.md; SLSA 1.0, provenance (2026-11-29).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scaffold import __version__
from scaffold.docker.blob_store import Store
from scaffold.docker.oci import (
    CONFIG,
    IN_TOTO,
    MANIFEST,
    BaseImage,
    Image,
    dump,
    split_reference,
    write_archive,
)
from scaffold.engineless.wheels import HASH, logical_lines
from scaffold.model.target import Arch

PROVENANCE, SPDX = "https://slsa.dev/provenance/v1", "https://spdx.dev/Document"
_BUILDER = "pkg:pypi/leanscaffold"
_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)")


def attest(
    image: Image,
    provenance: Mapping[str, Any],
    list_contents: Callable[[Path], Mapping[str, Any]],
    store: Store,
) -> Image:
    """Return an image with its provenance and the SPDX document of what is in it attached."""
    with store.scratch() as work:
        write_archive(work / "image.tar", [image], store)
        spdx = list_contents(work / "image.tar")
    subject = {
        "name": _purl("docker", image.tag, image.arch),
        "digest": {"sha256": image.manifest.digest.removeprefix("sha256:")},
    }
    layers = []
    for kind, predicate in ((PROVENANCE, provenance), (SPDX, spdx)):
        statement = {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": kind,
            "subject": [subject],
            "predicate": predicate,
        }
        layers.append((store.add(dump(statement), IN_TOTO), kind))
    config = {
        "architecture": "unknown",
        "os": "unknown",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [blob.digest for blob, _ in layers]},
    }
    made = store.add(dump(config), CONFIG)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": made.describe(),
        "layers": [
            {**blob.describe(), "annotations": {"in-toto.io/predicate-type": kind}}
            for blob, kind in layers
        ],
    }
    whole = store.add(dump(manifest), MANIFEST)
    return replace(image, attached=(*(blob for blob, _ in layers), made, whole))


def describe_origin(
    reference: str, base: BaseImage, lock: Path | None, arch: Arch
) -> Mapping[str, Any]:
    """Return SLSA's provenance of an image: the same for the same inputs, so without times."""
    found = [{"uri": _purl("docker", reference, arch), "digest": _digest(base.digest)}]
    for line in logical_lines(lock.read_text("utf-8")) if lock else ():
        if pinned := _PINNED.match(line.strip()):
            found += [
                {"uri": f"pkg:pypi/{pinned[1]}@{quote(pinned[2])}", "digest": _digest(one)}
                for one in HASH.findall(line)
            ]
    return {
        "buildDefinition": {
            "buildType": f"{_BUILDER}#engineless",
            "externalParameters": {"platform": arch.platform},
            "resolvedDependencies": found,
        },
        "runDetails": {"builder": {"id": _BUILDER, "version": {"leanscaffold": __version__}}},
    }


def _digest(text: str) -> dict[str, str]:
    return {"sha256": text.removeprefix("sha256:")}


def _purl(kind: str, reference: str, arch: Arch) -> str:
    registry, path, tag = split_reference(reference.partition("@")[0])
    name = path.removeprefix("library/") if registry == "docker.io" else f"{registry}/{path}"
    return f"pkg:{kind}/{name}@{tag}?platform={quote(arch.platform, safe='')}"
