"""Python files as syntax trees, with their import names resolved; nothing of them is run."""

import ast
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeVar, cast

from scaffold.assembler.syntax import walk
from scaffold.model.project import Origin
from scaffold.project.syntax import SETS, Function, items_of, targets_of

# Files of development: what they start or import, the app does not need.
_SUPPORT_FOLDERS = frozenset({"tests", "test", "testing", "docs", "doc", "benchmarks"})
_SUPPORT_FOLDER = re.compile(r"tests[-_]\w+|\w+[-_]tests|e2e|unittests?|testdata")
_SUPPORT_FILES = frozenset(
    {
        *("setup.py", "conftest.py", "noxfile.py", "fabfile.py", "tests.py"),
        *("dodo.py", "pavement.py", "toxfile.py", "duties.py", "hatch_build.py"),
    }
)

N = TypeVar("N", bound=ast.AST)


@dataclass(frozen=True, kw_only=True)
class Module:
    """One parsed file.

    ``name`` is what it is imported as below its source ``root``, empty where that is impossible.
    ``names`` maps a local name to what it was imported from (``sp`` to ``subprocess``). ``kinds``
    are all nodes by their types, ``imports`` those that import, ``top`` the statements that run
    on import, ``values`` names assigned once.
    """

    file: str
    root: str
    name: str
    tree: ast.Module
    kinds: Mapping[type[ast.AST], Sequence[ast.AST]]
    imports: tuple[ast.Import | ast.ImportFrom, ...]
    top: tuple[ast.stmt, ...]
    names: Mapping[str, str]
    values: Mapping[str, ast.expr]

    @property
    def is_script(self) -> bool:
        """Tell whether the file asks for being run itself."""
        return any(is_main_guard(node) for node in self.tree.body)

    def dotted(self, node: ast.AST | None) -> str:
        """Return what a name or attribute stands for, such as ``subprocess.run``, or nothing.

        A name that is not imported counts as the module's own: ``pkg.main.app``.
        """
        rest = ""
        while isinstance(node, ast.Attribute):
            rest = f".{node.attr}{rest}"
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        imported = self.names.get(node.id)
        return f"{self.name or self.file}.{node.id}{rest}" if imported is None else imported + rest

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes, those on top before those inside."""
        return tuple(walk(self.tree))

    @cached_property
    def _calls(self) -> tuple[tuple[str, ast.Call], ...]:
        return tuple((self.dotted(node.func), node) for node in self.of(ast.Call))

    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Return all calls with the dotted name of what is called."""
        return self._calls

    def of(self, *kinds: type[N]) -> Iterator[N]:
        """Return all nodes of each type, those on top before those inside."""
        return chain.from_iterable(cast("Sequence[N]", self.kinds.get(kind, ())) for kind in kinds)

    @cached_property
    def texts(self) -> tuple[tuple[str, ast.Constant], ...]:
        """All texts that are written in it, with their nodes."""
        found = ((node.value, node) for node in self.of(ast.Constant))
        return tuple((value, node) for value, node in found if isinstance(value, str))

    @cached_property
    def given(self) -> tuple[tuple[ast.expr, ast.expr, ast.stmt], ...]:
        """What is assigned to, the value, and the statement, for each target apart."""
        return tuple(
            (target, node.value, node)
            for node in self.of(*SETS)
            if node.value is not None
            for target in targets_of(node)
        )

    @cached_property
    def tops(self) -> frozenset[str]:
        """The top-level names of all that is imported."""
        return frozenset(source.partition(".")[0] for source in self.names.values())

    def called(self, node: ast.AST | None) -> str:
        """Return the dotted name of what a call calls, nothing for what is none."""
        return self.dotted(node.func) if isinstance(node, ast.Call) else ""

    def item(self, node: ast.AST | None, name: str) -> ast.expr | None:
        """Return the value of a key in a dictionary that is written there."""
        return next((value for key, value in items_of(node) if self.text(key) == name), None)

    def origin(self, node: ast.AST, detail: str = "") -> Origin:
        """Return where a node stands."""
        return Origin(file=self.file, line=getattr(node, "lineno", None), detail=detail)

    def literal(self, node: ast.expr | None) -> object:
        """Return a literal's value, also of a name that is assigned one once; None for no literal.

        Only strings, numbers, booleans, and lists of them; in a list None stands for the unknown.
        """
        node = self.named(node)
        if isinstance(node, ast.List | ast.Tuple):
            items = map(self.named, node.elts)
            return [item.value if isinstance(item, ast.Constant) else None for item in items]
        return node.value if isinstance(node, ast.Constant) else None

    def named(self, node: ast.expr | None) -> ast.expr | None:
        """Return what a name is assigned once, one step far; anything else as it is."""
        return self.values.get(node.id) if isinstance(node, ast.Name) else node

    def text(self, node: ast.expr | None) -> str:
        """Return a literal string, or nothing."""
        value = self.literal(node)
        return value if isinstance(value, str) else ""


