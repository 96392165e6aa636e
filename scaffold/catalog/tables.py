"""The written forms that are shorter than the values: rows of figures, inherited sources.

tomllib is slow, and hundreds of equal tables are hard to read; so what is a table of figures is
written as rows, and expanded here before it is checked against the model.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from scaffold.model.errors import did_you_mean
from scaffold.model.hardware import DeviceFiles, HardwareFact
from scaffold.model.knowledge import (
    Accelerator,
    Base,
    Companion,
    Compression,
    Distribution,
    DroppedPackages,
    ExtraIndex,
    Footprint,
    HeaderSource,
    ImageFamily,
    Library,
    ModuleFact,
    PackageFact,
    ReleaseBounds,
    StandIn,
    Symbols,
    SystemPackage,
)
from scaffold.model.target import Arch, Device, NoContainers, Sourced

T = TypeVar("T")

_PLACE = re.compile(r"(?P<cause>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)


class FieldError(Exception):
    """A field that cannot be used; the text is a sentence that names it."""


def unknown_fields(
    data: object, kind: Any, path: str = "", more: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[str]:
    """Yield a sentence for every field of ``data`` that neither ``kind`` nor ``more`` has.

    msgspec ignores unknown fields of dataclasses, so a typo in an optional field would be lost.
    """
    for name, value, inner, known in _parts(data, kind, more):
        where = f"{path}{name}" if name.startswith("[") or not path else f"{path}.{name}"
        if inner is MISSING:
            yield unknown(name, where, known)
        else:
            yield from unknown_fields(value, inner, where)


def _parts(
    data: object, kind: Any, more: Mapping[str, Any]
) -> Iterator[tuple[str, object, Any, Mapping[str, Any]]]:
    """Yield (name, value, type, known names) of what is inside; MISSING for an unknown field."""
    inner = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        for option in inner:
            yield from _parts(data, option, more)
    elif isinstance(data, list):
        if get_origin(kind) is tuple and inner[-1] is Ellipsis:
            for position, value in enumerate(data):
                yield f"[{position}]", value, inner[0], {}
    elif isinstance(data, dict) and isinstance(kind, type) and is_dataclass(kind):
        hints = {**_hints(kind), **more}
        for name, value in data.items():
            yield name, value, hints.get(name, MISSING), hints
    elif isinstance(data, dict) and inner:
        for name, value in data.items():
            yield name, value, inner[-1], {}


def unknown(name: str, where: str, known: Mapping[str, Any]) -> str:
    """Return the sentence for an unknown field, with the nearest known name."""
    hint = did_you_mean(name, known, 1) or f"known fields: {', '.join(sorted(known))}"
    return f"unknown field {where!r}; {hint}"


def fill_absent(data: dict[str, Any], kind: type) -> dict[str, Any]:
    """Return ``data`` with None for absent fields that may be None: TOML has no null."""
    hints = _hints(kind)
    absent = {
        field.name: None
        for field in fields(kind)
        if field.name not in data
        and field.default is MISSING
        and NoneType in get_args(hints[field.name])
    }
    return {**data, **absent}


def convert(data: dict[str, Any], kind: type[T]) -> T:
    """Return the value; raise FieldError with a sentence that names the field."""
    try:
        return msgspec.convert(fill_absent(data, kind), kind, strict=True)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        cause, path = (match["cause"], match["path"]) if match else (str(error), "")
        raise FieldError(f"field {path!r}: {cause}" if path else cause) from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


Raw = dict[str, Any]

_ARCHES = frozenset(str(arch) for arch in Arch)
_IMAGE_FIELDS = ("release", "prerelease", "tag", "digest", "source", "checked")
_ROW_FIELDS = ("download", "on_disk", "error")
_BASE_TABLES = ("pythons", "derivations")
# What a row has below the name of a distribution; a plain name is in that one's table of costs.
_BY_DISTRIBUTION = {"libraries": str | SystemPackage, "headers": tuple[str, ...]}
_RATIO = re.compile(r"\d{1,2}(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonTable(Sourced):
    """A row of pythons.toml: the day of the first final release, and of the last security fix."""

    eol: date | None
    released: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionTable(Sourced):
    """A file of distributions/: the packages are lines of one text."""

    id: str
    release: str
    arch: Arch
    packages: str
    modules: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryTable(Sourced):
    """A row of libraries.toml, besides the packages of distributions."""

    program: bool = False
    linked: bool = False
    elsewhere: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FootprintTable(Sourced):
    """The file footprints.toml: the packages are lines of one text, and so are other machines'."""

    packages: str
    foreign: str = ""


