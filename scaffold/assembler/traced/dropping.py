"""Drops what a trace does not list from packages, and says what stays of everything else."""

import configparser
import json
import posixpath
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import util
from importlib.abc import InspectLoader
from pathlib import Path
from typing import Any

from ..libraries import Loader
from ..packages import delete_file, normalise, read_owners
from ..view import View
from .keeping import LIBRARY, SITE, STDLIB, Files, Keeping, above, spell_file, spell_inside

HOOK = "_leanscaffold_trace"
_ZONES, _CERTIFICATES, _SSL = "/usr/share/zoneinfo/", "/etc/ssl/", "stdlib/lib-dynload/_ssl.so"
_TABLES = (".tab", ".zi", ".list", "leapseconds")  # no program reads these to know the time
_TABLES_OF_NAMES = ("/etc/services", "/etc/protocols")
_COMMANDS = frozenset({"console_scripts", "gui_scripts"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays besides packages. ``lines`` say what was done.

    ``stdlib`` tells by its path whether a file of the standard library does, ``opened`` whether a
    run opened it. ``sources`` are packages whose sources somebody reads, None where that is not to
    be looked at.
    """

    lines: tuple[str, ...]
    stdlib: Callable[[str], bool]
    opened: Callable[[str], bool]
    system: Callable[[str], bool]
    libraries: tuple[str, ...]
    sources: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Traced:
    """A keep-list with where it applies; ``closure`` is ``safe`` or ``tight``.

    ``imports`` are the dotted names in the app's own sources.
    """

    list: Mapping[str, Any]
    closure: str
    imports: tuple[str, ...]
    stdlib: str
    site: str

    @property
    def opened(self) -> frozenset[str]:
        """Return the files that traced runs opened."""
        return frozenset(self.list["files"])


def read_trace(file: Path, closure: str, imports: Path | None, site: str) -> Traced:
    """Return a keep-list for an image whose packages are in the folder ``site``."""
    return Traced(
        list=json.loads(file.read_text("utf-8")),
        closure=closure,
        imports=tuple(imports.read_text("utf-8").split()) if imports else (),
        stdlib=posixpath.dirname(site),
        site=site,
    )


def drop_untraced(traced: Traced, folder: Path, view: View, library: Iterable[str]) -> Kept:
    """Delete what is not kept of the packages in a folder; ``library`` is the standard library.

    Packages of another release than the trace was made with stay whole, and so does the standard
    library of another Python; of another patch release, what its own files name stays at least.
    """
    owners = read_owners(folder)
    inside = {SITE + spell_inside(path): path for path in _list(folder)}
    read: dict[str, Callable[[], bytes]] = {
        spelled: (folder / path).read_bytes for spelled, path in inside.items()
    }
    stdlib = {STDLIB + spell_inside(path[len(traced.stdlib) + 1 :]): path for path in library}
    read |= {spelled: partial(_read, view, path) for spelled, path in stdlib.items()}
    stale = _stale(traced, folder)
    lines = [f"traced: {name} is another release than the trace's: kept whole" for name in stale]
    owned = {SITE + spell_inside(path): by for path, by in owners.items()}
    whole = [spelled for spelled in inside if _is_whole(spelled, owned, stale)]
    release, here = str(traced.list["python"]), ".".join(map(str, sys.version_info[:3]))
    if release != here:
        lines.append(f"traced: this is Python {here}, the trace was made with {release}")
    if release.split(".")[:2] != here.split(".")[:2]:
        whole += stdlib
    files = Files.of(read)
    closed = traced.closure == "safe"
    keeping = Keeping(files, traced.opened, closed=closed, library=release != here)
    kept = keeping.close([*traced.imports, *_plugins(folder)], whole)
    loaded = _follow_libraries(kept, inside, traced.site, Loader(view))
    kept |= loaded
    dropped = _drop(folder, {s: p for s, p in inside.items() if s not in kept}, owned)
    lines += [f"traced: {name}: {count} bytes" for name, count in sorted(dropped.items())]
    write_finder(folder, find_topmost(files, kept))
    return Kept(
        lines=tuple(lines),
        stdlib=lambda path: spell_file(path, traced.stdlib, traced.site) in kept,
        opened=lambda path: spell_file(path, traced.stdlib, traced.site) in traced.opened,
        system=partial(_is_kept_system, traced, kept),
        libraries=tuple(
            path.removeprefix(LIBRARY) for path in traced.opened if path.startswith(LIBRARY)
        ),
        sources=_sources(traced, owned),
    )


def _read(view: View, path: str) -> bytes:
    file = view.file(path)
    return file.read_bytes() if file else b""


def _list(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() or path.is_symlink():
            yield path.relative_to(folder).as_posix()


def _stale(traced: Traced, folder: Path) -> list[str]:
    """Return the packages that the trace does not know in this release, sorted."""
    versions = {
        normalise(name): version
        for info in folder.glob("*.dist-info")
        for name, _, version in [info.name.removesuffix(".dist-info").rpartition("-")]
    }
    known = traced.list["packages"]
    return sorted(name for name, version in versions.items() if known.get(name) != version)


def _is_whole(path: str, owned: Mapping[str, str], stale: Iterable[str]) -> bool:
    top = path.removeprefix(SITE).partition("/")[0]
    return top.endswith((".dist-info", ".egg-info", ".pth")) or owned.get(path, "?") in stale


def _plugins(folder: Path) -> Iterator[str]:
    """Yield what packages and the interpreter's start import by name: entry points, ``.pth``."""
    for path in sorted(folder.glob("*.dist-info/entry_points.txt")):
        groups = configparser.ConfigParser(delimiters=("=",), strict=False, interpolation=None)
        groups.read_string(path.read_text("utf-8", "replace"))
        for group in set(groups.sections()) - _COMMANDS:
            for value in groups[group].values():
                yield value.partition("[")[0].partition(":")[0].strip()
    for path in sorted(folder.glob("*.pth")):
        for line in path.read_text("utf-8", "replace").splitlines():
            if line.startswith("import "):
                yield from line.removeprefix("import ").partition(";")[0].split(",")


def _follow_libraries(
    kept: frozenset[str], inside: Mapping[str, str], site: str, loader: Loader
) -> frozenset[str]:
    """Return the packages' own libraries that kept machine code needs, transitively."""
    by_name: dict[str, list[str]] = {}
    for spelled, path in inside.items():
        elf = loader.read(f"{site}/{path}")
        for name in {posixpath.basename(path), elf.soname} if elf else ():
            by_name.setdefault(name, []).append(spelled)
    found: set[str] = set()
    queue = [spelled for spelled in kept if spelled in inside]
    while queue:
        path = f"{site}/{inside[queue.pop()]}"
        elf = loader.read(path)
        for soname in elf.needed if elf else ():
            at = loader.find(soname, loader.view.real(path), elf) if elf else ""
            real = loader.view.real(at) if at else ""
            # Packages load each other's libraries before somebody needs them: then by name only.
            names = [SITE + spell_inside(real[len(site) + 1 :])] if real.startswith(site) else []
            for spelled in names or ([] if at else by_name.get(posixpath.basename(soname), [])):
                if spelled in inside and spelled not in kept and spelled not in found:
                    found.add(spelled)
                    queue.append(spelled)
    return frozenset(found)


def _drop(folder: Path, paths: Mapping[str, str], owned: Mapping[str, str]) -> Counter[str]:
    """Delete files, and folders that are empty then; return the bytes by package."""
    freed: Counter[str] = Counter()
    for spelled, inside in paths.items():
        path = folder / inside
        freed[owned.get(spelled, "others")] += path.lstat().st_size
        delete_file(path, folder)
    return freed


def find_topmost(files: Files, kept: frozenset[str]) -> tuple[str, ...]:
    """Return the dropped modules whose packages stay: importing others fails at these."""
    gone = {module for module, path in files.modules.items() if path not in kept}
    return tuple(sorted(name for name in gone if gone.isdisjoint(list(above(name))[:-1])))


def write_finder(folder: Path, names: Iterable[str]) -> None:
    """Have the interpreter say of each of these modules why it is not there."""
    spec = util.find_spec(f"{__package__}.finder")
    loader = spec.loader if spec else None
    source = (
        loader.get_source(f"{__package__}.finder") if isinstance(loader, InspectLoader) else None
    )
    assert source is not None  # noqa: S101 - it is one of ours
    (folder / f"{HOOK}.py").write_text(source, encoding="utf-8")
    (folder / f"{HOOK}.txt").write_text("".join(f"{name}\n" for name in names), encoding="ascii")
    (folder / f"{HOOK}.pth").write_text(f"import {HOOK}\n", encoding="ascii")


def _is_kept_system(traced: Traced, kept: frozenset[str], path: str) -> bool:
    """Tell whether a file that comes from the base as it is stays: all, in a safe closure."""
    if traced.closure == "safe" or path in traced.opened:
        return True
    if path.startswith(_ZONES):
        return _needs_zones(traced, kept) and not path.endswith(_TABLES)
    if path in _TABLES_OF_NAMES:
        return path in traced.opened
    if path.startswith(_CERTIFICATES):
        return _SSL in kept or any(one.startswith(_CERTIFICATES) for one in traced.opened)
    return True


def _needs_zones(traced: Traced, kept: frozenset[str]) -> bool:
    """Tell whether the app asks for time zones; every process opens the one that it is in."""
    opened = {one for one in traced.opened if one.startswith(_ZONES)}
    return "stdlib/zoneinfo/__init__.py" in kept or bool(opened - {f"{_ZONES}Etc/UTC"})


def _sources(traced: Traced, owned: Mapping[str, str]) -> frozenset[str] | None:
    """Return the packages whose sources were read though there was bytecode."""
    if traced.closure == "safe":
        return None
    return frozenset(owned[path] for path in traced.list["sources"] if path in owned)
