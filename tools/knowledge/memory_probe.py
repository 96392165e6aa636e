"""Runs apart: imports what a folder holds, dependencies first, and tells what each took.

    python memory_probe.py FOLDER

Prints ``{"interpreter": bytes, "packages": {name: bytes}}``: resident memory, and how much more of
it there is after a package's modules are imported.
"""

import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions

# Packages whose modules are loaded when they are first used: what those who have them use.
LAZY = {"scipy": ("scipy.stats", "scipy.signal")}


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - pathlib takes memory
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def normalise(name: str) -> str:
    """Return a name as indexes spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def modules_of(one: Distribution) -> Iterator[str]:
    """Yield the top-level modules that a distribution installs and that are no one's inside."""
    found = {
        path.parts[0].partition(".")[0]
        for path in one.files or ()
        if path.suffix in {".py", ".so"} and not path.parts[0].endswith((".dist-info", ".libs"))
    }
    yield from sorted(
        name for name in found if name.isidentifier() and name not in {"tests", "test"}
    )


def in_order(found: dict[str, Distribution]) -> Iterator[str]:
    """Yield the names, what a package needs before itself, what most need first.

    So what a package imports if it is there counts for the one that brings it.
    """
    seen: set[str] = set()
    needs = {
        name: {
            normalise(match[0])
            for need in one.requires or ()
            if "extra ==" not in need and (match := re.match(r"[A-Za-z0-9._-]+", need))
        }
        for name, one in found.items()
    }
    needed = [need for one in needs.values() for need in one]

    def visit(name: str) -> Iterator[str]:
        if name in seen or name not in found:
            return
        seen.add(name)
        for need in sorted(needs[name]):
            yield from visit(need)
        yield name

    for name in sorted(found, key=lambda name: (-needed.count(name), name)):
        yield from visit(name)


def main() -> None:
    """Import and print."""
    folder = sys.argv[1]
    found = {normalise(one.metadata["Name"]): one for one in distributions(path=[folder])}
    work = [(name, list(modules_of(found[name]))) for name in in_order(found)]
    sys.path.insert(0, folder)
    first = before = resident()
    taken: dict[str, int] = {}
    for name, modules in work:
        for module in (*modules, *LAZY.get(name, ())):
            try:
                importlib.import_module(module)
            except BaseException as error:  # noqa: BLE001 - what cannot be imported takes nothing
                print(f"{name}: {module}: {error!r}", file=sys.stderr)
        now = resident()
        taken[name], before = max(now - before, 0), now
    print(json.dumps({"interpreter": first, "packages": taken}))


if __name__ == "__main__":
    main()
