"""Installed packages: their files, who owns them, and what their Python sources import and name."""

import ast
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .syntax import parse, walk

Parts = tuple[str, ...]
TESTS = frozenset({"test", "tests"})
# Only sources that hold one of these words are parsed: all that rules ask about have one.
_WORTH_PARSING = re.compile(
    rb"\b(tests?|examples?|benchmarks?|samples?|demos?|attach_stub|pip|_?g?dbm|shelve)\b"
    rb"|\.pyi|\.rst|\.md\b|\.cu\b|[\"'/]docs?[\"'/]|nvrtc|hiprtc|nvcc|\w_tests?\b"
)
_LONGEST = 200  # characters of a text that may be a name
# A file's name with an ending that ends a text: "api.h", 'include/api.h', b"api.h".
_FILE_NAME = re.compile(rb"""[\w.+-]*\.[\w+]+(?=["'])""")


@dataclass(frozen=True, slots=True)
class Named:
    """What one source names: modules it imports, and texts that could be names of files."""

    imports: frozenset[Parts]
    texts: frozenset[str]


_NOTHING = Named(frozenset(), frozenset())


@dataclass(frozen=True)
class Packages:
    """A folder of packages, and the ``languages`` that the application speaks (``de``).

    ``unloaded`` are the files of packages that open libraries by their full names alone.
    """

    folder: Path
    languages: frozenset[str] = frozenset()
    unloaded: frozenset[Parts] = frozenset()
    _named: dict[Parts, Named] = field(default_factory=dict)
    _texts: dict[str, frozenset[str]] = field(default_factory=dict)
    _said: dict[tuple[str, ...], bool] = field(default_factory=dict)

    @cached_property
    def files(self) -> tuple[Parts, ...]:
        """Return all regular files that are no metadata, by their parts, sorted."""
        found = (
            path.relative_to(self.folder).parts
            for path in self.folder.rglob("*")
            if path.is_file() and not path.is_symlink()
        )
        return tuple(sorted(parts for parts in found if not is_metadata(parts)))

    def named(self, parts: Parts) -> Named:
        """Return what a Python source names; nothing for what does not parse."""
        if parts not in self._named:
            self._named[parts] = _read(self.folder.joinpath(*parts), parts)
        return self._named[parts]

    def texts(self, top: str) -> frozenset[str]:
        """Return the texts in a top-level package's sources that could be names of files.

        Tests are no witnesses: they say a lot.
        """
        if top not in self._texts:
            found = (self.named(one).texts for one in self._sources(top))
            self._texts[top] = frozenset().union(*found)
        return self._texts[top]

    def _sources(self, top: str) -> Iterator[Parts]:
        for parts in self.files:
            if parts[0] == top and parts[-1].endswith(".py") and TESTS.isdisjoint(parts[1:-1]):
                yield parts

    @cached_property
    def file_names(self) -> dict[str, frozenset[str]]:
        """Return the names of files that stand as literals in sources, by top-level package."""
        found: dict[str, set[str]] = {}
        for parts in self.files:
            if parts[-1].endswith(".py") and TESTS.isdisjoint(parts[1:-1]):
                names = _FILE_NAME.findall(self.folder.joinpath(*parts).read_bytes())
                found.setdefault(top_of(parts), set()).update(map(_decode, names))
        return {top: frozenset(names) for top, names in found.items()}

    def says(self, top: str, *endings: str) -> bool:
        """Tell whether a package's sources have a text that ends so."""
        key = (top, *endings)
        if key not in self._said:
            ends = [one.encode() for one in endings]
            self._said[key] = any(
                text.endswith(endings)
                for one in self._sources(top)
                if any(end in self.folder.joinpath(*one).read_bytes() for end in ends)
                for text in self.named(one).texts
            )
        return self._said[key]


def top_of(parts: Parts) -> str:
    """Return what a file is imported below: a package, or a module that stands alone."""
    return parts[0] if len(parts) > 1 else parts[0].partition(".")[0]


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def is_metadata(parts: Parts) -> bool:
    """Tell whether a file is what installers write about a package."""
    return parts[0].endswith((".dist-info", ".egg-info"))


def _read(path: Path, parts: Parts) -> Named:
    data = path.read_bytes()
    if TESTS.isdisjoint(parts) and not _WORTH_PARSING.search(data):
        return _NOTHING
    try:
        tree = parse(data)
    except (SyntaxError, ValueError):
        return _NOTHING
    imports: set[Parts] = set()
    texts: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(node.value) < _LONGEST and not set(" \n") & set(node.value):
                texts.add(node.value)
        elif isinstance(node, ast.Name | ast.Attribute):
            texts.add(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            texts.update(alias.name for alias in node.names)
            imports.update(_imports(node, parts))
    imports.update(name for text in texts for name in _spelt(text, parts))
    return Named(frozenset(imports), frozenset(texts))


def _spelt(text: str, parts: Parts) -> Iterator[Parts]:
    """Yield what a text may import: ``importlib.import_module("a.tests.b")``, or ``".tests.b"``."""
    if not text.replace(".", "").isidentifier():
        return
    if text.startswith("."):
        yield from (
            (*parts[:depth], *text.lstrip(".").split(".")) for depth in range(1, len(parts))
        )
    else:
        yield tuple(text.split("."))


def _imports(node: ast.Import | ast.ImportFrom, parts: Parts) -> Iterator[Parts]:
    """Yield the absolute names that a statement imports, each as its parts."""
    if isinstance(node, ast.Import):
        yield from (tuple(alias.name.split(".")) for alias in node.names)
    else:
        above = parts[: len(parts) - node.level] if node.level else ()
        module = (*above, *(node.module or "").split(".")) if node.module else above
        yield module
        yield from ((*module, alias.name) for alias in node.names)


def ending(parts: Parts) -> str:
    """Return a file's last suffix with its dot, in lower case; empty if it has none."""
    stem, dot, suffix = parts[-1].rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def read_owners(folder: Path) -> dict[str, str]:
    """Return the normalised distribution name by path, relative to the folder of packages."""
    owners: dict[str, str] = {}
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        for row in _read_record(record):
            owners.setdefault(row[0], _distribution_of(record.parent))
    return owners


def _read_record(record: Path) -> list[list[str]]:
    with record.open(newline="", encoding="utf-8", errors="replace") as file:
        return [row for row in csv.reader(file) if row]


def find_metadata(folder: Path) -> dict[str, Path]:
    """Return the folders of metadata by normalised distribution name."""
    return {_distribution_of(path): path for path in sorted(folder.glob("*.dist-info"))}


def _distribution_of(metadata: Path) -> str:
    return normalise(metadata.name.removesuffix(".dist-info").rpartition("-")[0])


def normalise(name: str) -> str:
    """Return a name in the form that indexes use."""
    return re.sub(r"[-_.]+", "-", name).lower()


def settle_records(folder: Path) -> None:
    """Rewrite the records to what is there: sources may have become bytecode, files may be gone.

    ``importlib.metadata`` passes over recorded files that do not exist, and with them over what a
    package consists of.
    """
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        kept = [settled for row in _read_record(record) if (settled := _settle(folder, row))]
        with record.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)


def _settle(folder: Path, row: list[str]) -> list[str]:
    path = row[0]
    if path.startswith("..") or (folder / path).exists():
        return row
    compiled = f"{path}c"
    return [compiled, "", ""] if path.endswith(".py") and (folder / compiled).exists() else []


def delete_file(path: Path, root: Path) -> None:
    """Delete a file, and the folders below ``root`` that are empty then."""
    path.unlink()
    folder = path.parent
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
