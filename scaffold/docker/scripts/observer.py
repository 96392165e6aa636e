"""Watches an app from beside it. Runs inside a container, with the standard library only.

The container owns the network that the app's container joins: asking needs no open port, works
without any network, and takes nothing from the app's own memory and processors.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # typing is no part of every image
if TYPE_CHECKING:
    from typing import NoReturn

_ANSWER_TIMEOUT = 5.0
_PAUSE = 0.02
_BAD = 400
_LONGEST = 65536
_CGROUPS = "/run/cgroup"
_LISTENING = "0A"


def say(**found: object) -> None:
    """Print one finding as a line of JSON."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def ask(port: int, path: str) -> tuple[bool, str]:
    """Return (whether the app is well, what it answered). Images of traced apps have no urllib."""
    import socket  # what listens has it

    try:
        with socket.create_connection(("127.0.0.1", port), _ANSWER_TIMEOUT) as connection:
            if not path:
                return True, "a connection"
            host = f"Host: 127.0.0.1:{port}"
            lines = (f"GET {path} HTTP/1.1", host, "Connection: close", "", "")
            connection.sendall("\r\n".join(lines).encode())
            with connection.makefile("rb") as answer:
                first = answer.readline(_LONGEST).split(None, 2)
    except OSError as error:
        return False, str(error)
    if len(first) < 2 or not first[0].startswith(b"HTTP/") or not first[1].isdigit():  # noqa: PLR2004
        return False, "no HTTP"
    status = int(first[1])
    return status < _BAD, f"HTTP {status}"


def watch(port: int, path: str) -> NoReturn:
    """Ask until the app is well, then wait to be ended; every new answer is said."""
    say(ready=time.time())
    last = None
    while True:
        well, answer = ask(port, path)
        if well:
            say(well=time.time(), answer=answer)
            idle()
        if answer != last:
            say(answer=answer)
            last = answer
        time.sleep(_PAUSE)


def follow(container: str) -> NoReturn:
    """Say the peak of a container's memory whenever it rises: who ends takes its figures along."""
    say(ready=time.time())
    file, last = "", 0
    while True:
        file = file or find_peak(container)
        peak = read_number(file) if file else None
        if peak and peak > last:
            say(peak=peak)
            last = peak
        time.sleep(_PAUSE / 4)


def idle() -> NoReturn:
    """Keep the network alive until somebody ends this."""
    while True:
        signal.pause()


def find_peak(container: str) -> str:
    """Return the file that holds the most memory that a container ever held, in bytes."""
    for folder, _, names in os.walk(_CGROUPS):
        if container in os.path.basename(folder):
            for name in ("memory.peak", "memory.max_usage_in_bytes"):
                if name in names:
                    return f"{folder}/{name}"
    return ""


def read_number(file: str) -> int | None:
    """Return the number in a file, None if it is gone: the container has just ended."""
    try:
        with open(file, encoding="ascii") as opened:
            return int(opened.read())
    except OSError:
        return None


def read_listening(port: int) -> list[str]:
    """Return the addresses that somebody listens on, as the kernel spells them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file.read().splitlines()[1:]]
        except OSError:
            continue
        for row in rows:
            address, _, number = row[1].partition(":")
            if row[3] == _LISTENING and int(number, 16) == port:
                found.add(address)
    return sorted(found)


def main(order: dict[str, object]) -> None:
    """Watch, or read the figures of a container."""
    port, path, container = order.get("port"), order.get("path"), order.get("container")
    if order["do"] == "watch":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if isinstance(port, int):
            watch(port, str(path or ""))
        follow(str(container))
    listens = read_listening(port) if isinstance(port, int) else []
    file = find_peak(str(container))
    say(peak=read_number(file) if file else None, listens=listens)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
