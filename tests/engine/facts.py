"""What the stand-ins weigh, as facts on top of those about the real images."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.engine.engine import Engine
from tests.engine.home import Home, digest, locked, whole
from tests.engine.measure import Measured, measure
from tests.engine.publish import published
from tests.engine.standins import MINOR, STAND_INS, StandIn

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
# Two measurements of the same image are equal; what rounding leaves.
ERROR = 0.001
USUAL = tuple(image for image in STAND_INS if image.base and not image.asked)
SOURCE = "measured on the tests' own engine"


def overlay(home: Home, engine: Engine) -> Path:
    """Return a folder for ``--knowledge`` about the stand-ins there are; measured once."""
    tags = {image.tag(arch) for image in STAND_INS if not image.asked for arch in image.arches}
    state = [f"{tag}={made}" for tag, made in sorted(published(home).items()) if tag in tags]
    bases = [KNOWLEDGE / "bases" / f"{image.base}.toml" for image in USUAL]
    target = home.at("facts") / digest(*state, *bases, Path(__file__))
    if target.is_dir():
        return target
    with locked(home):
        if not target.is_dir():
            with whole(target) as part:
                write(home, engine, part)
    return target


def write(
    home: Home, engine: Engine, folder: Path, images: Iterable[StandIn] = USUAL
) -> dict[str, dict[str, Measured]]:
    """Write ``bases/`` into a folder; return what was measured, by base and architecture."""
    there = published(home)
    found: dict[str, dict[str, Measured]] = {}
    (folder / "bases").mkdir(parents=True, exist_ok=True)
    for image in images:
        arches = [arch for arch in image.arches if image.tag(arch) in there]
        if arches:
            name = f"{image.repository}:{image.tags[0]}"
            found[image.base] = {arch: measure(engine, name, arch) for arch in arches}
            text = _base(image, found[image.base])
            (folder / "bases" / f"{image.base}.toml").write_text(text)
    return found


def _base(image: StandIn, measured: Mapping[str, Measured]) -> str:
    """Return the base's own facts with the figures replaced, as TOML."""
    shipped = tomllib.loads((KNOWLEDGE / "bases" / f"{image.base}.toml").read_text())
    first = measured["amd64"]
    everywhere = frozenset.intersection(*(one.libraries for one in measured.values()))
    loaders = {name for one in measured.values() for name in one.libraries if name.startswith("ld")}
    today = datetime.now(tz=UTC).date()
    rest = {
        name: value
        for name, value in shipped.items()
        if name not in ("pythons", "derivations", "source", "checked")
    }
    fields = rest | {
        "pip_bytes": first.pip_bytes,
        "pip_download": first.pip_download,
        "ships": sorted(everywhere | loaders),
        "source": SOURCE,
        "checked": today,
    }
    rows = {arch: [one.download, one.on_disk, ERROR] for arch, one in measured.items()}
    python = {"release": first.release, "source": SOURCE, "checked": today} | rows
    return f'{_table(fields)}\n[pythons."{MINOR}"]\n{_table(python)}'


def _table(fields: Mapping[str, Any]) -> str:
    return "".join(f"{_value(name)} = {_value(value)}\n" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A basic string: these facts have neither quotes nor control characters.
        return f'"{value}"'
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value)
