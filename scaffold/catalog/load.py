"""Knowledge as written down, in TOML, turned into ``Facts``; all problems are reported at once."""

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from scaffold.catalog.tables import (
    KINDS,
    FieldError,
    convert,
    expand_library,
    gather_packages,
    inherit,
    misspelt,
    read_footprints,
)
from scaffold.index.cache import Cache
from scaffold.model.errors import Detail, KnowledgeInvalidError
from scaffold.model.knowledge import Facts, Footprint, PackageFact, distribution_key

Raw = dict[str, Any]

_FOLDERS = {kind: one.key for kind, one in KINDS.items() if one.key}
_TABLES = tuple(kind for kind in KINDS if kind not in _FOLDERS)
_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fact as written: its data and the file that it, or its last layer, comes from."""

    file: str
    data: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The facts of folders, as long as the names, sizes and times of their files give a stamp."""

    stamp: str
    facts: Facts


class _Collector:
    """Entries by kind and key, and every problem met on the way."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
        self.footprints: dict[str, Footprint] = {}
        self.problems: list[Detail] = []

    def add(self, kind: str, key: str, entry: Entry) -> None:
        """Take an entry in; a later layer replaces it, but packages are merged by field."""
        texts = misspelt(kind, entry.data, self.distributions())
        self.refuse(entry.file, *(f"{key}: {text}" if kind in _TABLES else text for text in texts))
        earlier = self.entries[kind].get(key)
        if kind == "packages" and earlier is not None:
            entry = Entry(file=entry.file, data=earlier.data | entry.data)
        self.entries[kind][key] = entry

    def distributions(self) -> set[str]:
        """Return the names that rows of libraries and headers have packages for."""
        bases = [base.data for base in self.entries["bases"].values()]
        return {
            distribution_key(str(one.get("distribution")), str(one.get("release"))) for one in bases
        }

    def refuse(self, file: str, *texts: str, line: int | None = None) -> None:
        """Note problems of a file."""
        self.problems.extend(Detail(file=file, line=line, text=text) for text in texts)


def load_facts(root: Traversable, *layers: Path, cache: Cache | None = None) -> Facts:
    """Return all facts below ``root``, with the user's own ``layers`` on top, later ones winning.

    A layer has the same folders. An entry with the same id replaces the earlier one; a package is
    merged field by field. Raises KnowledgeInvalidError that lists every problem with its file.
    ``cache`` spares reading the files again until one of them, or of this package, changes.
    """
    if cache is None or not isinstance(root, Path):
        return _read_facts(root, *layers)
    key, stamp = " ".join(map(str, (root, *layers))), _stamp(Path(__file__).parent, root, *layers)
    kept = cache.load("facts", key, _Kept)
    if kept is None or kept.stamp != stamp:
        kept = _Kept(stamp=stamp, facts=_read_facts(root, *layers))
        cache.save("facts", key, kept)
    return kept.facts


def _stamp(*folders: Path) -> str:
    stamp = sha256()
    for folder in (one for root in folders for one in (root, *(root / kind for kind in _FOLDERS))):
        for file in sorted(os.scandir(folder), key=lambda one: one.name) if folder.is_dir() else ():
            stat = file.stat()
            stamp.update(f"{file.path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


def _read_facts(root: Traversable, *layers: Path) -> Facts:
    collector = _Collector()
    for folder, label in ((root, "knowledge"), *((layer, str(layer)) for layer in layers)):
        if folder.is_dir():
            _read_folder(folder, label, collector)
        else:
            collector.refuse(label, "there is no such folder")
    facts = _build(collector)
    _raise_problems(collector)
    return facts


def load_package(name: str, root: Traversable, *layers: Path) -> PackageFact | None:
    """Return the facts on one package (a normalised name). Raises KnowledgeInvalidError."""
    collector = _Collector()
    for folder, label in ((root, "knowledge"), *((layer, str(layer)) for layer in layers)):
        file = folder / "packages" / f"{name}.toml"
        if file.is_file():
            _read_entry(file, "packages", "name", label, collector)
    found = _values(collector, "packages").get(name)
    _raise_problems(collector)
    return found


def _raise_problems(collector: _Collector) -> None:
    if collector.problems:
        count = len(collector.problems)
        raise KnowledgeInvalidError(
            f"{count} {'problem' if count == 1 else 'problems'} in the knowledge files",
            details=collector.problems,
            hint="knowledge/README.md says which fields there are and what they mean",
        )


def _read_folder(folder: Traversable, label: str, collector: _Collector) -> None:
    for kind, key in _FOLDERS.items():
        for file in _toml_files(folder / kind):
            _read_entry(file, kind, key, label, collector)
    for kind in _TABLES:
        file, where = folder / f"{kind}.toml", f"{label}/{kind}.toml"
        data = _parse(file, where, collector) if file.is_file() else None
        if data is not None:
            for name, row in _rows(data, kind, where, collector):
                collector.add(kind, name, Entry(file=where, data=row))
    _read_footprints(folder / "footprints.toml", f"{label}/footprints.toml", collector)


def _read_entry(file: Traversable, kind: str, key: str, label: str, collector: _Collector) -> None:
    where = f"{label}/{kind}/{file.name}"
    data = _parse(file, where, collector)
    if data is None:
        return
    stem = file.name.removesuffix(".toml")
    if data.get(key) != stem:
        collector.refuse(where, f"{key} is {data.get(key)!r}, but the file says {stem!r}")
    collector.add(kind, stem, Entry(file=where, data=data))


def _read_footprints(file: Traversable, where: str, collector: _Collector) -> None:
    data = _parse(file, where, collector) if file.is_file() else None
    if data is None:
        return
    try:
        collector.footprints |= read_footprints(data)
    except FieldError as error:
        collector.refuse(where, str(error))


def _toml_files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    found = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    return sorted(found, key=lambda file: file.name)


def _parse(file: Traversable, where: str, collector: _Collector) -> Raw | None:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        match = _LINE.search(str(error))
        collector.refuse(where, f"not TOML: {error}", line=int(match[1]) if match else None)
    except UnicodeDecodeError as error:
        collector.refuse(where, f"not UTF-8: {error.reason} at byte {error.start}")
    except OSError as error:
        collector.refuse(where, f"cannot be read: {error.strerror}")
    return None


def _rows(data: Raw, kind: str, where: str, collector: _Collector) -> Iterator[tuple[str, Raw]]:
    """Yield the rows of a table file, each with the head's source and date."""
    extra = sorted(set(data) - {"source", "checked", kind})
    collector.refuse(where, *(f"unknown field {name!r}; rows go below [{kind}]" for name in extra))
    rows = data.get(kind, {})
    if not isinstance(rows, dict):
        collector.refuse(where, f"field {kind!r}: expected a table")
        return
    for name, row in rows.items():
        if isinstance(row, dict):
            yield name, inherit(row, data)
        else:
            collector.refuse(where, f"field '{kind}.{name}': expected a table")


def _build(collector: _Collector) -> Facts:
    names = collector.distributions()
    values = {"distributions": _values(collector, "distributions")}

    def library(key: str, data: Raw) -> Raw:
        return expand_library(key, gather_packages(data, names), values["distributions"])

    def header(_: str, data: Raw) -> Raw:
        return gather_packages(data, names)

    special = {"libraries": library, "headers": header}
    for kind in [one for one in KINDS if one not in values]:
        values[kind] = _values(collector, kind, special.get(kind))
    bases, pythons = values.pop("bases"), values.pop("pythons")
    return Facts(
        bases=tuple(bases.values()),
        pythons={minor: row.eol for minor, row in pythons.items()},
        releases={minor: row.released for minor, row in pythons.items() if row.released},
        footprints=collector.footprints,
        **values,
    )


def _values(
    collector: _Collector, kind: str, expand: Callable[[str, Raw], Raw] | None = None
) -> dict[str, Any]:
    form, values = KINDS[kind], dict[str, Any]()
    for key, entry in sorted(collector.entries[kind].items()):
        try:
            values[key] = convert((expand or form.expand)(key, entry.data), form.value)
        except FieldError as error:
            collector.refuse(entry.file, f"{key}: {error}" if kind in _TABLES else str(error))
    return values
