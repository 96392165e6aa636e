"""What is in the archive of an image, and the part of it that a device lacks."""

import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold.docker.oci import is_platform
from scaffold.model.errors import UsageError
from scaffold.model.target import Arch


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """An image in an archive: its names in there, its configuration."""

    tag: str
    layers: tuple[str, ...]
    config: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return the name without registry and tag."""
        return self.tag.rpartition(":")[0].rpartition("/")[2]

    @property
    def diffs(self) -> tuple[str, ...]:
        """Return the digests of the layers unpacked."""
        return tuple(self.config["rootfs"]["diff_ids"])


def read_saved(archive: Path, arches: Iterable[Arch]) -> Saved:
    """Return the image of an archive that a device runs. Raises UsageError."""
    try:
        with tarfile.open(archive) as tar:
            rows = json.loads(_read(tar, "manifest.json"))
            found = [
                Saved(
                    tag=row["RepoTags"][0],
                    layers=tuple(row["Layers"]),
                    config=json.loads(_read(tar, row["Config"])),
                )
                for row in rows
            ]
    except OSError as error:
        raise UsageError(
            f"{archive} cannot be read: {error.strerror}", hint="--from app.tar, or leave it out"
        ) from error
    except (tarfile.TarError, KeyError, IndexError, TypeError, ValueError) as error:
        why = str(error).partition("\n")[0].rstrip(":")
        raise UsageError(
            f"{archive} is not an archive of an image with a name: {why}",
            hint="`leanscaffold build --to app.tar` writes one, `docker save NAME` too",
        ) from error
    for arch in arches:
        for one in found:
            if is_platform(one.config, arch):
                return one
    there = ", ".join(str(one.config.get("architecture")) for one in found)
    wanted = ", ".join(sorted(arches))
    raise UsageError(
        f"{archive} is for {there}, the device runs {wanted}",
        hint=f"`leanscaffold build --target {max(arches)} --to app.tar` writes one for it",
    )


def count_known(diffs: Sequence[str], images: Iterable[Sequence[str]]) -> int:
    """Return how many layers from below an engine has, which keeps them by all below them."""
    known = 0
    for one in images:
        same = [a == b for a, b in zip(diffs, one, strict=False)]
        known = max(known, same.index(False) if False in same else len(same))
    return known


def write_missing(archive: Path, left_out: Iterable[str], goal: Path) -> int:
    """Write an archive without some of its layers, and return its bytes."""
    dropped = frozenset(left_out)
    with tarfile.open(archive) as tar, tarfile.open(goal, "w") as out:
        for member in tar:
            if member.name not in dropped:
                out.addfile(member, tar.extractfile(member) if member.isreg() else None)
    return goal.stat().st_size


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    return file.read() if file else b""
