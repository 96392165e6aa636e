"""The interpreter and its standard library, without what never runs in an image."""

import posixpath
import re
from collections.abc import Iterator

from .elf import read_elf
from .libraries import Loader
from .view import View

# Tools for people at a desk, installers, and the suites that test the interpreter itself.
_NEVER = frozenset(
    {
        *("test", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "pydoc_data"),
        *("site-packages", "dist-packages"),
    }
)
_NEVER_FILES = frozenset({"turtle.py", "antigravity.py", "this.py"})
_OF_TESTS = re.compile(
    r"(_test|_xx|xxlimited|xxsubtype|_ctypes_test|_testcapi|_tkinter)[A-Za-z0-9_]*\."
)
_LINKED = ("python", "python3")


def list_interpreter(view: View, interpreter: str) -> tuple[str, ...]:
    """Return the interpreter's file and the short names that lead to it."""
    folder = posixpath.dirname(interpreter)
    real = view.real(interpreter)
    names = [interpreter]
    names += [f"{folder}/{n}" for n in _LINKED if view.real(f"{folder}/{n}") == real]
    return tuple(names)


def list_stdlib(view: View, stdlib: str) -> Iterator[str]:
    """Yield the files of the standard library that an app can use."""
    for path in view.walk(stdlib):
        parts = path[len(stdlib) + 1 :].split("/")
        if not _is_dropped(parts):
            yield path


def _is_dropped(parts: list[str]) -> bool:
    top, name = parts[0], parts[-1]
    return (
        top in _NEVER
        or top.startswith("config-")
        or "__pycache__" in parts
        or any(part in {"test", "tests", "idle_test"} for part in parts[:-1])
        or (len(parts) == 1 and name in _NEVER_FILES)
        or (top == "lib-dynload" and _OF_TESTS.match(name) is not None)
        or name.endswith((".exe", ".a", ".h"))
    )


def is_loadable(view: View, loader: Loader, path: str) -> bool:
    """Tell whether an extension module's libraries are all there.

    Official images ship modules whose libraries they leave out; importing one fails there as well.
    """
    file = view.file(path)
    elf = read_elf(file) if file else None
    if elf is None:
        return True
    return all(
        loader.find(soname, view.real(path), elf) or soname.startswith(("libc.", "ld-"))
        for soname in elf.needed
    )
