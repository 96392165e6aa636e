"""Which files of packages and standard library stay: what was opened, and a closure around it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .imports import Found, find_imports
from .names import SITE, STDLIB, above, module_of

# The interpreter finds its own folder by the first, and imports the rest from machine code: when
# something goes wrong, and where the C code has a part in Python.
_LANDMARKS = frozenset({"stdlib/os.py"})
_FROM_C = (
    *("traceback", "warnings", "linecache", "runpy", "threading", "copyreg", "numbers"),
    *("_strptime", "_pylong", "_compat_pickle", "unicodedata", "encodings", "_sitebuiltins"),
    *("importlib.metadata", "zoneinfo", "re"),
)
# What a proof asks an image with: ``scaffold/adapters/engine``.
ASKED = ("json", "signal", "socket", "select")
_WORD = re.compile(rb"(?<=\0)[A-Za-z_][A-Za-z0-9_.]{1,80}(?=\0)")
_PLAIN = frozenset({"test", "code", "select", "string", "types", "this", "copy", "array"})


@dataclass(frozen=True, slots=True)
class Files:
    """All files by their spelling, with what reads each; see ``names``."""

    read: Mapping[str, Callable[[], bytes]]
    modules: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, read: Mapping[str, Callable[[], bytes]]) -> "Files":
        """Index files by the modules they make importable; a package wins over a module."""
        modules: dict[str, str] = {}
        for path in sorted(read, key=lambda path: (path.endswith(".so"), path.count("/"), path)):
            module = module_of(path.partition("/")[2])
            if module and (path.endswith("/__init__.py") or module not in modules):
                modules[module] = path
        return cls(read, modules)

    def below(self, folder: str) -> Iterable[str]:
        """Yield the files below a folder."""
        return (path for path in self.read if path.startswith(f"{folder}/"))


class Keeping:
    """Grows the set of kept files until nothing kept names anything that is not."""

    def __init__(self, files: Files, opened: Iterable[str], *, closed: bool) -> None:
        self.files = files
        self.kept: set[str] = set()
        self._closed = closed
        self._queue: list[str] = []
        self._found: dict[str, Found] = {}
        self._opened = frozenset(opened)

    def close(self, names: Iterable[str], whole: Iterable[str]) -> frozenset[str]:
        """Return what stays.

        ``names`` are those in the app's own sources, ``whole`` files that stay as they are.
        """
        for path in (*self._opened, *whole, *_LANDMARKS):
            self._keep(path)
        for name in (*ASKED, *(_FROM_C if self._closed else ())):
            self._reach(name)
        if self._closed:
            for name in names:
                self._reach(name)
        self._work()
        if self._closed:
            self._keep_data()
        return frozenset(self.kept)

    def _work(self) -> None:
        while self._queue:
            path = self._queue.pop()
            if path.endswith(".py"):
                self._follow(path)
            elif self._closed:
                self._follow_machine_code(path)

    def _keep(self, path: str) -> None:
        if path in self.kept or path not in self.files.read:
            return
        self.kept.add(path)
        module = module_of(path.partition("/")[2])
        # Importing a module imports all packages above it.
        for name in above(module) if module else ():
            if (upper := self.files.modules.get(name)) is not None and upper != path:
                self._keep(upper)
        if module and (self._closed or path not in self._opened):
            self._queue.append(path)

    def _reach(self, dotted: str) -> None:
        """Keep every module on the way to a dotted name; ask a lazy package for what it lacks."""
        last = ""
        for name in above(dotted):
            path = self.files.modules.get(name)
            if path is not None:
                self._keep(path)
                last = name
        rest = dotted[len(last) + 1 :].partition(".")[0] if last else ""
        path = self.files.modules.get(last, "")
        if rest and path.endswith("/__init__.py"):
            found = self._read(path)
            if found.lazy and rest not in found.bound and not rest.startswith("__"):
                self._keep_folder(path)

    def _read(self, path: str) -> Found:
        if path not in self._found:
            module = module_of(path.partition("/")[2])
            self._found[path] = find_imports(
                self.files.read[path](),
                module,
                package=path.endswith("/__init__.py"),
                alone=path.startswith(STDLIB) and not path.startswith("stdlib/unittest/"),
            )
        return self._found[path]

    def _follow(self, path: str) -> None:
        found = self._read(path)
        for name in found.modules:
            self._reach(name)
        if found.dynamic:
            self._keep_folder(path)

    def _keep_folder(self, path: str) -> None:
        """Keep all modules beside and below a file; a module of its own has none."""
        folder = path.rpartition("/")[0]
        if folder + "/" not in {SITE, STDLIB}:
            for other in self.files.below(folder):
                if module_of(other.partition("/")[2]):
                    self._keep(other)

    def _follow_machine_code(self, path: str) -> None:
        """Keep the modules whose names stand in an extension module: it may import them."""
        package = module_of(path.partition("/")[2]).rpartition(".")[0]
        for word in set(_WORD.findall(self.files.read[path]())):
            name = word.decode().strip(".")
            if name in self.files.modules and name not in _PLAIN:
                self._reach(name)
            elif package and f"{package}.{name}" in self.files.modules:
                self._reach(f"{package}.{name}")

    def _keep_data(self) -> None:
        """Keep what is no module where modules stay that may open it."""
        homes: dict[str, bool] = {}
        for path in self.files.read:
            if module_of(path.partition("/")[2]):
                folder = path.rpartition("/")[0]
                homes[folder] = homes.get(folder, False) or path in self.kept
        for path in self.files.read:
            if module_of(path.partition("/")[2]):
                continue
            folder = path.rpartition("/")[0]
            while folder not in homes and "/" in folder:
                folder = folder.rpartition("/")[0]
            if homes.get(folder, False) and folder + "/" not in {SITE, STDLIB}:
                self.kept.add(path)
