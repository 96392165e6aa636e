"""Runs a command and notes which files of the image it opens. Runs inside the image, as root.

The kernel tells (fanotify) where it may: every file opened through the container's root, whoever
opens it, machine code included. Where it may not (engines without root, emulated processors), the
command's own interpreters tell what Python opens (``audit_hook``); what machine code opens and
closes on its own stays unseen then.

With only the standard library, and of that what every traced image keeps (``ASKED`` in
``scaffold/assembler/traced/keeping.py``); nothing is written but to memory.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import signal
import sys
import time

TYPE_CHECKING = False  # typing is no part of every image
if TYPE_CHECKING:
    from typing import Any

_EVENT = "=IBBHQii"
_CLOEXEC, _UNLIMITED_QUEUE, _UNLIMITED_MARKS = 0x1, 0x10, 0x20
_MARK_ADD_MOUNT = 0x1 | 0x10
_OPEN, _OVERFLOW = 0x20, 0x4000
_AT_FDCWD = -100
_READ = 1 << 16
_PAUSE = 0.05
_ANSWER_TIMEOUT = 30.0
_BAD = 400
_FOLDER = "/tmp/.leanscaffold-trace"  # noqa: S108 - a path inside the image, in memory


class Kernel:
    """What the kernel says was opened below the root."""

    name = "fanotify"

    def __init__(self) -> None:
        import ctypes  # only where something is traced

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

    def drain(self) -> None:
        """Take what was said since."""
        import struct

        event = struct.Struct(_EVENT)
        while select.select([self._fd], [], [], 0)[0]:
            data = os.read(self._fd, _READ)
            at = 0
            while at < len(data):
                length, _, _, _, mask, file, process = event.unpack_from(data, at)
                at += length
                self.complete = self.complete and not mask & _OVERFLOW
                if file < 0:
                    continue
                if process != os.getpid():
                    self.files.add(os.readlink(f"/proc/self/fd/{file}"))
                os.close(file)


class Interpreters:
    """What the command's own interpreters say they opened, through the audit hook given."""

    name = "audit hook"
    complete = True

    def __init__(self, hook: str) -> None:
        self.files: set[str] = set()
        self._hook = hook
        self._log = f"{_FOLDER}/log"

    def prepare(self, environment: dict[str, str]) -> dict[str, str]:
        """Put the hook where every interpreter of the command imports it, and return how."""
        os.makedirs(_FOLDER, exist_ok=True)
        os.chmod(_FOLDER, 0o755)
        for path, text in ((self._log, ""), (f"{_FOLDER}/sitecustomize.py", self._hook)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        os.chmod(self._log, 0o666)
        paths = [_FOLDER, *filter(None, [environment.get("PYTHONPATH")])]
        return {**environment, "PYTHONPATH": ":".join(paths)}

    def drain(self) -> None:
        """Read what was noted."""
        with open(self._log, encoding="utf-8", errors="surrogateescape") as file:
            self.files = {one for one in file.read().split("\n") if not one.startswith(_FOLDER)}


def open_tracer(wanted: str, hook: str) -> Any:
    """Return what traces here; None if nobody is to."""
    if not wanted:
        return None
    if wanted == "any":
        try:
            return Kernel()
        except (OSError, AttributeError, ImportError):
            pass
    return Interpreters(hook)


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
    try:
        entry = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name or "root")
    except KeyError:
        pass
    else:
        environment.setdefault("HOME", entry.pw_dir)
        name, group = str(entry.pw_uid), group or str(entry.pw_gid)
    os.setgroups([])
    os.setgid(int(group) if group.isdigit() else 0)
    os.setuid(int(name) if name.isdigit() else 0)


def ask(port: int, request: dict[str, Any]) -> int:
    """Send one request to the app and return the status of its answer, 0 where there is none."""
    body = bytes(request["body"])
    head = [
        f"{request['method']} {request['path']} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in request["headers"]),
        *([f"Content-Length: {len(body)}"] if body or request["method"] != "GET" else []),
    ]
    import socket  # what listens has it

    try:
        with socket.create_connection(("127.0.0.1", port), _ANSWER_TIMEOUT) as connection:
            connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
            answer = b""
            while data := connection.recv(_READ):
                answer = answer or data
    except OSError:
        return 0
    words = answer.split(None, 2)
    return int(words[1]) if words[:1] and words[0].startswith(b"HTTP/") else 0


def is_well(port: int, path: str) -> bool:
    """Tell whether the app answers."""
    if path:
        found = ask(port, {"method": "GET", "path": path, "headers": [], "body": []})
        return 0 < found < _BAD
    import socket  # what listens has it

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
                self._tracer.drain()
            found, status = os.waitpid(self._process, os.WNOHANG)
            if found:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= end:
                return False
            else:
                time.sleep(_PAUSE)
        return True

    def stop(self, number: int, grace: float) -> None:
        """End it: politely first."""
        if self.code is None:
            os.kill(self._process, number)
            if not self.wait(grace):
                os.kill(self._process, signal.SIGKILL)
                self.wait(grace)


def exercise(
    command: Command, order: dict[str, Any], environment: dict[str, str], tracer: Any
) -> tuple[bool, list[int]]:
    """Wait until the app is well, send the requests; return whether it was, and the answers.

    The image's own health check is run as well: it is part of how the image is used.
    """
    end = time.monotonic() + order["patience"]
    while time.monotonic() < end:
        if command.wait(_PAUSE):
            return False, []
        if is_well(order["port"], order["health"]):
            answers = [ask(order["port"], request) for request in order["requests"]]
            if order["probe"]:
                probe = Command(start(order["probe"], order["user"], environment), tracer)
                probe.wait(order["patience"])
            command.wait(order["settle"])
            return True, answers
    return False, []


def main(order: dict[str, Any]) -> None:
    """Run, stop, and print what was seen as one line of JSON."""
    tracer = open_tracer(order["tracer"], order["hook"])
    environment = dict(os.environ)
    if not order["home"]:
        environment.pop("HOME", None)
    if tracer is not None:
        environment = tracer.prepare(environment)
    command = Command(start(order["argv"], order["user"], environment), tracer)
    well, answers = False, list[int]()
    if order["port"] is None:
        well = command.wait(order["patience"])
    else:
        well, answers = exercise(command, order, environment, tracer)
    ended = command.code is not None
    command.stop(getattr(signal, order["signal"]), order["grace"])
    found: dict[str, Any] = {"well": well, "ended": ended, "code": command.code, "answers": answers}
    if tracer is not None:
        tracer.drain()
        found |= {"tracer": tracer.name, "complete": tracer.complete}
        found["files"] = sorted(tracer.files)
    found["python"] = ".".join(map(str, sys.version_info[:3]))
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
