"""Which file setup.py takes a list of requirements from, where it takes all that stands there."""

import ast
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scaffold.project.syntax import method_of, owner_of, parameters_of, positional_of

# What gives a file's lines, or leaves out those that ask for nothing.
_READS = frozenset({"open", "read_text"})
_KEEPS = frozenset(
    {
        *("read", "readlines", "splitlines", "strip", "rstrip", "lstrip", "list", "filter"),
        *("append", "decode", "close"),
    }
)
_PATHS = frozenset(
    {
        *("join", "joinpath", "dirname", "abspath", "realpath", "resolve", "Path", "pathlib.Path"),
        *("str", "add"),
    }
)
_PLAIN = (
    *(ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.keyword, ast.expr_context),
    *(ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.BoolOp),
    *(ast.boolop, ast.UnaryOp, ast.Not, ast.Return, ast.Assign, ast.With, ast.withitem),
    *(ast.For, ast.If, ast.Expr, ast.Continue),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """``values`` are what names are given, ``names`` all that are, ``functions`` setup.py's own."""

    values: Mapping[str, ast.expr]
    names: frozenset[str]
    functions: Mapping[str, ast.FunctionDef]


def find_list(node: ast.expr, tree: ast.Module, values: Mapping[str, ast.expr]) -> str | None:
    """Return the path of the one file whose lines an expression gives, relative to setup.py's.

    ``values`` are what names are given once. None where it is not sure that the expression gives
    all lines, but for blank ones and comments, which ask for nothing.
    """
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    outside = [one for one in tree.body if not isinstance(one, ast.FunctionDef)]
    names = _stored(outside)
    scope = _Scope(values={**values, **_opened(outside)}, names=names, functions=functions)
    found = {*_paths(node, scope, frozenset())}
    return found.pop() if len(found) == 1 else None


def _stored(nodes: Sequence[ast.AST]) -> frozenset[str]:
    return frozenset(
        one.id
        for node in nodes
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    )


def _opened(nodes: Sequence[ast.AST]) -> dict[str, ast.expr]:
    """Return what ``with`` binds names to, those that are bound once."""
    pairs = [
        (item.optional_vars.id, item.context_expr)
        for node in nodes
        for one in ast.walk(node)
        if isinstance(one, ast.With)
        for item in one.items
        if isinstance(item.optional_vars, ast.Name)
    ]
    bound = [name for name, _ in pairs]
    return {name: value for name, value in pairs if bound.count(name) == 1}


def _paths(node: ast.AST, scope: _Scope, inside: frozenset[str]) -> Iterator[str | None]:
    """Yield each file that is opened, None for what is done besides."""
    if isinstance(node, ast.Call):
        yield from _called(node, scope, inside)
    elif isinstance(node, ast.Name) and node.id in scope.values and node.id not in inside:
        yield from _paths(scope.values[node.id], scope, inside | {node.id})
    elif isinstance(node, ast.Name) and node.id not in scope.names | inside:
        yield None
    elif isinstance(node, _PLAIN):
        for one in ast.iter_child_nodes(node):
            yield from _paths(one, scope, inside)
    else:
        yield None


def _called(call: ast.Call, scope: _Scope, inside: frozenset[str]) -> Iterator[str | None]:
    of, name = owner_of(call), method_of(call) or ast.unparse(call.func)
    function = scope.functions.get(name) if of is None else None
    if function is not None and name not in inside:
        for one in function.body:
            if not isinstance(one, ast.Expr) or not isinstance(one.value, ast.Constant):
                yield from _paths(one, _within(function, call, scope), inside | {name})
    elif name in _READS:
        path = call.args[0] if name == "open" and call.args else of
        yield None if path is None else _path(path, scope)
    elif name in _KEEPS or _drops_nothing(name, call):
        for part in (of, *call.args):
            if part is not None:
                yield from _paths(part, scope, inside)
    else:
        yield None


def _within(function: ast.FunctionDef, call: ast.Call, scope: _Scope) -> _Scope:
    """Return what names are inside a function that is called."""
    known = {k: v for k, v in parameters_of(function).items() if v is not None}
    given = known | dict(zip(positional_of(function), call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    return _Scope(
        values={**scope.values, **_opened(function.body), **given},
        names=scope.names | _stored(function.body),
        functions=scope.functions,
    )


def _drops_nothing(name: str, call: ast.Call) -> bool:
    """Tell whether a call parts lines, or tells comments and options from them."""
    first = call.args[0] if call.args else None
    texts = first.elts if isinstance(first, ast.Tuple) else [first]
    plain = [one.value if isinstance(one, ast.Constant) else None for one in texts]
    if name == "split":
        return plain == ["\n"]
    return name == "startswith" and all(
        isinstance(one, str) and one.startswith(("#", "-")) for one in plain
    )


def _path(node: ast.expr, scope: _Scope) -> str | None:
    """Return a path as it is from the folder of setup.py, None if it is not written there."""
    path: str | None = None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        path = node.value
    elif isinstance(node, ast.Name) and node.id == "__file__":
        path = "setup.py"
    elif isinstance(node, ast.Name) and node.id in scope.values:
        without = {name: one for name, one in scope.values.items() if name != node.id}
        path = _path(scope.values[node.id], replace(scope, values=without))
    elif isinstance(node, ast.Attribute) and node.attr == "parent":
        path = _joined("dirname", [node.value], scope)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Div):
        between = "join" if isinstance(node.op, ast.Div) else "add"
        path = _joined(between, [node.left, node.right], scope)
    elif isinstance(node, ast.Call):
        owner, name = owner_of(node), method_of(node) or ast.unparse(node.func)
        of = [owner] if owner is not None and name in {"joinpath", "resolve"} else []
        path = _joined(name, [*of, *node.args], scope)
    return path


def _joined(how: str, parts: Sequence[ast.expr], scope: _Scope) -> str | None:
    paths = [path for one in parts if (path := _path(one, scope)) is not None]
    if how not in _PATHS or len(paths) != len(parts) or not paths:
        return None
    if how == "dirname":
        return posixpath.dirname(paths[0]) or "."
    return "".join(paths) if how == "add" else posixpath.join(*paths)
