"""What a source file may import, in whatever function: read, never run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..syntax import is_flat, parse

_IMPORTS = frozenset({"import_module", "__import__", "_import_module"})
_SEARCHES = frozenset({"iter_modules", "walk_packages"})
_LAZY = frozenset({"attach", "attach_stub", "LazyLoader"})
# Functions of the standard library that only `python -m` calls.
ALONE = frozenset({"_test", "_main", "main", "test"})
_MOST_NAME = 200


@dataclass(slots=True)
class Found:
    """What one file names.

    ``modules`` are dotted names that may be modules, or attributes of them; ``eager`` those that
    are imported when the file is; ``texts`` such names in strings, which more often mean something
    else. ``dynamic`` says that it imports what a computation says, ``lazy`` that its
    ``__getattr__`` does. ``bound`` are the names that the module itself defines.
    """

    modules: set[str] = field(default_factory=set)
    eager: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    dynamic: bool = False
    lazy: bool = False
    bound: set[str] = field(default_factory=set)


def find_imports(
    source: bytes, module: str, *, package: bool, alone: bool = False, script: bool = False
) -> Found:
    """Return what a file names. ``package`` tells an ``__init__``; ``alone`` passes over ``main``.

    ``script`` says that it may be run as a program. A file that does not parse names nothing.
    """
    try:
        tree = parse(source)
    except (SyntaxError, ValueError):
        return Found()
    if is_flat(tree):
        return _find_flat(tree, module, package=package)
    visitor = _Visitor(module, package=package, alone=alone, script=script)
    try:
        visitor.visit(tree)
    except RecursionError:
        return _find_flat(tree, module, package=package)
    return visitor.found


def _find_flat(tree: ast.Module, module: str, *, package: bool) -> Found:
    """Return what a file names whose expressions are too deep to walk, whatever stands around.

    Branches that never run count as well, so that this names more, never less.
    """
    visitor = _Visitor(module, package=package, alone=False, script=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            visitor.visit_Import(node)
        elif isinstance(node, ast.ImportFrom):
            visitor.visit_ImportFrom(node)
        elif isinstance(node, ast.Constant):
            visitor.visit_Constant(node)
        elif isinstance(node, ast.Call):
            visitor.name_call(node)
        elif isinstance(node, ast.Name):
            visitor.visit_Name(node)
            visitor.found.dynamic |= node.id in _IMPORTS | _SEARCHES
        elif isinstance(node, ast.Attribute):
            visitor.found.dynamic |= node.attr in _IMPORTS | _SEARCHES
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            visitor.found.bound.add(node.name)
    return visitor.found


class _Visitor(ast.NodeVisitor):
    """Walks through one file."""

    def __init__(self, module: str, *, package: bool, alone: bool, script: bool) -> None:
        self.found = Found()
        self._module = module
        self._package = module if package else module.rpartition(".")[0]
        self._is_package = package
        self._alone = alone
        self._script = script
        self._aliases: dict[str, str] = {}
        self._depth = 0
        self._inside = 0  # functions around
        self._lazy = False

    def _absolute(self, name: str, level: int) -> str:
        if not level:
            return name
        parts = self._package.split(".") if self._package else []
        kept = parts[: len(parts) - level + 1]
        return ".".join([*kept, *filter(None, [name])])

    def _bind(self, name: str) -> None:
        if not self._depth:
            self.found.bound.add(name)

    def _name(self, module: str) -> None:
        # A package that loads its own modules when they are asked for names all of them.
        if self._lazy and module.startswith(f"{self._package}."):
            self.found.lazy = True
        else:
            self.found.modules.add(module)
            if not self._inside:
                self.found.eager.add(module)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._name(alias.name)
            top = alias.name.partition(".")[0]
            self._aliases[alias.asname or top] = alias.name if alias.asname else top
            self._bind(alias.asname or top)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self._absolute(node.module or "", node.level)
        self._name(base)
        for alias in node.names:
            dotted = f"{base}.{alias.name}" if base else alias.name
            self._name(dotted)
            self._aliases[alias.asname or alias.name] = dotted
            self._bind(alias.asname or alias.name)

    def visit_If(self, node: ast.If) -> None:
        if not _is_never(node.test, script=self._script):
            self.visit(node.test)
            for child in node.body:
                self.visit(child)
        for child in node.orelse:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name)
        if self._alone and not self._depth and node.name in ALONE:
            return
        lazy, self._lazy = self._lazy, self._lazy or self._is_hook(node.name)
        self._depth += 1
        self._inside += 1
        self.generic_visit(node)
        self._inside -= 1
        self._depth -= 1
        self._lazy = lazy

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's word

    def _is_hook(self, name: str) -> bool:
        return self._is_package and not self._depth and name == "__getattr__"

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name)
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = _chain(node)
        if chain and chain[0] in self._aliases:
            self.found.modules.add(".".join([self._aliases[chain[0]], *chain[1:]]))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.name_call(node)
        self.generic_visit(node)

    def name_call(self, node: ast.Call) -> None:
        """Take in what a call imports by itself."""
        name = (_chain(node.func) or ("",))[-1]
        if name in _SEARCHES:
            self.found.dynamic = True
        elif name in _LAZY and self._is_package:
            self.found.lazy = True
        elif name in _IMPORTS and node.args:
            self._call_import(node)

    def _call_import(self, node: ast.Call) -> None:
        aim = node.args[0]
        if isinstance(aim, ast.Constant) and isinstance(aim.value, str):
            level = len(aim.value) - len(aim.value.lstrip("."))
            self._name(self._absolute(aim.value.lstrip("."), level))
        elif self._lazy:
            self.found.lazy = True
        else:
            self.found.dynamic = True

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and len(node.value) < _MOST_NAME:
            name = node.value.replace(":", ".")
            if "." in name and all(part.isidentifier() for part in name.split(".")):
                found = self.found.modules if ":" in node.value else self.found.texts
                found.add(name)


def _chain(node: ast.expr) -> tuple[str, ...]:
    """Return the names of ``a.b.c``, nothing for what is more than that."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else ()


def _is_never(test: ast.expr, *, script: bool) -> bool:
    """Tell whether a condition cannot hold in an image: type checkers, scripts, other systems."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and any(
            _is_never(one, script=script) for one in test.values
        )
    if isinstance(test, ast.Call):
        return _chain(test.func) == ("sys", "platform", "startswith") and _is_foreign(test.args)
    if not isinstance(test, ast.Compare):
        return (_chain(test) or ("",))[-1] == "TYPE_CHECKING"
    if len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    left = _chain(test.left)
    if left == ("__name__",):
        return not script and _texts(test.comparators) == {"__main__"}
    return left in {("sys", "platform"), ("os", "name")} and _is_foreign(test.comparators)


def _is_foreign(nodes: list[ast.expr]) -> bool:
    """Tell whether the texts name only other systems."""
    names = _texts(nodes)
    return bool(names) and all(name.startswith(("win", "darwin", "nt", "cygwin")) for name in names)


def _texts(nodes: list[ast.expr]) -> set[str]:
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def list_names(source: bytes, module: str, *, package: bool) -> frozenset[str]:
    """Return what an application's file names; see ``scan``."""
    found = find_imports(source, module, package=package, script=True)
    return frozenset(found.modules | found.texts)


def scan(folder: Path) -> Iterator[str]:
    """Yield the dotted names in an application's sources, sorted, each once."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts) or not path.is_file():
            continue
        parts = inside.with_suffix("").parts
        package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if package else parts)
        names.update(list_names(path.read_bytes(), module, package=package))
    yield from sorted(names)
