"""Bytecode made by this machine's interpreter, which is the target's in every other respect."""

import os
import py_compile
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
_MOST_PROCESSES = 8
_SHARE = 50  # sources for which a process is worth starting

# A source, the path at which the app will see it, and whether the bytecode stands for it.
_Job = tuple[Path, str, bool]


def compile_folder(folder: Path, shown: str, *, alone: Iterable[str] = (), every: bool) -> None:
    """Compile the sources below a folder, which the app will see at ``shown``.

    ``alone`` are top-level names whose sources then go, ``every`` means all of them. Hashes are
    not checked at run time, so no change of file times makes the bytecode stale. Files that do not
    compile stay sources: packages ship templates and old syntax.
    """
    names = frozenset(alone)
    jobs: list[_Job] = []
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        top = inside.parts[0].removesuffix(".py")
        jobs.append((path, f"{shown}/{inside}", every or top in names))
    count = min(os.cpu_count() or 1, _MOST_PROCESSES, len(jobs) // _SHARE + 1)
    if sys.platform != "linux":  # elsewhere a fork may not run what its parent has loaded
        count = 1
    _compile_shares([jobs[number::count] for number in range(count)])


def _compile_shares(shares: Sequence[Sequence[_Job]]) -> None:
    """Compile each share in a process of its own, the first in this one."""
    children: list[tuple[int, Sequence[_Job]]] = []
    for share in shares[1:]:
        child = os.fork()
        if child == 0:
            failed = 1
            try:
                _compile_files(share)
                failed = 0
            finally:
                os._exit(failed)
        children.append((child, share))
    for share in shares[:1]:
        _compile_files(share)
    for child, share in children:
        if os.waitpid(child, 0)[1] != 0:  # out of memory, say: once more, with less at a time
            _compile_files([job for job in share if job[0].exists()])


def _compile_files(jobs: Iterable[_Job]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path, shown, alone in jobs:
            _compile_file(path, shown, alone=alone)


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
