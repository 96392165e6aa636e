"""Takes out of installed packages what nothing needs, and keeps count by rule and package."""

import json
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from .elf import is_elf
from .packages import Packages, delete_file, find_metadata
from .stripping import strip_file
from .trim import find_spent

REPORT = "TRIMMED"  # beside a package's METADATA: {rule: bytes}
SYMBOLS, STAND_INS = "symbols", "stand-ins"
_LAUNCHES = re.compile(r"^\s*from (\w+)[\w.]* import", re.MULTILINE)

Spared = Collection[tuple[str, str]]
Removed = dict[str, dict[str, int]]  # bytes by package and rule


def trim_packages(
    packages: Packages, owners: Mapping[str, str], level: str, spared: Spared
) -> Removed:
    """Delete what the rules of a level find; return the bytes by package and rule."""
    removed: Removed = {}
    # All rules look at the packages whole, before anything is gone.
    for rule, files in list(find_spent(packages, level, spared)):
        for parts in files:
            path = packages.folder.joinpath(*parts)
            name = owners.get("/".join(parts), parts[0])
            count = removed.setdefault(name, {})
            count[rule] = count.get(rule, 0) + path.stat().st_size
            delete_file(path, packages.folder)
    return removed


def strip_folder(folder: Path, spared: Spared = ()) -> Iterator[tuple[str, int]]:
    """Strip all machine code below a folder; yield (path below it, bytes saved)."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        kept = (SYMBOLS, inside.parts[0]) in spared
        if not kept and path.is_file() and not path.is_symlink() and is_elf(path):
            saved = strip_file(path)
            if saved:
                yield inside.as_posix(), saved


def drop_launchers(scripts: Path, packages: Path, removed: Removed) -> None:
    """Delete the commands of modules that are gone."""
    gone = {name for name in removed if not (packages / name).exists()}
    for script in sorted(scripts.iterdir()) if gone and scripts.is_dir() else ():
        if not script.is_file():
            continue
        launched = _LAUNCHES.findall(script.read_text("utf-8", "replace"))
        if not gone.isdisjoint(launched):
            script.unlink()


def write_reports(folder: Path, removed: Removed, owners: dict[str, str]) -> None:
    """Say in each package's metadata what was taken out of it."""
    homes = find_metadata(folder)
    for name, count in removed.items():
        home = homes.get(name)
        if home is not None:
            text = json.dumps(count, sort_keys=True, separators=(",", ":"))
            (home / REPORT).write_text(text + "\n", "utf-8")
            owners[posixpath.join(home.name, REPORT)] = name


def describe(removed: Removed) -> Iterator[str]:
    """Yield one line per package and rule, as a build's log shows them, and what it sums up to."""
    for name, count in sorted(removed.items()):
        yield from (f"trimmed {name}: {rule} {size} bytes" for rule, size in sorted(count.items()))
    total = sum(size for count in removed.values() for size in count.values())
    yield f"trimmed in all: {total} bytes"
