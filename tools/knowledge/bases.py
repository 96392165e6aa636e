"""Base images measured anew, through an engine, and written into the files that people keep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from scaffold.catalog.wheel_refresh import Refreshed
from scaffold.model.errors import EngineError
from scaffold.model.knowledge import Base, Image
from scaffold.model.target import Arch
from tools.knowledge.image_probe import Probed

if TYPE_CHECKING:
    from tomlkit.items import Table

Probe = Callable[[str, Arch], Probed | None]

ENGINE = "engine"  # the entry of [derivations] that measured rows name
# Layers are packed anew to see what a client pulls, as no engine tells; how far off that was is
# noted where it is done (scaffold/docker/image_archive.py).
ERROR = 0.01
_SHOWN = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One image as it is known, and as the engine has it."""

    base: Base
    image: Image
    probed: Probed


def measure_bases(
    bases: Sequence[Base],
    arches: Sequence[Arch],
    probe: Probe,
    tell: Callable[[str], None],
) -> tuple[Measurement, ...]:
    """Return what could be pulled. Bases that are cut to measure in the build are left out.

    Raises EngineError where nothing could be.
    """
    found: list[Measurement] = []
    trouble: EngineError | None = None
    for base in bases:
        for image in base.images if not base.origin else ():
            if image.arch not in arches:
                continue
            reference = base.reference_for(image)
            tell(f"{reference} for {image.arch}")
            try:
                probed = probe(reference, image.arch)
            except EngineError as error:
                trouble = error
                tell(error.cause)
                continue
            if probed is not None:
                found.append(Measurement(base=base, image=image, probed=probed))
    if trouble and not found:
        raise trouble
    return tuple(found)


def refresh_bases(
    folder: Path, measured: Sequence[Measurement], *, shipped: Traversable, today: date
) -> Refreshed:
    """Return the base files with new figures. All else in them stays as people wrote it.

    A base without a file in the folder gets that of ``shipped``, the bundled knowledge, with the
    new figures: figures alone are no base.
    """
    changes: list[str] = []
    files: dict[str, str] = {}
    for base in dict.fromkeys(one.base.id for one in measured):
        path = f"bases/{base}.toml"
        mine = [one for one in measured if one.base.id == base and _differs(one)]
        changes += [_spell(one) for one in mine]
        if mine:
            there = folder / path if (folder / path).is_file() else shipped / path
            files[path] = write_figures(there.read_text("utf-8"), mine, today=today)
    count = f"{len(measured)} image{'' if len(measured) == 1 else 's'} measured"
    return Refreshed(changes=tuple(changes) or ("nothing changed",), files=files, remarks=(count,))


def write_figures(text: str, measured: Sequence[Measurement], *, today: date) -> str:
    """Return a base's TOML with the figures of some of its images replaced."""
    document = tomlkit.parse(text)
    notes = document.setdefault("derivations", tomlkit.table())
    notes[ENGINE] = f"measured through an engine, {today}; layers packed anew"
    for one in measured:
        table: Table = document["pythons"][one.image.python]
        figures = f"[{one.probed.download:_}, {one.probed.on_disk:_}, {ERROR}, {ENGINE!r}]"
        row = tomlkit.parse(f"row = {figures}".replace("'", '"'))["row"]
        table[str(one.image.arch)] = row
        if one.probed.release:
            table["release"] = one.probed.release
        if one.probed.digest:
            table["digest"] = one.probed.digest
    return tomlkit.dumps(document)


def _differs(one: Measurement) -> bool:
    image, probed = one.image, one.probed
    return (
        _ratio(image.on_disk, probed.on_disk) > _SHOWN
        or _ratio(image.download, probed.download) > _SHOWN
        or probed.release not in {"", image.release}
        or probed.digest not in {"", image.digest}
    )


def _ratio(before: int, after: int) -> float:
    return abs(after - before) / before if before else 1.0


def _spell(one: Measurement) -> str:
    image, probed = one.image, one.probed
    grown = {
        "on disk": (image.on_disk, probed.on_disk),
        "pulled": (image.download, probed.download),
    }
    parts = [
        f"{image.release} → {probed.release}" if probed.release not in {"", image.release} else "",
        *(_grew(label, *pair) for label, pair in grown.items()),
        "another digest" if probed.digest not in {"", image.digest} and image.digest else "",
    ]
    label = f"{one.base.id} {image.python} {image.arch}"
    return f"~ {label}: {', '.join(filter(None, parts)) or 'its digest is known now'}"


def _grew(label: str, before: int, after: int) -> str:
    if _ratio(before, after) <= _SHOWN:
        return ""
    grew = "grew" if after > before else "shrank"
    return f"{label} {grew} by {abs(after - before) / 1e6:.1f} MB to {after / 1e6:.1f} MB"
