"""Which of a project's modules the command that starts it leads to."""

import ast
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.project.conditions import Conditions, Place
from scaffold.project.source_modules import Module

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """``first`` is the file that a command runs, ``starting`` what is imported whenever it starts.

    ``all`` are all files that may be loaded; ``known`` is False where nothing tells them apart.
    """

    first: str = ""
    starting: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    known: bool = False


def find_reached(
    modules: Sequence[Module],
    places: Mapping[str, Mapping[int, Place]],
    *,
    command: Sequence[str],
    framework: str = "",
) -> Reached:
    """Return what a command leads to; everything where it cannot be followed.

    ``places`` are those of each file's nodes, as ``Conditions`` finds them.
    """
    graph = _Graph(modules, places)
    first = graph.find_first(command)
    if first is None:
        return Reached(all=frozenset(graph.by_file))
    starting = graph.follow(first, at_start=True)
    found = graph.follow(first, at_start=False)
    dynamic = framework in _BY_THEMSELVES or any(
        called in _DYNAMIC and not (call.args and graph.by_file[file].text(call.args[0]))
        for file in found
        for called, call in graph.by_file[file].calls()
    )
    return Reached(
        first=first.file,
        starting=starting,
        all=frozenset(graph.by_file) if dynamic else found,
        known=not dynamic,
    )


class _Graph:
    """The modules of a project and what each names."""

    def __init__(
        self, modules: Sequence[Module], places: Mapping[str, Mapping[int, Place]]
    ) -> None:
        self.by_file = {module.file: module for module in modules}
        self._by_name = {module.name: module for module in modules if module.name}
        self._places = places

    def find_first(self, command: Sequence[str]) -> Module | None:
        """Return the module that a command runs, as far as its words tell."""
        for word in command:
            name = word.partition(":")[0]
            named = self._by_name.get(f"{name}.__main__") or self._by_name.get(name)
            found = self.by_file.get(posixpath.normpath(name)) or named
            if found is not None:
                return found
        return None

    def follow(self, first: Module, *, at_start: bool) -> frozenset[str]:
        """Return the files that one leads to, itself among them."""
        found: set[str] = set()
        waiting = [first]
        while waiting:
            module = waiting.pop()
            if module.file not in found:
                found.add(module.file)
                main = module is first
                waiting.extend(self._named(module, at_start=at_start, main=main))
        return frozenset(found)

    def _named(self, module: Module, *, at_start: bool, main: bool) -> Iterator[Module]:
        """Yield the project's modules that one names."""
        above = module.name.rpartition(".")[0]
        if above in self._by_name:
            yield self._by_name[above]
        for node in module.nodes:
            place = self._places[module.file].get(id(node))
            if place is None or (at_start and not starts(place, main=main)):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name in _imported(module, node):
                    yield from self._on_the_way(name)
            elif not at_start and isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.partition(":")[0]
                found = self._by_name.get(text) or self.by_file.get(text)
                if found is not None:
                    yield found

    def _on_the_way(self, name: str) -> Iterator[Module]:
        """Yield a module with the packages that it lies in."""
        parts = name.split(".")
        above = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        yield from (self._by_name[one] for one in above if one in self._by_name)


def starts(place: Place, *, main: bool) -> bool:
    """Tell whether a node runs whenever its module is imported, or (``main``) run."""
    if place.function or place.asked or (place.main and not main):
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


def find_places(modules: Sequence[Module]) -> dict[str, dict[int, Place]]:
    """Return the places of each file's nodes."""
    return {
        module.file: Conditions(module.dotted, module.values).places(module.tree)
        for module in modules
    }
