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
    otherwise = [node for node in _otherwise(module, command) if isinstance(node.value, str)]
    seen = {id(node) for node in otherwise}
    written = {str(node.value).rpartition("/")[2] for node in otherwise}
    addresses = [str(node.value) for node in texts if "://" in str(node.value)]
    there = set(names)
    for node in found:
        path = str(node.value)
        name = path.rpartition("/")[2]
        if name in there | written or posixpath.normpath(path) in files or id(node) in seen:
            continue
        if not any(name in address for address in addresses):
            yield path, node


def _otherwise(module: Module, command: Sequence[str]) -> Iterator[ast.Constant]:
    """Yield what calls write, download, look for, or take from an option that the command has."""
    for called, call in module.calls():
        own = call.func if isinstance(call.func, ast.Attribute) else None
        last = own.attr if own else called.rpartition(".")[2]
        options = {text for text in map(module.text, call.args) if text.startswith("--")}
        if _OTHERWISE.fullmatch(last) or not options.isdisjoint(command):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            if own is not None and isinstance(own.value, ast.Call):  # Path(name).is_file()
                given += own.value.args
            for node in given:
                inside = ast.walk(module.named(node) or node)
                yield from (one for one in inside if isinstance(one, ast.Constant))
