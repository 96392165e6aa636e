"""Imports modules one after the other. Runs inside the image, with the standard library only.

One process imports all, so that what they share is loaded once; a module that fails there, or
takes the process down, is tried again in a process of its own, and that counts.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # typing is no part of every image
if TYPE_CHECKING:
    from typing import Any, NoReturn

_MOST_TEXT = 500
_CHUNK = 65536


def try_import(module: str) -> dict[str, Any]:
    """Import one module and return what went wrong, if anything did."""
    began = time.monotonic()
    error, absent = "", ""
    try:
        __import__(module)
    except SystemExit as trouble:
        error = f"ends the program ({trouble.code!r})"
    except ModuleNotFoundError as trouble:
        error, absent = str(trouble), trouble.name or ""
    except BaseException as trouble:  # noqa: BLE001 - whatever a module may do when imported
        error = f"{type(trouble).__name__}: {trouble}".strip()[:_MOST_TEXT]
    return _result(module, error, absent=absent, seconds=time.monotonic() - began)


def _result(
    module: str, error: str, *, absent: str = "", crash: str = "", seconds: float = 0.0
) -> dict[str, Any]:
    return {"module": module, "error": error, "absent": absent, "crash": crash, "seconds": seconds}


def work(modules: list[str], pipe: int) -> NoReturn:
    """Import modules and write one line for each, before and after."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(quiet, number)
    for module in modules:
        os.write(pipe, (json.dumps({"begin": module}) + "\n").encode())
        os.write(pipe, (json.dumps(try_import(module)) + "\n").encode())
    os._exit(0)


def supervise(
    modules: list[str], patience: float
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Run a worker; return what it found, and what to say of the module it did not survive."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work(modules, writing)
    os.close(writing)
    found: list[dict[str, Any]] = []
    current, text, hung = "", b"", False
    while True:
        ready, _, _ = select.select([reading], [], [], patience)
        if not ready:
            os.kill(child, signal.SIGKILL)
            hung = True
            break
        data = os.read(reading, _CHUNK)
        if not data:
            break
        *lines, text = (text + data).split(b"\n")
        for line in lines:
            one = json.loads(line)
            current = one.get("begin", "")
            if not current:
                found.append(one)
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if not current:
        return found, None
    if hung:
        return found, _result(current, f"did not end within {patience:.0f} seconds")
    return found, _explain_end(current, status)


def _explain_end(module: str, status: int) -> dict[str, Any]:
    if not os.WIFSIGNALED(status):
        return _result(module, f"ends the interpreter (exit code {os.WEXITSTATUS(status)})")
    name = signal.Signals(os.WTERMSIG(status)).name
    return _result(module, f"crashes the interpreter ({name})", crash=name)


def main(modules: list[str], patience: float) -> None:
    """Write one line of JSON per module."""
    left, again = modules, []
    while left:
        found, lost = supervise(left, patience)
        for one in found:
            if one["error"]:
                again.append(one["module"])
            else:
                _say(one)
        if lost is None:
            break
        again.append(lost["module"])
        left = left[left.index(lost["module"]) + 1 :]
    for module in again:
        found, lost = supervise([module], patience)
        _say(lost or found[0])


def _say(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    sys.path[:0] = [path for path in order["folders"] if path not in sys.path]
    main(order["modules"], order["patience"])
