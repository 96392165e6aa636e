"""Model files and other heavy ones: what a layer makes of them, and which the sources miss."""

import ast
import posixpath
import re
import zlib
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from scaffold.model.project import HeavyFile
from scaffold.project.source_modules import Module
from scaffold.project.syntax import method_of, owner_of

_KINDS = frozenset(
    {
        *(".onnx", ".ort", ".tflite", ".pt", ".pth", ".ptl", ".ckpt"),
        *(".gguf", ".ggml", ".safetensors", ".bin", ".h5", ".hdf5", ".keras"),
        *(".pb", ".engine", ".trt", ".plan", ".hef", ".rknn", ".kmodel"),
        *(".param", ".ncnn", ".mnn", ".caffemodel", ".weights", ".pdparams", ".pdmodel"),
        *(".mlmodel", ".joblib", ".pkl", ".pickle", ".npy", ".npz", ".model"),
        *(".task", ".nemo", ".xml", ".db", ".sqlite", ".sqlite3", ".duckdb"),
        *(".parquet", ".feather", ".arrow", ".mmdb", ".csv", ".tsv", ".jsonl"),
        *(".gz", ".zip", ".tar", ".ttf", ".otf", ".ttc", ".woff"),
        *(".woff2", ".wav", ".mp3", ".ogg", ".flac", ".mp4", ".png"),
        *(".jpg", ".jpeg", ".gif", ".webp", ".tif", ".so"),
    }
)
_SOURCES = frozenset({".py", ".pyi", ".pyc", ".js", ".ts", ".css", ".html"})
_OF_A_KIND = 1_000_000  # bytes from which a file of such a kind counts
_OF_ANY_KIND = 8_000_000
_MOST = 40  # files; each is named in the Dockerfile
_SAMPLES = 16
_SAMPLE = 1 << 18  # bytes
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


def find_heavy(root: Path, listed: Iterable[tuple[str, int]]) -> tuple[HeavyFile, ...]:
    """Return the heaviest of the files that are no sources, by path; their content is sampled."""
    heavy = sorted((pair for pair in listed if _is_heavy(*pair)), key=lambda one: (-one[1], one[0]))
    return tuple(
        HeavyFile(path=path, size=size, compressed=_sample(root / path, size))
        for path, size in sorted(heavy[:_MOST])
    )


def _is_heavy(path: str, size: int) -> bool:
    if size < _OF_A_KIND:
        return False
    suffix = PurePosixPath(path).suffix.lower()
    return suffix not in _SOURCES and size >= (_OF_A_KIND if suffix in _KINDS else _OF_ANY_KIND)


def _sample(path: Path, size: int) -> int:
    """Return about what a layer makes of a file: of a large one, pieces from all over it."""
    read = packed = 0
    step = max(size // _SAMPLES, _SAMPLE)
    try:
        with path.open("rb") as file:
            for start in range(0, size, step):
                file.seek(start)
                piece = file.read(_SAMPLE)
                read += len(piece)
                packed += len(zlib.compress(piece, 6))
    except OSError:
        return size
    return round(size * packed / read) if read else size


def find_lacking_models(
    module: Module, files: Container[str], names: Iterable[str], command: Sequence[str]
) -> Iterator[tuple[str, ast.AST]]:
    """Yield (path, node) of model files that a module names and that nothing seems to bring.

    ``files`` are the project's, ``names`` their last parts; ``command`` starts the application,
    and may name another file with an option.
    """
    found = [(text, node) for text, node in module.texts if _MODEL.fullmatch(text)]
    if not found:
        return
    otherwise = [node for node in _otherwise(module, command) if isinstance(node.value, str)]
    seen = {id(node) for node in otherwise}
    written = {str(node.value).rpartition("/")[2] for node in otherwise}
    addresses = [text for text, _ in module.texts if "://" in text]
    there = set(names)
    for path, node in found:
        name = path.rpartition("/")[2]
        if name in there | written or posixpath.normpath(path) in files or id(node) in seen:
            continue
        if not any(name in address for address in addresses):
            yield path, node


def _otherwise(module: Module, command: Sequence[str]) -> Iterator[ast.Constant]:
    """Yield what calls write, download, look for, or take from an option that the command has."""
    for called, call in module.calls():
        own, last = owner_of(call), method_of(call) or called.rpartition(".")[2]
        options = {text for text in map(module.text, call.args) if text.startswith("--")}
        if _OTHERWISE.fullmatch(last) or not options.isdisjoint(command):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            given += own.args if isinstance(own, ast.Call) else []  # Path(name).is_file()
            for node in given:
                inside = ast.walk(module.named(node) or node)
                yield from (one for one in inside if isinstance(one, ast.Constant))
