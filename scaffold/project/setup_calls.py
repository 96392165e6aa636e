"""The call of setup() in a setup.py: its arguments, followed to what they are."""

import ast
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from scaffold.project.syntax import Assignment, last_name, names_of, owner_of


def setup_keywords(text: str) -> Mapping[str, ast.expr]:
    """Return the arguments of the ``setup()`` call in a setup.py, names followed to what they are.

    Raises SyntaxError, ValueError or RecursionError for what is not Python.
    """
    tree = ast.parse(text)
    values = assigned_once(tree)
    found: dict[str, ast.expr] = {}
    for keyword in setup_arguments(tree, values):
        value = follow_name(keyword.value, values)
        if isinstance(value, ast.Dict):
            value = ast.Dict(
                keys=value.keys, values=[follow_name(one, values) for one in value.values]
            )
        if keyword.arg:
            found[keyword.arg] = value
    return found


def _setup_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and last_name(node) == "setup":
            yield node


def setup_arguments(tree: ast.Module, values: Mapping[str, ast.expr]) -> Iterator[ast.keyword]:
    """Yield the keywords of ``setup()``, those of a ``**dict`` that is written there, too."""
    waiting = [keyword for call in _setup_calls(tree) for keyword in call.keywords]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        value = follow_name(one.value, values)
        again = id(value) in seen
        seen.add(id(value))
        if one.arg is None and isinstance(value, ast.Dict) and not again:
            waiting += [_as_keyword(*pair) for pair in zip(value.keys, value.values, strict=True)]
        elif one.arg is None and _is_dict(value) and not again:
            waiting += value.keywords
        else:
            yield one


def _as_keyword(key: ast.expr | None, value: ast.expr) -> ast.keyword:
    name = str(key.value) if isinstance(key, ast.Constant) else None
    return ast.keyword(arg=name, value=value)


def _is_dict(node: ast.expr | None) -> TypeGuard[ast.Call]:
    """Tell whether an expression is ``dict(name=…)``."""
    plain = isinstance(node, ast.Call) and not node.args and isinstance(node.func, ast.Name)
    return plain and last_name(node or ast.Pass()) == "dict"


def asks_nothing(tree: ast.Module, text: str, more: ast.expr) -> bool:
    """Tell whether ``**more`` surely brings no requirement: filled here, and none is ever named."""
    if not isinstance(more, ast.Name) or "requires" in text.replace("python_requires", ""):
        return False
    for node in ast.walk(tree):
        of = owner_of(node) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and isinstance(of, ast.Name) and of.id == more.id:
            plain = (isinstance(x, ast.Constant | ast.Dict) or _is_dict(x) for x in node.args)
            if not all(plain):
                return False
    given = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, Assignment) and more.id in names_of(node)
    ]
    return bool(given) and all(isinstance(one, ast.Dict) or _is_dict(one) for one in given)


def assigned_once(tree: ast.Module) -> Mapping[str, ast.expr]:
    """Return what names are given, without those that change: ``x = []`` and ``x.append(…)``."""
    values: dict[str, ast.expr] = {}
    changed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for name in names_of(node):
                changed |= {name} & set(values)
                values[name] = node.value
        elif isinstance(node, ast.AugAssign):
            changed.update(names_of(node))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            changed.add(node.value.id)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            changed |= {node.value.id} if isinstance(node.ctx, ast.Store) else set()
    return {name: value for name, value in values.items() if name not in changed}


def follow_name(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    """Return what a name is given once, anything else as it is."""
    return values.get(node.id, node) if isinstance(node, ast.Name) else node
