"""Runs in a container of a whole image: what programs add to a base that is cut from it.

    python added_probe.py NAME[=PACKAGE]...

Installs the packages that are named. Prints a row of ``pieces`` in a base's file for each set of
files that the same programs take: bytes on disk, bytes as one layer, the programs. Needs the
package ``scaffold.assembler`` beside it, and certificates where ``_CA`` says.
"""

import io
import posixpath
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from scaffold.assembler import MissingProgramError
from scaffold.assembler.libraries import Loader, find_closure
from scaffold.assembler.programs import known_names, list_programs
from scaffold.assembler.system import (
    is_loadable,
    list_interpreter,
    list_stdlib,
    list_system,
    list_unnamed_libraries,
)
from scaffold.assembler.trimming import strip_folder
from scaffold.assembler.view import View, copy_paths, settle_times

_CA = "Acquire::https::CAInfo=/run/secrets/ca"
# BuildKit packs a little worse: `docker push` of ffmpeg, git, tesseract and pdftoppm, 2026-11-26.
_PUSHED = 1.044
_WORTH = 1000  # bytes
_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")


def weigh(view: View, paths: Iterable[str]) -> tuple[int, int]:
    """Return what paths weigh: on disk, packed as one layer."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        copy_paths(view, sorted(paths), out)
        list(strip_folder(out))
        settle_times(out)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(out, "")
        files = [path for path in out.rglob("*") if path.is_file() and not path.is_symlink()]
        packer = zlib.compressobj(6)
        layer = len(packer.compress(packed.getvalue())) + len(packer.flush())
        return sum(path.stat().st_size for path in files), round(layer * _PUSHED)


def list_cut(view: View, loader: Loader, interpreter: str) -> frozenset[str]:
    """Return the real paths of a base without anything on top of it."""
    stdlib = posixpath.dirname(posixpath.dirname(interpreter)) + "/lib/"
    stdlib += posixpath.basename(interpreter)
    first = (
        *list_interpreter(view, interpreter),
        *(path for path in list_stdlib(view, stdlib) if is_loadable(view, loader, path)),
        *list_unnamed_libraries(view, loader.folders),
    )
    found = (*first, *find_closure(loader, first, frozenset()).paths, *list_system(view))
    return frozenset(view.real(path) for path in found)


def main(words: list[str]) -> None:
    """Measure and print."""
    known = known_names(Path("/"))
    whole = View((("/", Path("/")),))
    there = list_cut(whole, Loader(whole), whole.real(sys.executable))
    pairs = [word.partition("=")[::2] for word in words]
    packages = sorted({package for _, package in pairs if package})
    if packages:
        subprocess.run(("apt-get", "-o", _CA, "update", "-qq"), check=True, stdout=2)
        subprocess.run((*_INSTALL, "-o", _CA, "-qq", *packages), check=True, stdout=2)
    view = View((("/", Path("/")),))
    takers: dict[str, list[str]] = {}
    for name, _ in pairs:
        for path in list_files(view, name, known):
            takers.setdefault(path, []).append(name)
    pieces: dict[tuple[str, ...], list[str]] = {}
    for path, taken in takers.items():
        if view.real(path) not in there:
            pieces.setdefault(tuple(taken), []).append(path)
    for names, files in pieces.items():
        on_disk, layer = weigh(view, files)
        if on_disk >= _WORTH:
            figures = f"{_rounded(on_disk):_}, {_rounded(layer):_}"
            sys.stdout.write(f'  [{figures}, "{" ".join(names)}"],\n')


def list_files(view: View, name: str, known: frozenset[str]) -> frozenset[str]:
    """Return the real paths that a program takes with it, libraries included."""
    loader = Loader(view)
    try:
        paths = tuple(list_programs(view, [name], known))
    except MissingProgramError as error:
        sys.stderr.write(f"{error}\n")
        return frozenset()
    found = (*paths, *find_closure(loader, paths, frozenset()).paths)
    return frozenset(view.real(path) for path in found) - {""}


def _rounded(value: int) -> int:
    return round(value, -3)


if __name__ == "__main__":
    main(sys.argv[1:])