def misspelt(kind: str, data: Raw, distributions: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence for every unknown field of an entry as written."""
    checked = {key: data[key] for key in data if kind != "bases" or key not in _BASE_TABLES}
    packages = _BY_DISTRIBUTION.get(kind)
    more = dict.fromkeys(distributions, packages) if packages else {}
    form = KINDS[kind]
    return tuple(unknown_fields(checked, form.written or form.value, more=more))


def gather_packages(data: Raw, distributions: Collection[str]) -> Raw:
    """Return a row with what stands below names of distributions in ``packages``."""
    rest = {name: value for name, value in data.items() if name not in distributions}
    return {"packages": {name: data[name] for name in data if name in distributions}} | rest


def inherit(row: Raw, head: Raw) -> Raw:
    """Return the row with the head's ``source`` and ``checked``, where it has none of its own."""
    return {key: head[key] for key in ("source", "checked") if key in head} | row


def expand_base(_key: str, data: Raw) -> Raw:
    """Return a base with ``images`` for its ``pythons``. Raises FieldError with the field."""
    rest = {key: data[key] for key in data if key not in _BASE_TABLES}
    if "images" in rest:
        raise FieldError("field 'images': images are written as rows below [pythons]")
    notes = data.get("derivations", {})
    images: list[Raw] = []
    for python, table in data.get("pythons", {}).items():
        if not isinstance(table, dict):
            raise FieldError(f"field 'pythons.{python}': expected a table")
        for key in table:
            if key not in _IMAGE_FIELDS and key not in _ARCHES:
                known = dict.fromkeys((*_IMAGE_FIELDS, *sorted(_ARCHES)))
                raise FieldError(unknown(key, f"pythons.{python}.{key}", known))
        head = inherit({key: table[key] for key in _IMAGE_FIELDS if key in table}, data)
        images += [
            head | {"python": python, "arch": arch} | _image_row(row, notes, python, arch)
            for arch, row in table.items()
            if arch in _ARCHES
        ]
    pieces = [_piece_row(row) for row in rest.get("pieces", ())]
    return rest | {"images": images, "pieces": pieces}


def _piece_row(row: object) -> Raw:
    if not isinstance(row, list) or [type(one) for one in row] != [int, int, str]:
        raise FieldError(f"field 'pieces': expected [on_disk, download, \"names\"], not {row!r}")
    return {"on_disk": row[0], "download": row[1], "programs": row[2].split()}


def _image_row(row: object, notes: Mapping[str, str], python: str, arch: str) -> Raw:
    where = f"field 'pythons.{python}.{arch}'"
    if not isinstance(row, list) or len(row) not in (3, 4):
        raise FieldError(f"{where}: expected [download, on_disk, error] and maybe a derivation")
    figures: Raw = dict(zip(_ROW_FIELDS, row, strict=False))
    if len(row) == len(_ROW_FIELDS):
        return figures
    if row[3] not in notes:
        raise FieldError(f"{where}: {row[3]!r} does not stand below [derivations]")
    return figures | {"source": notes[row[3]]}


def expand_distribution(_key: str, data: Raw) -> Raw:
    """Return a distribution with its lines split. Raises FieldError with the line."""
    text = data.get("packages")
    if not isinstance(text, str):
        raise FieldError("field 'packages': expected a text of lines")
    rows: Raw = {}
    for line in text.splitlines():
        name, *figures = line.split()[:3] or [""]
        if not name:
            continue
        if len(figures) != 2 or not all(figure.isdigit() for figure in figures):  # noqa: PLR2004
            raise FieldError(f"field 'packages': expected 'name on_disk download …' in {line!r}")
        rows[name] = [int(figures[0]), int(figures[1]), line.split()[3:]]
    return data | {"packages": rows, "modules": _read_modules(data.get("modules", ""))}


def _read_modules(text: object) -> Raw:
    modules: Raw = {}
    for line in str(text).splitlines():
        words = line.split()
        if len(words) not in (0, 3):
            raise FieldError(f"field 'modules': expected 'name package version' in {line!r}")
        modules |= {words[0]: words[1:]} if words else {}
    return modules


def read_footprints(data: Raw) -> dict[str, Footprint]:
    """Return what becomes of each package's wheel. Raises FieldError with the field or line."""
    for text in unknown_fields(data, FootprintTable):
        raise FieldError(text)
    table = convert(data, FootprintTable)
    foreign = _read_foreign(table.foreign)
    rows: dict[str, Footprint] = {}
    for line in table.packages.splitlines():
        name, *figures = line.split() or [""]
        if not name:
            continue
        ratios = _read_ratios(figures)
        if len(ratios) not in {3, 4, 5}:
            raise FieldError(
                "field 'packages': expected 'name bytecode bytecode_layer layer', and symbols and "
                f"spent if there are any, in {line!r}"
            )
        rows[name] = Footprint(
            bytecode=ratios[0],
            bytecode_layer=ratios[1],
            layer=ratios[2],
            symbols=_read_symbols(ratios[3:]),
            foreign=foreign.get(name, {}),
        )
    return rows


def _read_foreign(text: str) -> dict[str, dict[str, Symbols]]:
    """Return the symbols of wheels for other machines, by package and machine."""
    rows: dict[str, dict[str, Symbols]] = {}
    for line in filter(str.strip, text.splitlines()):
        name, _, rest = line.strip().partition(" ")
        machine, *figures = rest.split() or [""]
        ratios = _read_ratios(figures)
        if len(ratios) not in {1, 2}:
            raise FieldError(
                "field 'foreign': expected 'name machine symbols', and spent if there is any, in "
                f"{line!r}"
            )
        rows.setdefault(name, {})[machine] = _read_symbols(ratios)
    return rows


def _read_ratios(figures: Sequence[str]) -> list[float]:
    """Return figures as numbers, none if one is none."""
    found = [float(figure) for figure in figures if _RATIO.fullmatch(figure)]
    return found if len(found) == len(figures) else []


def _read_symbols(ratios: Sequence[float]) -> Symbols:
    share, spent, *_ = (*ratios, 0.0, 0.0)
    return Symbols(share=share, spent=spent)


def expand_package(_key: str, data: Raw) -> Raw:
    """Return a package whose swaps and recipe have the head's source and date."""
    expanded = dict(data)
    swaps = data.get("swaps")
    if isinstance(swaps, list) and all(isinstance(swap, dict) for swap in swaps):
        expanded["swaps"] = [inherit(swap, data) for swap in swaps]
    if isinstance(data.get("recipe"), dict):
        expanded["recipe"] = inherit(data["recipe"], data)
    return expanded


def expand_accelerator(_key: str, data: Raw) -> Raw:
    """Return an accelerator whose rules have the head's source and date."""
    rules = data.get("rules")
    if isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules):
        return data | {"rules": [inherit(rule, data) for rule in rules]}
    return data


