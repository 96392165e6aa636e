"""Names of files for all architectures alike, and which files of packages and library stay."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .imports import Found, find_imports

# The interpreter finds its own folder by the first, and imports the rest from machine code: when
# something goes wrong, and where the C code has a part in Python.
_LANDMARKS = frozenset({"stdlib/os.py"})
# These are part of the interpreter itself (CPython's Python/frozen.c); the files are for people.
_FROZEN = frozenset(
    {
        *("abc", "codecs", "io", "_collections_abc", "_sitebuiltins", "genericpath", "ntpath"),
        *("posixpath", "importlib.util", "importlib.machinery", "os", "site", "stat", "runpy"),
    }
)
_FROM_C = (
    *("traceback", "warnings", "linecache", "runpy", "threading", "copyreg", "numbers"),
    *("_strptime", "_pylong", "_compat_pickle", "unicodedata", "encodings", "_sitebuiltins"),
)
# Of the encodings at least what reads any text that came without a word about its own; the start
# of an interpreter reads ``.pth`` files as utf-8-sig.
_ENCODINGS = tuple(f"encodings.{name}" for name in ("ascii", "latin_1", "utf_8", "utf_8_sig"))
# What a tight closure does without: json has the same in Python.
_WITHOUT = _FROZEN | {"_json"}
# What a proof asks an image with (``scaffold/docker/scripts``), and what ``python -c`` takes.
ASKED = ("__future__", "json", "linecache", "signal", "select", *_ENCODINGS)
# Tools for people at a keyboard: the standard library mentions them (``help()``, the prompt), but
# who wants them imports them.
_DESK = frozenset(
    {
        *("pydoc", "pdb", "bdb", "doctest", "code", "cmd", "readline", "rlcompleter", "webbrowser"),
        *("trace", "profile", "cProfile", "pstats", "curses", "venv", "unittest", "getpass"),
    }
)
_IMPORTS_FOR_OTHERS = "stdlib/importlib/"
# Old names of modules, for pickles of Python 2; methods that only importlib.metadata and resources
# call, which import what they need themselves.
_NAMES_NOTHING = frozenset(
    f"stdlib/{name}.py" for name in ("_compat_pickle", "importlib/_bootstrap_external", "zipimport")
)
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

    def __init__(
        self, files: Files, opened: Iterable[str], *, closed: bool, library: bool = False
    ) -> None:
        """Follow what files name if ``closed``; with ``library`` at least Python's own files."""
        self.files = files
        self.kept: set[str] = set()
        self._closed = closed
        self._library = library
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
            elif self._is_followed(path):
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
        if module and (self._is_followed(path) or path not in self._opened | _LANDMARKS):
            self._queue.append(path)

    def _is_followed(self, path: str) -> bool:
        return self._closed or (self._library and path.startswith(STDLIB))

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
        if not self._is_followed(path):
            for name in found.eager:
                if _WITHOUT.isdisjoint(above(name)):
                    self._reach(name)
            return
        desk = path.startswith(STDLIB) and module_of(path.removeprefix(STDLIB)) not in _DESK
        for name in found.modules if path not in _NAMES_NOTHING else ():
            if not (desk and name.partition(".")[0] in _DESK):
                self._reach(name)
        for name in found.texts if path not in _NAMES_NOTHING else ():
            # Words with a dot are many: the first two have to be a module.
            if ".".join(name.split(".")[:2]) in self.files.modules:
                self._reach(name)
        if found.dynamic and not path.startswith(_IMPORTS_FOR_OTHERS):
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
        own = path.startswith(STDLIB)
        for word in set(_WORD.findall(self.files.read[path]())):
            name = word.decode().strip(".")
            found = self.files.modules.get(name, "")
            if found and name not in _PLAIN | _DESK and not (own and found.startswith(SITE)):
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
