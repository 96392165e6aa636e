"""What detectors ask of a node: its arguments, what it assigns, what a function takes."""

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS: tuple[type[Function], ...] = (ast.FunctionDef, ast.AsyncFunctionDef)
Assignment = ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.AugAssign
ASSIGNS: tuple[type[ast.Assign | ast.AnnAssign | ast.NamedExpr], ...] = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr),
)
SETS: tuple[type[ast.Assign | ast.AnnAssign], ...] = (ast.Assign, ast.AnnAssign)
# What reads a variable of the environment, with a default in the second place.
READS = frozenset({"os.environ.get", "os.getenv"})


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """Return an argument of a call by name, or by position (from 0)."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


def first_of(call: ast.Call) -> ast.expr | None:
    """Return the first argument that a call is given by position."""
    return call.args[0] if call.args else None


def method_of(node: ast.AST) -> str:
    """Return the attribute that is called or named (``run`` of ``app.run()``), or nothing."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else ""


def owner_of(call: ast.Call) -> ast.expr | None:
    """Return what an attribute is called of (``app`` of ``app.run()``), None for a bare name."""
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def last_name(node: ast.AST) -> str:
    """Return the last name of ``name``, ``of.name`` or of a call of these, or nothing."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def targets_of(node: Assignment) -> list[ast.expr]:
    """Return what a statement assigns to."""
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def names_of(node: ast.AST) -> tuple[str, ...]:
    """Return the plain names that a statement assigns to, none for one that does not assign."""
    targets = targets_of(node) if isinstance(node, Assignment) else ()
    return tuple(one.id for one in targets if isinstance(one, ast.Name))


def items_of(node: ast.AST | None) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the keys and values that stand in a dictionary."""
    pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
    yield from ((key, value) for key, value in pairs if key is not None)


def parameters_of(function: Function) -> dict[str, ast.expr | None]:
    """Return the names of a function's parameters, those by position first, with the defaults."""
    given, names = function.args, positional_of(function)
    defaults: list[ast.expr | None] = [*given.defaults]
    missing: list[ast.expr | None] = [None] * (len(names) - len(defaults))
    by_name = zip((one.arg for one in given.kwonlyargs), given.kw_defaults, strict=True)
    return dict(zip(names, missing + defaults, strict=True)) | dict(by_name)


def positional_of(function: Function) -> list[str]:
    """Return the names of the parameters that may be given by position."""
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args)]


def texts_in(node: ast.AST | None) -> list[str]:
    """Return the texts that stand anywhere in an expression."""
    inside = ast.walk(node) if node is not None else ()
    found = (one.value for one in inside if isinstance(one, ast.Constant))
    return [value for value in found if isinstance(value, str)]


def is_none(node: ast.AST | None) -> bool:
    """Tell whether an expression is ``None``."""
    return isinstance(node, ast.Constant) and node.value is None


def is_empty(node: ast.AST | None) -> bool:
    """Tell whether an argument is not given, or is surely false: ``None``, ``""``, 0."""
    return node is None or (isinstance(node, ast.Constant) and not node.value)
