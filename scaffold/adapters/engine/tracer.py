"""Runs a command and notes which files of the image it opens. Runs inside the image, as root.

The kernel tells (fanotify) where it may: every file opened through the container's root, by whoever,
machine code included. Where it may not (engines without root, processors that are emulated), an
audit hook in the command's own interpreters tells what Python opens, and their memory maps which
libraries were loaded; what machine code opens and closes on its own stays unseen then.

With only the standard library, and nothing written but to memory.
"""

from __future__ import annotations

import base64
import ctypes
import http.client
import json
import os
import pwd
import select
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_EVENT = struct.Struct("=IBBHQii")
_CLOEXEC, _UNLIMITED_QUEUE, _UNLIMITED_MARKS = 0x1, 0x10, 0x20
_MARK_ADD_MOUNT = 0x1 | 0x10
_OPEN, _OVERFLOW = 0x20, 0x4000
_AT_FDCWD = -100
_READ = 1 << 16
_PAUSE = 0.05
_ANSWER_TIMEOUT = 30.0
_FOLDER = Path("/tmp/.leanscaffold-trace")  # noqa: S108 - a path inside the image, in memory
_HOOK = '''
import os, sys
def install():
    log = os.open("{log}", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    seen, state = set(), [False, False]
    def say(path):
        if path not in seen:
            seen.add(path)
            os.write(log, (path + chr(10)).encode("utf-8", "surrogateescape"))
    def read_maps():
        state[1] = False
        with open("/proc/self/maps") as maps:
            for line in maps:
                if "/" in line:
                    say(line[line.index("/"):].rstrip(chr(10)))
    def hook(event, args):
        if state[0]:
            return
        state[0] = True
        try:
            if state[1]:
                read_maps()
            if event == "open" and isinstance(args[0], (str, bytes)):
                if not (isinstance(args[2], int) and args[2] & 3):
                    say(os.path.abspath(os.fsdecode(args[0])))
            elif event == "import" and args[1]:
                say(os.path.abspath(args[1]))
                state[1] = True
            elif event == "ctypes.dlopen":
                state[1] = True
        except Exception:
            pass
        finally:
            state[0] = False
    say(os.path.realpath(sys.executable))
    for module in list(sys.modules.values()):
        for name in ("__file__", "__cached__"):
            path = getattr(module, name, None)
            if isinstance(path, str) and os.path.isfile(path):
                say(path)
    read_maps()
    state[1] = True
    import atexit
    atexit.register(read_maps)
    sys.addaudithook(hook)
install()
del install
sys.path[:] = [path for path in sys.path if path != "{folder}"]
del sys.modules["sitecustomize"]
try:
    import sitecustomize
except ModuleNotFoundError:
    pass
'''


class Kernel:
    """What the kernel says was opened below the root."""

    name = "fanotify"

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        flags = _CLOEXEC | _UNLIMITED_QUEUE | _UNLIMITED_MARKS
        self._fd = libc.fanotify_init(flags, os.O_RDONLY | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "fanotify_init")
        mark = libc.fanotify_mark(
            ctypes.c_int(self._fd),
            ctypes.c_uint(_MARK_ADD_MOUNT),
            ctypes.c_uint64(_OPEN),
            ctypes.c_int(_AT_FDCWD),
            b"/",
        )
        if mark < 0:
            raise OSError(ctypes.get_errno(), "fanotify_mark")
        self.files: set[str] = set()
        self.complete = True

    def prepare(self, environment: dict[str, str]) -> dict[str, str]:
        """Return the environment for the command: unchanged."""
        return environment

    def drain(self, seconds: float) -> None:
        """Take what was said, waiting at most so long for the first word."""
        while select.select([self._fd], [], [], seconds)[0]:
            data = os.read(self._fd, _READ)
            at = 0
            while at < len(data):
                length, _, _, _, mask, file, process = _EVENT.unpack_from(data, at)
                at += length
                self.complete = self.complete and not mask & _OVERFLOW
                if file < 0:
                    continue
                if process != os.getpid():
                    self.files.add(os.readlink(f"/proc/self/fd/{file}"))
                os.close(file)
            seconds = 0

    def finish(self) -> None:
        """Take what is left."""
        self.drain(0)


