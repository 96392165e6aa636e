"""Names of files and modules that are the same for every architecture and kind of bytecode."""

import re
from collections.abc import Iterable

STDLIB, SITE, LIBRARY = "stdlib/", "site/", "library/"
_EXTENSION = re.compile(r"\.(?:cpython-[^/]*|abi3|[a-z]+-linux-[^/]*)\.so$")
_LIBRARY = re.compile(r"[^/]+\.so(?:\.[0-9]+)*")


def spell_file(path: str, stdlib: str, site: str) -> str:
    """Return how a trace spells a path in the image; bytecode as its source.

    Libraries of the system are named without their folder, which depends on the architecture.
    """
    if path.startswith(f"{site}/"):
        return SITE + spell_inside(path[len(site) + 1 :])
    if path.startswith(f"{stdlib}/"):
        return STDLIB + spell_inside(path[len(stdlib) + 1 :])
    name = path.rpartition("/")[2]
    return LIBRARY + name if _LIBRARY.fullmatch(name) else path


def spell_inside(path: str) -> str:
    """Return the path below a folder of modules: of bytecode the source, without a processor."""
    folder, slash, name = path.rpartition("/")
    if name.endswith(".pyc"):
        if folder.rpartition("/")[2] == "__pycache__":
            folder = folder.rpartition("/")[0]
            name = f"{name.partition('.')[0]}.py"
        else:
            name = name[:-1]
        return f"{folder}/{name}" if folder else name
    return folder + slash + _EXTENSION.sub(".so", name)


def module_of(path: str) -> str:
    """Return the module that a file (as spelled below its folder) makes importable; may be empty.

    A library that is no extension module has a dot or a dash in its name.
    """
    stem, dot, ending = path.rpartition(".")
    if not dot or ending not in {"py", "so"}:
        return ""
    parts = stem.removeprefix("lib-dynload/").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else ""


def above(name: str) -> Iterable[str]:
    """Yield a dotted name and all names above it, the outermost first."""
    parts = name.split(".")
    return (".".join(parts[: depth + 1]) for depth in range(len(parts)))
