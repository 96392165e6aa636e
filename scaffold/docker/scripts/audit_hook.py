"""Notes what the interpreter that imports it opens. Runs inside the image, as its sitecustomize.

An audit hook tells what Python opens, and the memory map which libraries were loaded. The log is
beside this file, which takes itself off the path and lets the image's own sitecustomize follow.
"""

import atexit
import os
import sys

TYPE_CHECKING = False  # typing is no part of every image
if TYPE_CHECKING:
    from typing import Any


class Notes:
    """The paths seen so far, each written into the log once."""

    def __init__(self, log: str) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._seen: set[str] = set()
        self._busy = False
        self._maps_changed = False

    def begin(self) -> None:
        """Note what is loaded already, and from now on what is opened."""
        self._say(os.path.realpath(sys.executable))
        for module in list(sys.modules.values()):
            for name in ("__file__", "__cached__"):
                path = getattr(module, name, None)
                if isinstance(path, str) and os.path.isfile(path):
                    self._say(path)
        self._read_maps()
        self._maps_changed = True
        atexit.register(self._read_maps)
        sys.addaudithook(self._hear)

    def _say(self, path: str) -> None:
        if path not in self._seen:
            self._seen.add(path)
            os.write(self._log, f"{path}\n".encode("utf-8", "surrogateescape"))

    def _read_maps(self) -> None:
        self._maps_changed = False
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                if "/" in line:
                    self._say(line[line.index("/") :].rstrip("\n"))

    def _hear(self, event: str, args: "tuple[Any, ...]") -> None:
        if self._busy:
            return
        self._busy = True
        try:
            if self._maps_changed:
                self._read_maps()
            self._note(event, args)
        except Exception:  # noqa: BLE001, S110 - the app must not notice
            pass
        finally:
            self._busy = False

    def _note(self, event: str, args: "tuple[Any, ...]") -> None:
        if event == "open" and isinstance(args[0], str | bytes):
            if not (isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)):
                self._say(os.path.abspath(os.fsdecode(args[0])))
        elif event == "import" and args[1]:
            self._say(os.path.abspath(args[1]))
            self._maps_changed = True
        elif event == "ctypes.dlopen":
            self._maps_changed = True


def _make_way(folder: str) -> None:
    """Let the image's own sitecustomize, if it has one, be imported after all."""
    sys.path[:] = [path for path in sys.path if path != folder]
    ours = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
    except ModuleNotFoundError:
        sys.modules["sitecustomize"] = ours  # who imports it looks for it there


if __name__ == "sitecustomize":
    _folder = os.path.dirname(__file__)
    Notes(f"{_folder}/log").begin()
    _make_way(_folder)
