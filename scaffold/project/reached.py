"""Which of a project's modules the command that starts it leads to."""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.project.conditions import Place
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.named_backends import gunicorn_settings
from scaffold.project.places import find_places
from scaffold.project.source_modules import Module, by_name, is_example
from scaffold.project.syntax import (
    argument,
    first_of,
)

# Functions that import what a computation says: then any module may be reached.
_DYNAMIC = frozenset(
    {
        *("importlib.import_module", "__import__", "pkgutil.iter_modules", "pkgutil.walk_packages"),
        *("runpy.run_path", "runpy.run_module", "importlib.util.spec_from_file_location"),
    }
)
# Frameworks that import by settings, by folders, or by names of their own.
_BY_THEMSELVES = frozenset({"django", "streamlit", "procfile", "celery"})
_MISSING = ("ImportError", "ModuleNotFoundError")
_PACKAGING = frozenset({"setuptools.setup", "cx_Freeze.setup", "distutils.core.setup"})
IMPORTED = re.compile(r"\bfrom ([\w.]+) import ")  # of `python -c`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """``first`` is the file that a command runs, ``starting`` what is imported whenever it starts.

    ``all`` are all files that may be loaded; ``known`` is False where nothing tells them apart.
    ``places`` are those of each file's nodes.
    """

    places: Mapping[str, Mapping[int, Place]]
    first: str = ""
    starting: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    known: bool = False


def find_reached(
    modules: Sequence[Module],
    *,
    command: Sequence[str] = (),
    framework: str = "",
    places: Mapping[str, Mapping[int, Place]] | None = None,
) -> Reached:
    """Return what a command leads to; all but examples where it cannot be followed."""
    places = find_places(modules) if places is None else places
    graph = _Graph(modules, places)
    named = graph.find_named(command)
    first = next(iter(named), None)
    if first is None:
        loaded = frozenset(file for file in graph.by_file if not is_example(file))
        return Reached(places=places, all=loaded)
    if not is_example(first.file):  # nothing imports one, whatever its name
        graph = _Graph([one for one in modules if not is_example(one.file)], places)
    starting = graph.follow(named, at_start=True)
    found = graph.follow(named, at_start=False)
    dynamic = framework in _BY_THEMSELVES or any(
        called in _DYNAMIC and not graph.by_file[file].text(first_of(call))
        for file in found
        for called, call in graph.by_file[file].calls()
    )
    return Reached(
        places=places,
        first=first.file,
        starting=starting,
        all=graph.loadable(found) if dynamic else found,
        known=not dynamic,
    )


def count_reached(
    command: Sequence[str], modules: Sequence[Module], places: Mapping[str, Mapping[int, Place]]
) -> int:
    """Return how many files a command leads to, 0 where it cannot be followed."""
    reached = find_reached(modules, command=command, places=places)
    return len(reached.all) if reached.first else 0


class _Graph:
    """The modules of a project and what each names."""

    def __init__(
        self, modules: Sequence[Module], places: Mapping[str, Mapping[int, Place]]
    ) -> None:
        self.by_file = {module.file: module for module in modules}
        self._by_name = by_name(modules)
        self._places = places

    def find_named(self, command: Sequence[str]) -> list[Module]:
        """Return the modules that a command loads as far as its words tell, what it runs first.

        A server's own settings (``-c gunicorn.conf.py``) come after the application that it serves.
        """
        code = IMPORTED.search(command[2]) if command[1:2] == ("-c",) else None
        words = (code[1],) if code else command
        found = {module.file: ":" in word for word in words if (module := self._of_word(word))}
        if "gunicorn" in words and (own := self.by_file.get(gunicorn_settings(words))):
            found.setdefault(own.file, False)
        return [self.by_file[file] for file in sorted(found, key=lambda file: not found[file])]

    def _of_word(self, word: str) -> Module | None:
        name = word.rpartition("=")[2].removeprefix("file:").removeprefix("python:")
        name = name.partition(":")[0]
        named = self._by_name.get(f"{name}.__main__") or self._by_name.get(name)
        return self.by_file.get(posixpath.normpath(name)) or named

    def follow(self, first: Sequence[Module], *, at_start: bool) -> frozenset[str]:
        """Return the files that some lead to, themselves among them; the first is what is run."""
        found: set[str] = set()
        waiting = [*first]
        while waiting:
            module = waiting.pop()
            if module.file not in found:
                found.add(module.file)
                main = module is first[0]
                waiting.extend(self._named(module, at_start=at_start, main=main))
        return frozenset(found)

    def loadable(self, found: frozenset[str]) -> frozenset[str]:
        """Return what a computed import may load: all but scripts beside the application's folders.

        Such a script is run by hand or by a build (``scripts/release.py``), and imported by none;
        neither is what packages the application.
        """
        folders = {posixpath.dirname(file).partition("/")[0] for file in found} - {""}
        return frozenset(
            file
            for file, module in self.by_file.items()
            if file in found
            or file.partition("/")[0] in folders
            or not (
                module.is_script or is_aside(module) or _PACKAGING & {n for n, _ in module.calls()}
            )
        )

    def _named(self, module: Module, *, at_start: bool, main: bool) -> Iterator[Module]:
        """Yield the project's modules that one names."""
        above = module.name.rpartition(".")[0]
        if above in self._by_name:
            yield self._by_name[above]
        places = self._places[module.file]
        for node in module.imports:
            place = places.get(id(node))
            if place is not None and (not at_start or starts(place, main=main)):
                for name in _imported(module, node):
                    yield from self._on_the_way(name)
        for call in settings_of(module):
            place = places.get(id(call))
            if place is not None and starts(place, main=main):
                yield from self._on_the_way(module.text(argument(call, "value", 1)))
        for text, constant in () if at_start else module.texts:
            if id(constant) in places:
                named = text.partition(":")[0]
                found = self._by_name.get(named) or self.by_file.get(named)
                if found is not None:
                    yield found

    def _on_the_way(self, name: str) -> Iterator[Module]:
        """Yield a module with the packages that it lies in."""
        parts = name.split(".")
        above = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        yield from (self._by_name[one] for one in above if one in self._by_name)


def settings_of(module: Module) -> Iterator[ast.Call]:
    """Yield the calls that name the settings which Django's application imports when it is made."""
    for called, call in module.calls():
        first = argument(call, "key", 0)
        if called == "os.environ.setdefault" and module.text(first) == "DJANGO_SETTINGS_MODULE":
            yield call


def starts(place: Place, *, main: bool) -> bool:
    """Tell whether a node runs whenever its module is imported, or (``main``) run."""
    if place.function or place.asked or place.chosen or (place.main and not main):
        return False
    return not place.survives(*_MISSING)


def _imported(module: Module, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        package = module.name
        if not module.file.endswith("__init__.py"):
            package = package.rpartition(".")[0]
        parts = package.split(".") if package else []
        above = parts[: len(parts) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    if base:
        yield base
    yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)
