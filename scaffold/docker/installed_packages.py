"""Which packages an image holds, by what installers write beside them."""

import csv
import json
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from packaging.utils import canonicalize_name

from scaffold.assembler.trimming import REPORT
from scaffold.model.image import Contents, ImageFile
from scaffold.resolver.cache import parse_requirement

# Folders of packages that carelessly end up beside the real ones; nobody imports them.
_NO_MODULES = {"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks"}
_SOURCES = (".py", ".pyc", ".so")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One installed package.

    ``folder`` is where its modules are, ``files`` what it brought that is still there, by path,
    ``trimmed`` the paths that are not, ``taken`` pairs (rule of trimming, bytes) of what the build
    says that it took out. ``tags`` are those of its wheel. ``requires`` are its
    requirements as written, ``licence`` what it says of its licence.
    """

    name: str
    version: str
    folder: str
    files: tuple[ImageFile, ...] = ()
    trimmed: tuple[str, ...] = ()
    taken: tuple[tuple[str, int], ...] = ()
    tags: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    licence: str = ""

    @property
    def on_disk(self) -> int:
        """Return the bytes of its files without bytecode, which its wheel does not hold."""
        return sum(file.size for file in self.files if not file.path.endswith(".pyc"))

    @property
    def bytecode(self) -> int:
        """Return the bytes of bytecode beside its sources, as far as the image lists them."""
        return sum(file.size for file in self.files if file.path.endswith(".pyc"))


def find_installed(contents: Contents) -> tuple[Installed, ...]:
    """Return all packages with a ``.dist-info``, by name; vendored ones are files of theirs."""
    infos = {
        posixpath.dirname(path): text
        for path, text in contents.texts.items()
        if posixpath.basename(path) == "METADATA" and posixpath.dirname(path).endswith(".dist-info")
    }
    vendored = {
        posixpath.dirname(path)
        for info in infos
        for path in _recorded(contents.texts.get(f"{info}/RECORD", ""), posixpath.dirname(info))
        if posixpath.basename(path) == "METADATA" and posixpath.dirname(path) != info
    }
    found = [_read(contents, info, text) for info, text in infos.items() if info not in vendored]
    return tuple(sorted(found, key=lambda package: (package.name, package.folder)))


def _read(contents: Contents, info: str, metadata: str) -> Installed:
    head = HeaderParser().parsestr(metadata)
    folder = posixpath.dirname(info)
    listed = list(_recorded(contents.texts.get(f"{info}/RECORD", ""), folder))
    there = {path: file for path in listed if (file := contents.files.get(path))}
    for path in listed:
        there |= _bytecode_of(contents, path)
    wheel = HeaderParser().parsestr(contents.texts.get(f"{info}/WHEEL", ""))
    return Installed(
        name=canonicalize_name(str(head.get("Name", "")).strip()),
        version=str(head.get("Version", "")).strip(),
        folder=folder,
        files=tuple(there[path] for path in sorted(there)),
        trimmed=tuple(
            path
            for path in listed
            if path not in there and f"{path}c" not in there and "/__pycache__/" not in path
        ),
        taken=tuple(_taken(contents.texts.get(f"{info}/{REPORT}", ""))),
        tags=tuple(str(tag) for tag in wheel.get_all("Tag") or ()),
        requires=tuple(str(one) for one in head.get_all("Requires-Dist") or ()),
        licence=_licence(head),
    )


def _licence(head: Message) -> str:
    """Return the licence as written: an expression, a classifier, or a short text."""
    said = str(head.get("License-Expression") or "").strip()
    lines = [str(one) for one in head.get_all("Classifier") or ()]
    named = [one.rpartition(" :: ")[2] for one in lines if one.startswith("License :: ")]
    return said or ", ".join(named) or str(head.get("License") or "").partition("\n")[0].strip()


def _taken(text: str) -> Iterator[tuple[str, int]]:
    try:
        count = json.loads(text) if text else {}
    except ValueError:
        return
    yield from ((str(rule), int(size)) for rule, size in sorted(count.items()))


def _recorded(text: str, folder: str) -> Iterator[str]:
    for row in csv.reader(text.splitlines()):
        if row:
            yield posixpath.normpath(posixpath.join(folder, row[0]))


def _bytecode_of(contents: Contents, path: str) -> dict[str, ImageFile]:
    """Return what was compiled from a source after its package was installed."""
    if not path.endswith(".py"):
        return {}
    folder, name = posixpath.split(path)
    stem = name.removesuffix(".py")
    places = [f"{folder}/__pycache__/{stem}.{tag}.pyc" for tag in _cache_tags(contents)]
    # Where only bytecode is kept it takes the source's place.
    places.append(f"{path}c")
    return {file.path: file for place in places if (file := contents.files.get(place))}


def _cache_tags(contents: Contents) -> tuple[str, ...]:
    """Return the tags of the interpreters in the image, such as ``cpython-313``."""
    minors = {
        folder.rpartition("python3.")[2].partition("/")[0]
        for path in contents.texts
        if "python3." in (folder := posixpath.dirname(path))
    }
    minors |= {"13"} if not minors else set()
    return tuple(sorted(f"cpython-3{minor}" for minor in minors if minor.isdigit()))


def find_modules(package: Installed) -> tuple[str, ...]:
    """Return the modules to import: top-level ones, the first with ``__init__`` in namespaces."""
    prefix = f"{package.folder}/"
    paths = [
        file.path.removeprefix(prefix)
        for file in package.files
        if file.path.startswith(prefix) and file.path.endswith(_SOURCES)
    ]
    modules: set[str] = set()
    roots = {
        posixpath.dirname(path)
        for path in paths
        if posixpath.basename(path).partition(".")[0] == "__init__"
    }
    for path in paths:
        module = _module_of(path, roots)
        if module:
            modules.add(module)
    return tuple(sorted(modules))


def _module_of(path: str, roots: set[str]) -> str:
    """Return the module that a file makes importable, empty if it does not matter."""
    folder, name = posixpath.split(path)
    parts = folder.split("/") if folder else []
    if not all(part.isidentifier() for part in parts) or "__pycache__" in parts:
        return ""
    for depth in range(1, len(parts) + 1):
        if "/".join(parts[:depth]) in roots:
            found = parts[:depth]
            return "" if found[0] in _NO_MODULES else ".".join(found)
    stem = name.partition(".")[0]
    if not stem.isidentifier() or stem == "__init__" or len(parts) > 1:
        return ""
    return "" if (parts or [stem])[0] in _NO_MODULES else ".".join([*parts, stem])


def owners(packages: Sequence[Installed]) -> dict[str, str]:
    """Return {path: package} of every file that a package brought."""
    return {file.path: package.name for package in packages for file in package.files}


def required_names(package: Installed) -> frozenset[str]:
    """Return the names, normalised, that a package requires without one of its extras."""
    parsed = (parse_requirement(text) for text in package.requires)
    return frozenset(
        canonicalize_name(one.name) for one in parsed if one and "extra" not in str(one.marker)
    )


def optional_names(package: Installed) -> frozenset[str]:
    """Return the names, normalised, that a package wants with an extra or elsewhere only."""
    parsed = (parse_requirement(text) for text in package.requires)
    return frozenset(canonicalize_name(one.name) for one in parsed if one and one.marker)