_BROUGHT = frozenset(
    {"vendor", "vendored", "_vendor", "third_party", "thirdparty", "extern", "site-packages"}
)


def is_brought(file: str) -> bool:
    """Return whether a file is of what others wrote, brought along: ``lib/certifi/core.py``."""
    folders = file.split("/")[:-1]
    return not (_BROUGHT.isdisjoint(folders) and {"lib", "libs"}.isdisjoint(folders[:-1]))


EXAMPLES = frozenset({"examples", "example", "samples", "sample", "demos", "demo"})


def is_example(file: str) -> bool:
    """Return whether a file lies in a folder of examples."""
    return not EXAMPLES.isdisjoint(file.split("/")[:-1])


def is_support(file: str) -> bool:
    """Return whether a file belongs to tests, documentation or packaging, not to the app."""
    *folders, name = file.split("/")
    return (
        not _SUPPORT_FOLDERS.isdisjoint(folders)
        or any(map(_SUPPORT_FOLDER.fullmatch, folders))
        or name in _SUPPORT_FILES
        or name.startswith("test_")
        or name.endswith("_test.py")
    )


def project_names(modules: Iterable[Module], files: Sequence[str]) -> frozenset[str]:
    """Return the top-level names that are modules or packages of the project itself."""
    roots = {module.root for module in modules} | {"."}
    return frozenset(name for root in roots for name in names_in(root, files))


def running(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when the module is imported, without functions and classes."""
    waiting = [*reversed(body)]
    while waiting:
        statement = waiting.pop()
        yield statement
        inner: list[ast.stmt] = []
        if isinstance(statement, ast.If) and not is_main_guard(statement):
            inner = [*statement.body, *statement.orelse]
        elif isinstance(statement, ast.With):
            inner = statement.body
        elif isinstance(statement, ast.Try):
            handlers = [line for handler in statement.handlers for line in handler.body]
            inner = [*statement.body, *handlers, *statement.orelse, *statement.finalbody]
        waiting += reversed(inner)


def runs_on_import(module: Module, line: int, *, main: bool = False) -> bool:
    """Tell whether a line is in a function that is called whenever the module is imported.

    ``main``: or run.
    """
    functions = {one.name: one for one in module.tree.body if isinstance(one, Function)}
    classes = [one for one in module.tree.body if isinstance(one, ast.ClassDef)]
    tops = [one for one in module.top if not isinstance(one, _DEFINES)]
    waiting: list[ast.AST] = [*tops, *(part for one in classes for part in running(one.body))]
    waiting = [one for one in waiting if main or not is_main_guard(one)]
    called: set[str] = set()
    while waiting:
        for node in walk(waiting.pop()):
            name = module.called(node).rpartition(".")[2]
            if name in functions and name not in called:
                called.add(name)
                waiting.append(functions[name])
    return any(functions[one].lineno <= line <= (functions[one].end_lineno or 0) for one in called)


_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def is_main_guard(node: ast.AST) -> bool:
    """Return whether a node is ``if __name__ == "__main__":``."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(s, ast.Constant) and s.value == "__main__" for s in sides)


def by_name(modules: Iterable[Module]) -> dict[str, Module]:
    """Return the modules that can be imported, by their names."""
    return {module.name: module for module in modules if module.name}


def imported_tops(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the first name of every absolute import, with its node."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0], node


def names_in(folder: str, files: Iterable[str]) -> set[str]:
    """Return what can be imported by a bare name where a folder is on the path."""
    prefix = "" if folder == "." else f"{folder}/"
    names: set[str] = set()
    for file in files:
        if file.startswith(prefix) and file.endswith(".py"):
            first, deeper, _ = file.removeprefix(prefix).partition("/")
            names.add(first if deeper else first.removesuffix(".py"))
    return names


def names_beside(script: str, files: Sequence[str]) -> set[str]:
    """Return what a script imports by bare names from its own folder, the first on its path."""
    return names_in(posixpath.dirname(script) or ".", files)


def imports_beside(module: Module, modules: Iterable[Module]) -> bool:
    """Tell whether a file runs only as ``python FILE``: it imports siblings by their bare names.

    Those are modules of its own folder that are on no root's top and share their names with
    nothing else that is imported: only a script's own folder is on its path.
    """
    folder = posixpath.dirname(module.file)
    if folder in {"", module.root}:
        return False
    files = [one.file for one in modules]
    beside = names_in(folder, files)
    for root in {one.root for one in modules} | {"."}:
        beside -= names_in(root, files)
    return any(
        top in beside - sys.stdlib_module_names for top, _ in imported_tops(module.tree.body)
    )


def folders_above(file: str) -> Iterator[str]:
    """Yield the folders that a file lies in, the nearest first."""
    folder = posixpath.dirname(file)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
