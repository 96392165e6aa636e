"""C and C++ headers.

Why: only a compiler reads them, and the image has none; where the base has one, they stay.
TensorFlow brings 268 MB of them.
"""

from collections.abc import Iterable

from .scan import Packages, Parts, ending

_ENDINGS = frozenset({".h", ".hh", ".hpp", ".hxx", ".h++", ".cuh", ".inl", ".inc", ".ipp", ".tcc"})
# Compilers that run at run time, for a GPU; packages that start one bring its headers.
_COMPILERS = ("nvrtc", "hiprtc", "nvcc")


def covers(parts: Parts) -> bool:
    """Tell by its name; headers without an ending live in folders called include."""
    return ending(parts) in _ENDINGS or ("include" in parts[:-1] and ending(parts) == "")


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return the headers of packages that start no compiler of their own."""
    compile_themselves = {
        top
        for top, texts in packages.texts.items()
        if any(text.startswith(_COMPILERS) for text in texts)
    }
    return [parts for parts in files if parts[0] not in compile_themselves]
