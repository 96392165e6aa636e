"""What the start reads that neither the project nor an image has: files, and the terminal."""

import ast
import posixpath
import re
from collections.abc import Collection, Iterator, Sequence

from scaffold.project.paths import KnownValues, PathReader
from scaffold.project.reached import Reached, starts
from scaffold.project.source_modules import Module, runs_on_import
from scaffold.project.syntax import argument, first_of, method_of, owner_of

_READS = {
    **dict.fromkeys(("io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open"), "file"),
    **dict.fromkeys(("os.listdir", "os.scandir"), "path"),
}
_METHODS = frozenset({"open", "read_text", "read_bytes", "iterdir"})
# What packages call their functions for a file that has to be there.
_FOREIGN = re.compile(r"read_\w+|open|from_file|load_file")
_WRITES = re.compile(r"[wax]")
_FAILURES = ("OSError", "FileNotFoundError", "IOError", "EnvironmentError")
# Of every image, or of every container.
_GIVEN = ("/bin/", "/dev/", "/lib/", "/proc/", "/run/", "/sbin/", "/sys/", "/tmp/", "/usr/")  # noqa: S108
_GIVEN_FILES = frozenset(
    f"/etc/{name}"
    for name in ("hostname", "hosts", "resolv.conf", "os-release", "passwd", "group", "shadow")
) | frozenset({"/etc/localtime", "/etc/timezone", "/etc/machine-id", "/etc/mime.types"})
_ASKS = frozenset({"input", "getpass.getpass", "curses.wrapper"})


def name_missing(
    known: KnownValues,
    reached: Reached,
    *,
    files: Collection[str],
    folder: str,
    workdir: str,
    written: Collection[str],
    told: Sequence[str],
) -> Iterator[str]:
    """Yield a note on each file that the start reads and that is not there.

    ``files`` and folders of the project are, and what it has ``written``; ``told`` are the notes
    on other files, relative paths below ``folder``.
    """
    seen = set[str]()
    for module in known.modules:
        reader = PathReader(module, known, folder)
        found = _reads(module, reader) if module.file in reached.starting else ()
        for path, node in ((path.removeprefix(f"{workdir}/"), node) for path, node in found):
            name = posixpath.basename(path)
            there = path in files or any(_is_below(one, path) for one in (*files, *written))
            if there or path in seen or any(name in note for note in told) or _is_given(path):
                continue
            if _runs(module, node, reached) and not _moved(path, files):
                seen.add(path)
                where = "is not in the image: mount it"
                if not path.startswith("/"):
                    where = "the project lacks: mount it, or put it there"
                yield f"{module.origin(node)} reads {path}, which {where}"


def name_terminal(modules: Sequence[Module], reached: Reached) -> Iterator[str]:
    """Yield a note on the first question that the start asks on a terminal."""
    for module in modules:
        for called, call in module.calls() if module.file in reached.starting else ():
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            asks = called in _ASKS or (name in _ASKS and name not in module.names)
            if asks and _runs(module, call, reached, "EOFError"):
                yield (
                    f"{module.origin(call)} asks on a terminal: run the container with -it; "
                    "without one it ends there"
                )
                return


def _reads(module: Module, reader: PathReader) -> Iterator[tuple[str, ast.Call]]:
    """Yield (path, call) of the files that have to be there where the call runs."""
    for called, call in module.calls():
        plain = isinstance(call.func, ast.Name) and call.func.id == "open"
        mode = module.text(argument(call, "mode", 1))
        path = None
        if called in _READS or (plain and "open" not in module.names):
            path = reader.path(argument(call, _READS.get(called, "file"), 0))
        elif method_of(call) in _METHODS and (path := reader.path(owner_of(call), whole=True)):
            mode = module.text(argument(call, "mode", 0)) if method_of(call) == "open" else ""
        elif called.partition(".")[0] in module.tops and _FOREIGN.fullmatch(
            called.rpartition(".")[2]
        ):
            path = reader.path(first_of(call))
            path = path if path and posixpath.splitext(path)[1] else None
        if path and path != "." and not _WRITES.search(mode) and not re.search(r"[{}*?]", path):
            yield path, call


def _runs(module: Module, node: ast.Call, reached: Reached, *failures: str) -> bool:
    """Tell whether every start comes to a call, and ends where it fails."""
    place = reached.places[module.file].get(id(node))
    main = module.file == reached.first
    if place is None or place.asked or place.chosen or place.survives(*(failures or _FAILURES)):
        return False
    return starts(place, main=main) or (
        place.function and runs_on_import(module, node.lineno, main=main)
    )


def _is_given(path: str) -> bool:
    return path.startswith((*_GIVEN, "/etc/ssl/")) or path in _GIVEN_FILES


def _is_below(inner: str, path: str) -> bool:
    return inner.startswith(f"{path}/") or inner == path


def _moved(path: str, files: Collection[str]) -> bool:
    """Tell whether an absolute path is that of a file of the project in the authors' own image."""
    ends = {path[at + 1 :] for at, letter in enumerate(path) if letter == "/"}
    return path.startswith("/") and not ends.isdisjoint(files)
