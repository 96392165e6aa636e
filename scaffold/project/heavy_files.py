"""The heaviest files of a project that are no sources, and what a layer makes of them."""

import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from scaffold.model.project import HeavyFile

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
