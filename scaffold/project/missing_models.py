"""Model files that the sources name and the project lacks."""

import ast
import posixpath
import re
from collections.abc import Container, Iterable, Iterator, Sequence

from scaffold.project.source_modules import Module

# What a framework wrote for others to load; the same endings with another meaning (.bin, .xml,
# .model, .task) are left out.
_MODEL = re.compile(
    r"(?!.*path/to/)(?:[^\s:*?{}%<>]*/)?[\w.+-]*\w\.(?:onnx|tflite|pt|pth|ckpt|gguf|ggml|safetensors|h5|keras|pb|trt|"
    r"engine|hef|rknn|caffemodel|weights|joblib|pkl|pickle|pbtxt)"
)
# Functions that bring or write the file, or only look at its name.
_OTHERWISE = re.compile(
    r"\w*(?:download|retrieve|fetch|dump|save|export|write|convert)\w*"
    r"|to_pickle|endswith|startswith|replace|split|remove|unlink|is_?file|exists|YOLO"
)


def find_lacking_models(
    module: Module, files: Container[str], names: Iterable[str], command: Sequence[str]
) -> Iterator[tuple[str, ast.AST]]:
    """Yield (path, node) of model files that a module names and that nothing seems to bring.

    ``files`` are the project's, ``names`` their last parts; ``command`` starts the application,
    and may name another file with an option.
    """
    texts = [node for node in module.of(ast.Constant) if isinstance(node.value, str)]
    found = [node for node in texts if _MODEL.fullmatch(str(node.value))]
    if not found:
        return
    brought = {id(node) for node in _brought(module, command)}
    written = {str(module.text(node)).rpartition("/")[2] for node in _brought(module, command)}
    addresses = [str(node.value) for node in texts if "://" in str(node.value)]
    there = set(names)
    for node in found:
        path = str(node.value)
        name = path.rpartition("/")[2]
        if name in there | written or posixpath.normpath(path) in files or id(node) in brought:
            continue
        if not any(name in address for address in addresses):
            yield path, node


def _brought(module: Module, command: Sequence[str]) -> Iterator[ast.expr]:
    """Yield arguments of calls that write a file, download it, or take its name from an option."""
    for called, call in module.calls():
        last = call.func.attr if isinstance(call.func, ast.Attribute) else called.rpartition(".")[2]
        options = {text for text in map(module.text, call.args) if text.startswith("--")}
        if _OTHERWISE.fullmatch(last) or not options.isdisjoint(command):
            yield from call.args
            yield from (keyword.value for keyword in call.keywords)
