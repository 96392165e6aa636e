"""Bytecode made by this machine's interpreter, which is the target's in every other respect."""

import py_compile
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_folder(folder: Path, shown: str, *, alone: Iterable[str] = (), every: bool) -> None:
    """Compile the sources below a folder, which the app will see at ``shown``.

    ``alone`` are top-level names whose sources then go, ``every`` means all of them. Hashes are
    not checked at run time, so no change of file times makes the bytecode stale. Files that do not
    compile stay sources: packages ship templates and old syntax.
    """
    names = frozenset(alone)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(folder.rglob("*.py")):
            inside = path.relative_to(folder)
            top = inside.parts[0].removesuffix(".py")
            _compile_file(path, f"{shown}/{inside}", alone=every or top in names)


def _compile_file(path: Path, shown: str, *, alone: bool) -> None:
    cached = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
    target = path.with_suffix(".pyc") if alone else cached
    try:
        py_compile.compile(
            str(path), str(target), dfile=shown, doraise=True, invalidation_mode=_UNCHECKED
        )
    except (py_compile.PyCompileError, OSError, ValueError, RecursionError):
        return
    if alone:
        path.unlink()
