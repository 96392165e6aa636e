"""Python sources as syntax trees, also those whose expressions are too deep for ``ast``.

CPython compiles sums of thousands of terms, as generated sources have them, but its ``ast`` raises
RecursionError. Of such a file the tokens tell what is asked here: imports and texts.
"""

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator


def parse(source: bytes) -> ast.Module:
    """Return the tree of a source; of a deep one only imports, names and texts, side by side.

    Raises SyntaxError or ValueError for what is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (RecursionError, MemoryError):
            return _Flat(body=list(_read_tokens(source)), type_ignores=[])


class _Flat(ast.Module):
    """A tree that was read from tokens."""


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
