"""Trees of Python sources, however deep, and what is inside a node."""

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator, Mapping
from typing import Any


class _Flat(ast.Module):
    """A tree that was read from tokens."""


# The fields of each kind of node that hold others; nothing asks for contexts and operators.
_PLAIN = {"ctx", "op", "ops", "id", "attr", "arg", "names", "module", "level", "kind", "conversion"}
INNER: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field for field in kind._fields if field not in _PLAIN)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
} | {ast.Constant: (), _Flat: ("body",)}


def walk(tree: ast.AST) -> list[ast.AST]:
    """Return a node with all inside it as ``ast.walk`` does, but contexts, operators, aliases."""
    nodes: list[Any] = [tree]
    for node in nodes:
        for field in INNER.get(node.__class__, ()):
            value = getattr(node, field)
            if not isinstance(value, list):
                nodes.append(value)
            elif value:
                nodes += value
    return [node for node in nodes if isinstance(node, ast.AST)]


def parse(source: bytes) -> ast.Module:
    """Return the tree of a source; of a deep one only imports, names and texts, side by side.

    CPython compiles sums of thousands of terms, as generated sources have them; ``ast`` raises
    RecursionError. Raises SyntaxError or ValueError for what is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (RecursionError, MemoryError):
            return _Flat(body=list(_read_tokens(source)), type_ignores=[])


def is_flat(tree: ast.Module) -> bool:
    """Tell whether a tree was read from tokens: it knows no functions and no branches."""
    return isinstance(tree, _Flat)


def _read_tokens(source: bytes) -> Iterator[ast.stmt]:
    line: list[str] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type in {tokenize.NEWLINE, tokenize.ENDMARKER} or token.string == ";":
                yield from _read_line(line)
                line = []
            elif token.type in {tokenize.NAME, tokenize.OP, tokenize.STRING}:
                line.append(token.string)
    except (tokenize.TokenError, IndentationError):
        return


def _read_line(words: list[str]) -> Iterator[ast.stmt]:
    """Yield a statement that imports, or else the names and texts that stand in it."""
    starts = [number for number, word in enumerate(words) if word in {"import", "from"}]
    for start in starts[:1]:
        try:
            yield from ast.parse(" ".join(words[start:])).body
        except SyntaxError:
            continue
        return
    for word in words:
        try:
            yield ast.Expr(ast.parse(word, mode="eval").body)
        except (SyntaxError, ValueError):
            continue
