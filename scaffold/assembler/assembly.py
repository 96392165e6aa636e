"""The steps in their order: trim, close over libraries, copy, compile, strip, split into layers."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .bytecode import compile_folder
from .duplicates import DUPLICATES, link_folder
from .packages import Packages, normalise, read_owners, settle_records
from .trimming import (
    STAND_INS,
    SYMBOLS,
    Removed,
    describe,
    drop_launchers,
    strip_folder,
    trim_packages,
    write_reports,
)
from .view import place_file, settle_times


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be put together. Paths of this machine are ``Path``, those in the image texts.

    ``base`` is the root of the image that a base is cut from, for the user ``uid``; without one
    there are only the packages, for a base that stays whole. ``sourceless`` are packages that work
    without their sources, ``unloaded`` those that open libraries by their full names alone,
    ``stand_ins`` what ``replace_libraries`` takes, ``spare`` pairs (rule, top-level name) that a
    rule leaves alone, ``layers`` the packages that get a layer each, ``languages`` those that the
    application speaks, ``programs`` what is put in on request, ``shell`` a shell too. ``trace`` is
    a keep-list, ``closure`` how much of what is not on it stays all the same, ``imports`` a file
    with what the app's own sources name. ``own`` is a folder with the application's machine code,
    which comes in a layer of its own. ``known`` is a system with the packages of every one of its
    kind. With ``owners`` no owner is set: "path uid" lines go into that file, for whoever writes
    the archives.
    """

    packages: Path
    scripts: Path
    out: Path
    site_packages: str
    base: Path | None = None
    interpreter: str = ""
    home: str = ""
    workdir: str = ""
    uid: int = 0
    trim: str = "safe"
    bytecode: str = "only"
    sourceless: frozenset[str] = frozenset()
    unloaded: frozenset[str] = frozenset()
    stand_ins: tuple[tuple[str, str, str, str, str], ...] = ()
    spare: tuple[tuple[str, str], ...] = ()
    layers: tuple[tuple[str, ...], ...] = ()
    languages: frozenset[str] = frozenset()
    programs: tuple[str, ...] = ()
    owners: Path | None = None
    known: Path = Path("/")
    shell: bool = False
    trace: Path | None = None
    closure: str = "safe"
    imports: Path | None = None
    own: Path | None = None


def assemble(order: Order) -> Iterator[str]:
    """Write the layers ``base``, ``packages-1`` and so on; yield lines that say what was done."""
    owners = read_owners(order.packages)
    removed = _trim(order, owners)
    # Of what no plan of this project needs, the program in it has no module.
    if order.stand_ins:
        from .stand_ins import replace_libraries

        for name, saved, why in replace_libraries(order.packages, order.stand_ins):
            if why:
                yield f"kept {name}: {why}"
            _count(removed, owners, STAND_INS, name, saved)
    if order.base is not None:
        from .base import cut_base

        order = yield from cut_base(order, order.base)
    _finish_packages(order, owners, removed)
    yield from describe(removed)
    write_reports(order.packages, removed, owners)
    settle_records(order.packages)
    _split(order, owners)
    for layer in sorted(order.out.iterdir()):
        settle_times(layer)


def _trim(order: Order, owners: dict[str, str]) -> Removed:
    unloaded = frozenset(
        tuple(path.split("/")) for path, name in owners.items() if name in order.unloaded
    )
    packages = Packages(order.packages, order.languages, unloaded)
    removed = trim_packages(packages, owners, order.trim, order.spare)
    drop_launchers(order.scripts, order.packages, removed)
    return removed


def _finish_packages(order: Order, owners: dict[str, str], removed: Removed) -> None:
    if order.bytecode != "none":
        alone = _tops(owners, order.sourceless) if order.bytecode == "only" else frozenset()
        compile_folder(order.packages, order.site_packages, alone=alone, every=False)
    if order.trim == "none":
        return
    numbers = _layers(order)
    taken = [(SYMBOLS, *one) for one in strip_folder(order.packages, order.spare)]
    same = link_folder(
        order.packages, lambda path: numbers.get(owners.get(path, ""), 0), order.spare
    )
    taken += [(DUPLICATES, *one) for one in same]
    for rule, name, saved in taken:
        _count(removed, owners, rule, name, saved)


def _count(removed: Removed, owners: dict[str, str], rule: str, name: str, saved: int) -> None:
    count = removed.setdefault(owners.get(name, name.partition("/")[0]), {})
    count[rule] = count.get(rule, 0) + saved


def _layers(order: Order) -> dict[str, int]:
    """Return the numbers of the layers that packages have for themselves."""
    return {
        normalise(name): number for number, names in enumerate(order.layers, 1) for name in names
    }


def _tops(owners: dict[str, str], packages: frozenset[str]) -> frozenset[str]:
    """Return the top-level names that only these packages have files below."""
    names = [(path.partition("/")[0].removesuffix(".py"), by) for path, by in owners.items()]
    others = {name for name, by in names if by not in packages}
    return frozenset(name for name, _ in names) - others


def _split(order: Order, owners: dict[str, str]) -> None:
    """Move each package's files into its layer; what has none goes on top, with the commands."""
    numbers = _layers(order)
    top = len(order.layers) + 1
    for number in range(1, top + 1):
        (order.out / f"packages-{number}" / order.site_packages.lstrip("/")).mkdir(parents=True)
    # Between file systems, as from a mount of a build, moving would make copies of links.
    moved: dict[tuple[int, int], Path] = {}
    for path in sorted(order.packages.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        inside = path.relative_to(order.packages).as_posix()
        number = numbers.get(owners.get(_source_of(inside), ""), top)
        target = order.out / f"packages-{number}" / order.site_packages.lstrip("/") / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        status = path.lstat()
        first = moved.setdefault((status.st_dev, status.st_ino), target)
        if first == target:
            shutil.move(path, target)
        else:
            target.hardlink_to(first)
            path.unlink()
    for path in sorted(order.scripts.iterdir()) if order.scripts.is_dir() else ():
        place_file(path, order.out / f"packages-{top}" / "usr/local/bin" / path.name)


def _source_of(path: str) -> str:
    """Return the recorded source that a file of bytecode was made from, or the path itself."""
    if not path.endswith(".pyc"):
        return path
    folder, _, name = path.rpartition("/")
    if folder.endswith("__pycache__"):
        above = folder.removesuffix("__pycache__")
        return f"{above}{name.partition('.')[0]}.py"
    return path.removesuffix("c")
