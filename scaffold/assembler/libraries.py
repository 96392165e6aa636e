"""Which shared libraries a set of ELF files needs, found the way the loader finds them."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from .elf import Elf, read_elf
from .view import View

_DEFAULT = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class Missing:
    """A library that nothing in the view provides: who needs it, and its soname."""

    user: str
    soname: str


@dataclass(frozen=True, slots=True)
class Closure:
    """``paths`` are the libraries and loaders needed, by the paths the loader opens them with."""

    paths: tuple[str, ...]
    missing: tuple[Missing, ...]


class Finder:
    """Finds libraries as the loaders of glibc and musl do, wherever the files are."""

    first: tuple[str, ...] = ()  # folders that go before the system's

    def read(self, path: str) -> Elf | None:
        """Return what an ELF file at a path says; None for anything else."""
        raise NotImplementedError

    def names(self, folder: str) -> Iterable[str]:
        """Return the names in a folder."""
        raise NotImplementedError

    def text(self, path: str) -> str:
        """Return a text file, empty where there is none."""
        raise NotImplementedError

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """Return the system's own search path: what configuration names, then the defaults."""
        named = [*self.first, *self._configured("/etc/ld.so.conf"), *self._musl()]
        multiarch = [
            f"{folder}/{name}"
            for folder in ("/lib", "/usr/lib")
            for name in self.names(folder)
            if "-linux-" in name
        ]
        return tuple(path for path in dict.fromkeys([*named, *multiarch, *_DEFAULT]) if path)

    def _configured(self, path: str) -> Iterator[str]:
        for line in self.text(path).splitlines():
            words = line.partition("#")[0].split()
            if words[:1] == ["include"] and words[1:]:
                folder, _, pattern = words[1].rpartition("/")
                for name in self.names(folder):
                    if name.endswith(pattern.lstrip("*")):
                        yield from self._configured(f"{folder}/{name}")
            elif words:
                yield words[0]

    def _musl(self) -> Iterator[str]:
        for name in self.names("/etc"):
            if name.startswith("ld-musl-") and name.endswith(".path"):
                yield from self.text(f"/etc/{name}").replace("\n", ":").split(":")

    def find(self, soname: str, user: str, elf: Elf) -> str:
        """Return the path that the loader would open for a soname, empty if there is none.

        A file for another machine is passed over, as the loader does.
        """
        origin = posixpath.dirname(user)
        folders = (*(_expand(path, origin) for path in elf.paths), *self.folders)
        if "/" in soname:  # a path is opened as it is
            folders = ("/",)
        for folder in folders:
            path = posixpath.normpath(posixpath.join(folder, _expand(soname, origin)))
            found = self.read(path)
            if found and (found.machine, found.bits) == (elf.machine, elf.bits):
                return path
        return ""


class Loader(Finder):
    """Finds libraries in a view."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._elves: dict[str, Elf | None] = {}

    def read(self, path: str) -> Elf | None:
        """Return what an ELF file at a path says; None for anything else."""
        real = self.view.real(path)
        if real not in self._elves:
            file = self.view.file(real) if real else None
            self._elves[real] = read_elf(file) if file else None
        return self._elves[real]

    def names(self, folder: str) -> Iterable[str]:
        """Return the names in a folder, sorted."""
        return self.view.names(folder)

    def text(self, path: str) -> str:
        """Return a text file, empty where there is none."""
        file = self.view.file(path)
        return file.read_text("utf-8", "replace") if file else ""


def _expand(path: str, origin: str) -> str:
    return path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)


def find_closure(loader: Loader, seeds: Iterable[str], brought: frozenset[str]) -> Closure:
    """Return all libraries that the seeds need, transitively, and the loaders they name.

    ``brought`` are file names and sonames inside packages: packages load each other's libraries
    before somebody needs them, so these count as found wherever they are.
    """
    found: dict[str, None] = {}
    missing: dict[Missing, None] = {}
    queue = list(seeds)
    seen: set[str] = set()
    while queue:
        user = queue.pop()
        elf = loader.read(user)
        if elf is None or user in seen:
            continue
        seen.add(user)
        if elf.interpreter and loader.view.real(elf.interpreter):
            found[elf.interpreter] = None
        for soname in elf.needed:
            path = loader.find(soname, loader.view.real(user), elf)
            if path:
                found[path] = None
                queue.append(path)
            elif soname not in brought and not is_musl_libc(soname):
                missing[Missing(user, soname)] = None
    return Closure(tuple(sorted(found)), tuple(sorted(missing, key=lambda m: (m.user, m.soname))))


def is_musl_libc(soname: str) -> bool:
    """Tell whether musl's loader answers to a name itself."""
    return soname == "libc.so" or soname.startswith(("libc.musl-", "ld-musl-"))