class Interpreters:
    """What the command's own interpreters say they opened."""

    name = "audit hook"
    complete = True

    def __init__(self) -> None:
        self.files: set[str] = set()
        self._log = _FOLDER / "log"

    def prepare(self, environment: dict[str, str]) -> dict[str, str]:
        """Put the hook where every interpreter of the command imports it, and return how."""
        _FOLDER.mkdir(exist_ok=True)
        _FOLDER.chmod(0o755)
        self._log.touch()
        self._log.chmod(0o666)
        hook = _FOLDER / "sitecustomize.py"
        hook.write_text(_HOOK.format(log=self._log, folder=_FOLDER))
        paths = [str(_FOLDER), *filter(None, [environment.get("PYTHONPATH")])]
        return {**environment, "PYTHONPATH": ":".join(paths)}

    def drain(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def finish(self) -> None:
        """Read what was noted."""
        if self._log.exists():
            lines = self._log.read_text("utf-8", "surrogateescape").splitlines()
            self.files = {one for one in lines if not one.startswith(str(_FOLDER))}


def open_tracer(wanted: str) -> Any:
    """Return what traces here; None if nobody is to."""
    if not wanted:
        return None
    if wanted == "any":
        with suppress(OSError, AttributeError):
            return Kernel()
    return Interpreters()


def start(argv: list[str], user: str, environment: dict[str, str]) -> int:
    """Start the command as the image's user, and return its process."""
    child = os.fork()
    if child:
        return child
    try:
        os.dup2(2, 1)
        if os.getuid() == 0:
            become(user, environment)
        os.execvpe(argv[0], argv, environment)  # noqa: S606 - there may be no shell
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    os._exit(127)


def become(user: str, environment: dict[str, str]) -> None:
    """Give up being root; a name is looked up in the image."""
    name, _, group = user.partition(":")
    with suppress(KeyError):
        entry = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name or "root")
        environment.setdefault("HOME", entry.pw_dir)
        name, group = str(entry.pw_uid), group or str(entry.pw_gid)
    os.setgroups([])
    os.setgid(int(group) if group.isdigit() else 0)
    os.setuid(int(name) if name.isdigit() else 0)


def ask(port: int, request: dict[str, Any]) -> int:
    """Send one request to the app and return the status of its answer, 0 where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_TIMEOUT)
    try:
        body = base64.b64decode(request["body"]) or None
        connection.request(request["method"], request["path"], body, dict(request["headers"]))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


def is_well(port: int, path: str) -> bool:
    """Tell whether the app answers."""
    if path:
        found = ask(port, {"method": "GET", "path": path, "headers": [], "body": ""})
        return 0 < found < http.HTTPStatus.BAD_REQUEST
    try:
        socket.create_connection(("127.0.0.1", port), _ANSWER_TIMEOUT).close()
    except OSError:
        return False
    return True


class Command:
    """The command while it runs."""

    def __init__(self, process: int, tracer: Any) -> None:
        self._process = process
        self._tracer = tracer
        self.code: int | None = None

    def wait(self, seconds: float) -> bool:
        """Tell whether it ended within so many seconds."""
        end = time.monotonic() + seconds
        while self.code is None:
            if self._tracer is not None:
                self._tracer.drain(0)
            found, status = os.waitpid(-1, os.WNOHANG)
            if found == self._process:
                self.code = os.waitstatus_to_exitcode(status)
            elif found == 0 and time.monotonic() >= end:
                return False
            elif found == 0:
                time.sleep(_PAUSE)
        return True

    def stop(self, number: int, grace: float) -> None:
        """End it: politely first."""
        if self.code is None:
            os.kill(self._process, number)
            if not self.wait(grace):
                os.kill(self._process, signal.SIGKILL)
                self.wait(grace)


def exercise(command: Command, order: dict[str, Any]) -> tuple[bool, list[int]]:
    """Wait until the app is well, send the requests; return whether it was, and the answers."""
    end = time.monotonic() + order["patience"]
    while time.monotonic() < end:
        if command.wait(_PAUSE):
            return False, []
        if is_well(order["port"], order["health"]):
            answers = [ask(order["port"], request) for request in order["requests"]]
            command.wait(order["settle"])
            return True, answers
    return False, []


def main(order: dict[str, Any]) -> None:
    """Run, stop, and print what was seen as one line of JSON."""
    tracer = open_tracer(order["tracer"])
    environment = dict(os.environ)
    if not order["home"]:
        environment.pop("HOME", None)
    if tracer is not None:
        environment = tracer.prepare(environment)
    command = Command(start(order["argv"], order["user"], environment), tracer)
    well, answers = False, []
    if order["port"] is None:
        well = command.wait(order["patience"])
    else:
        well, answers = exercise(command, order)
    ended = command.code is not None
    command.stop(getattr(signal, order["signal"]), order["grace"])
    found = {"well": well, "ended": ended, "code": command.code, "answers": answers}
    if tracer is not None:
        tracer.finish()
        found |= {"tracer": tracer.name, "complete": tracer.complete}
        found["files"] = sorted(tracer.files)
    found["python"] = ".".join(map(str, sys.version_info[:3]))
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
