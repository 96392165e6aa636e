"""Python files as syntax trees, with their import names resolved; nothing of them is run."""

import ast
import gc
import posixpath
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, cast

from scaffold.assembler.syntax import walk
from scaffold.model.project import Origin, Use
from scaffold.project.text_io import read_bytes

# Files of development: what they start or import, the app does not need.
_SUPPORT_FOLDERS = frozenset({"tests", "test", "testing", "docs", "doc", "benchmarks"})
_SUPPORT_FOLDER = re.compile(r"tests[-_]\w+|\w+[-_]tests|e2e|unittests?|testdata")
_SUPPORT_FILES = frozenset(
    {
        *("setup.py", "conftest.py", "noxfile.py", "fabfile.py", "tests.py"),
        *("dodo.py", "pavement.py", "toxfile.py", "duties.py", "hatch_build.py"),
    }
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
# What reads a variable of the environment, with a default in the second place.
READS = frozenset({"os.environ.get", "os.getenv"})
FUNCTIONS: tuple[type[Function], ...] = (ast.FunctionDef, ast.AsyncFunctionDef)
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


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """Return an argument of a call by name, or by position (from 0)."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking at trees: millions of nodes, and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


LARGEST_SOURCE = 1_000_000  # bytes of a source that is parsed: 10 MB of it take 1.2 GB of memory
_TOO_LARGE = ValueError(f"it is larger than {LARGEST_SOURCE // 1_000_000} MB and was not read")


def load_modules(
    root: Path, files: Sequence[str], installed: Sequence[str] = ()
) -> tuple[tuple[Module, ...], tuple[Use, ...]]:
    """Return the parsed files of the application and an ``unparsable`` use for each that is not.

    ``installed`` are folders whose modules get installed, so that they are roots in any case.
    Raises PathUnreadableError for a file that cannot be read.
    """
    texts = {
        file: read_bytes(root, file)
        for file in files
        if file.endswith(".py") and not is_support(file)
    }
    return parse_modules(texts, files, installed)


def parse_modules(
    texts: Mapping[str, bytes], files: Sequence[str] = (), installed: Sequence[str] = ()
) -> tuple[tuple[Module, ...], tuple[Use, ...]]:
    """Return parsed texts, by their paths among ``files``, and what cannot be parsed."""
    trees: dict[str, ast.Module] = {}
    broken: list[Use] = []
    for file, text in texts.items():
        try:
            if len(text) > LARGEST_SOURCE:
                broken.append(_unparsable(file, _TOO_LARGE))
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trees[file] = ast.parse(text, filename=file)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken.append(_unparsable(file, error))
    nodes = {file: walk(tree) for file, tree in trees.items()}
    imports = {
        file: tuple(node for node in inside if isinstance(node, (ast.Import, ast.ImportFrom)))
        for file, inside in nodes.items()
    }
    known = {*_source_roots(frozenset(files or texts), imports, trees), *installed}
    roots = (*sorted(known - {"."}, key=lambda one: (-one.count("/"), one)), ".")
    modules = [
        _module(file, tree, nodes=nodes[file], imports=imports[file], root=_root_of(file, roots))
        for file, tree in trees.items()
    ]
    return tuple(modules), tuple(broken)


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
    return frozenset(name for root in roots for name in _names_in(root, files))


def _unparsable(file: str, error: Exception) -> Use:
    line = error.lineno if isinstance(error, SyntaxError) else None
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return Use(code="unparsable", value=message, origin=Origin(file=file, line=line or None))


def _module(
    file: str,
    tree: ast.Module,
    *,
    nodes: Iterable[ast.AST],
    imports: tuple[ast.Import | ast.ImportFrom, ...],
    root: str,
) -> Module:
    kinds: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in nodes:
        kinds[node.__class__].append(node)
    name = _module_name(file, root)
    package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
    return Module(
        file=file,
        root=root,
        name=name,
        tree=tree,
        kinds=kinds,
        imports=imports,
        top=tuple(_running(tree.body)),
        names=_imported_names(imports, package),
        values=_values(kinds),
    )


def _module_name(file: str, root: str) -> str:
    inner = file if root == "." else file.removeprefix(f"{root}/")
    parts = inner.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else ""


def _running(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
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


def runs_on_import(module: Module, line: int) -> bool:
    """Tell whether a line is in a function that is called whenever the module is imported."""
    functions = {one.name: one for one in module.tree.body if isinstance(one, Function)}
    classes = [one for one in module.tree.body if isinstance(one, ast.ClassDef)]
    tops = [one for one in module.top if not isinstance(one, _DEFINES)]
    waiting: list[ast.AST] = [*tops, *(part for one in classes for part in _running(one.body))]
    called: set[str] = set()
    while waiting:
        for node in walk(waiting.pop()):
            name = module.dotted(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
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


def _imported_names(nodes: Iterable[ast.Import | ast.ImportFrom], package: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        else:
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                names[alias.asname or alias.name] = f"{base}.{alias.name}"
    return names


def _values(kinds: Mapping[type[ast.AST], Sequence[Any]]) -> dict[str, ast.expr]:
    found: dict[str, list[ast.expr | None]] = {node.arg: [None] for node in kinds.get(ast.arg, ())}
    assigned = [(one.targets, one.value) for one in kinds.get(ast.Assign, ())]
    assigned += [([one.target], one.value) for one in kinds.get(ast.AnnAssign, ())]
    for targets, value in assigned:
        for target in targets:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(value)
    stores = Counter(one.id for one in kinds.get(ast.Name, ()) if isinstance(one.ctx, ast.Store))
    once = {
        name: values[0]
        for name, values in found.items()
        if len(values) == 1 and values[0] is not None and stores[name] == 1
    }
    return {name: value for name, value in once.items() if _looks_back(value, once)}


def _looks_back(value: ast.expr, known: Mapping[str, ast.expr]) -> bool:
    """Return whether a value names earlier ones only: a circle would be followed for ever."""
    if isinstance(value, ast.Constant):
        return True
    named = (node.id for node in walk(value) if isinstance(node, ast.Name))
    place = (value.lineno, value.col_offset)
    return all(
        (known[name].lineno, known[name].col_offset) < place for name in named if name in known
    )


def imported_tops(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the first name of every absolute import, with its node."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0], node


def _names_in(folder: str, files: Iterable[str]) -> set[str]:
    prefix = "" if folder == "." else f"{folder}/"
    names: set[str] = set()
    for file in files:
        if file.startswith(prefix) and file.endswith(".py"):
            first, deeper, _ = file.removeprefix(prefix).partition("/")
            names.add(first if deeper else first.removesuffix(".py"))
    return names


def names_beside(script: str, files: Sequence[str]) -> set[str]:
    """Return what a script imports by bare names from its own folder, the first on its path."""
    return _names_in(posixpath.dirname(script) or ".", files)


def imports_beside(module: Module, modules: Iterable[Module]) -> bool:
    """Tell whether a file runs only as ``python FILE``: it imports siblings by their bare names.

    Those are modules of its own folder that are on no root's top and share their names with
    nothing else that is imported: only a script's own folder is on its path.
    """
    folder = posixpath.dirname(module.file)
    if folder in {"", module.root}:
        return False
    files = [one.file for one in modules]
    beside = _names_in(folder, files)
    for root in {one.root for one in modules} | {"."}:
        beside -= _names_in(root, files)
    return any(
        top in beside - sys.stdlib_module_names for top, _ in imported_tops(module.tree.body)
    )


def _source_roots(
    files: frozenset[str],
    imports: Mapping[str, Iterable[ast.Import | ast.ImportFrom]],
    trees: Mapping[str, ast.Module],
) -> tuple[str, ...]:
    """Return the folders that have to be on ``sys.path``, the deepest first, ``.`` last.

    A folder is one when it is ``src``, holds ``manage.py``, or when a file below it imports a
    sibling by its bare name; never when the project imports the folder itself as a package, unless
    its ``manage.py`` names settings below it.
    """
    tops = {file: {top for top, _ in imported_tops(nodes)} for file, nodes in imports.items()}
    imported = set().union(*tops.values()) if tops else set()
    here = _names_in(".", files)
    roots = []
    for folder in sorted({above for file in tops for above in folders_above(file)}):
        first = folder.partition("/")[0]
        manage = trees.get(f"{folder}/manage.py")
        if manage is not None and _has_settings(folder, files, walk(manage)):
            roots.append(folder)
            continue
        if f"{folder}/__init__.py" in files or (first in imported and first in here):
            continue
        siblings = _names_in(folder, files) - here
        # A file that imports its own name means what is installed.
        used = any(
            siblings & names - {posixpath.basename(file).removesuffix(".py")}
            for file, names in tops.items()
            if file.startswith(f"{folder}/")
        )
        if folder == "src" or f"{folder}/manage.py" in files or used:
            roots.append(folder)
    return (*sorted(roots, key=lambda root: -root.count("/")), ".")


def _has_settings(folder: str, files: Container[str], manage: Iterable[ast.AST]) -> bool:
    """Tell whether a manage.py names a module that lies below its folder, and not at the top."""
    for node in manage:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            path = node.value.replace(".", "/")
            endings = (f"{path}.py", f"{path}/__init__.py")
            if any(f"{folder}/{one}" in files and one not in files for one in endings):
                return True
    return False


def folders_above(file: str) -> Iterator[str]:
    """Yield the folders that a file lies in, the nearest first."""
    folder = posixpath.dirname(file)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _root_of(file: str, roots: Sequence[str]) -> str:
    return next((root for root in roots if root == "." or file.startswith(f"{root}/")), ".")
