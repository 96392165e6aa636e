"""GStreamer in the sources: the elements of pipelines, and OpenCV's way to one."""

import ast
import re
from collections.abc import Iterator

from scaffold.project.source_modules import Module
from scaffold.project.syntax import argument

ELEMENT = "gstreamer.element"
_OPENCV = "cv2.CAP_GSTREAMER"
_CAPTURES = frozenset({"cv2.VideoCapture", "cv2.VideoWriter"})
_FIRST = re.compile(r"(?:.*\bgst-launch-1\.0(?:\s+-\S+)*)?\s*([a-z][\w-]*)(?=\s|$)", re.DOTALL)
_LINK = re.compile(r"\s!\s")
_ENDS = ("src", "sink", "bin")  # a pipeline has an element that begins or ends it
_ANY = "?"  # what stands in a text for what is only known when it runs


def find_pipelines(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield (call, node): ``gstreamer.element NAME`` for each element that a module names.

    A pipeline is a text with `` ! ``, or a list of words with ``!``. Texts of a module of which
    none names where data comes from or goes to are no pipelines.
    """
    for called, call in module.calls():
        name = module.text(argument(call, "factoryname", 0))
        if called.endswith(".ElementFactory.make") and name:
            yield f"{ELEMENT} {name}", call
        if called in _CAPTURES and any(module.dotted(one) == _OPENCV for one in call.args):
            yield _OPENCV, call
    told = {id(one.value) for one in module.of(ast.Expr)}  # docstrings
    linked = [one for text, one in module.texts if "!" in text.split() and id(one) not in told]
    if linked:
        whole = (*linked, *module.of(ast.JoinedStr, ast.BinOp, ast.List, ast.Tuple))
        found = [(name, node) for node in whole for name in _elements(node)]
        if any(name.endswith(_ENDS) for name, _ in found):
            yield from ((f"{ELEMENT} {name}", node) for name, node in found)


def _elements(node: ast.expr) -> Iterator[str]:
    parts = _LINK.split(_text(node))
    if len(parts) > 1:
        yield from (match[1] for match in map(_FIRST.match, parts) if match)


def _text(node: ast.expr) -> str:
    pieces = [node]
    while isinstance(pieces[0], ast.BinOp):  # a sum is as deep as it is long
        both = pieces[0]
        pieces[:1] = [both.left, both.right] if isinstance(both.op, ast.Add) else [both.left]
    if isinstance(pieces[0], ast.List | ast.Tuple):
        return " ".join(map(_plain, pieces[0].elts))
    return "".join(map(_plain, pieces))


def _plain(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else _ANY
    return "".join(map(_plain, node.values)) if isinstance(node, ast.JoinedStr) else _ANY