def expand_library(key: str, data: Raw, distributions: Mapping[str, Distribution]) -> Raw:
    """Return a library with the cost of each package. Raises FieldError for an unknown package."""
    packages = {
        name: _system_package(name, written, distributions)
        for name, written in data["packages"].items()
    }
    return {"id": key} | data | {"packages": packages}


def _system_package(
    release: str, written: object, distributions: Mapping[str, Distribution]
) -> object:
    if not isinstance(written, str):
        return written
    distribution = distributions.get(release)
    if distribution is None or written not in distribution.packages:
        raise FieldError(
            f"{release} has no figures for the package {written!r}; write "
            "{ name = …, on_disk = …, download = … }"
        )
    on_disk, download = distribution.weigh(distribution.closure([written]))
    return {"name": written, "on_disk": on_disk, "download": download}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: what becomes of an entry, and how it is ``written`` where that is not alike.

    ``key`` is the field that a file of its folder is named after; empty for rows of one file.
    """

    value: type
    key: str = ""
    expand: Callable[[str, Raw], Raw] = lambda _, data: data
    written: type | None = None


# By the field of Facts, which is the folder or file below knowledge/, too.
KINDS: Mapping[str, Kind] = {
    "distributions": Kind(Distribution, "id", expand_distribution, DistributionTable),
    "pythons": Kind(PythonTable),
    "bases": Kind(Base, "id", expand_base),
    "libraries": Kind(Library, written=LibraryTable),
    "packages": Kind(PackageFact, "name", expand_package),
    "devices": Kind(Device, "id"),
    "headers": Kind(HeaderSource),
    "families": Kind(ImageFamily),
    "compressions": Kind(Compression),
    "dropped": Kind(DroppedPackages, "id"),
    "python3": Kind(Distribution, "id", expand_distribution, DistributionTable),
    "modules": Kind(ModuleFact),
    "companions": Kind(Companion),
    "bounds": Kind(ReleaseBounds),
    "indexes": Kind(ExtraIndex),
    "hardware": Kind(HardwareFact),
    "device_files": Kind(DeviceFiles),
    "no_containers": Kind(NoContainers),
    "stand_ins": Kind(StandIn),
    "accelerators": Kind(Accelerator, "id", expand_accelerator),
}
