"""An engine behind SSH: a socket of our own, each connection to which ``ssh`` carries there.

The SDK has a transport of its own for that. It logs in anew for every request, and a connection
that breaks looks like a pipe that nobody reads.
"""

import os
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_LONGEST = 103  # bytes of a socket's path on macOS; 107 on Linux
# What ends us must not end ssh: what we made there is still to be removed.
_DEAF = 'trap "" INT; exec ssh "$@"'


@contextmanager
def tunnel(address: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the ``unix://`` address of a socket that leads to the engine at ``ssh://…``.

    Whether somebody answers there shows when it is used. Raises ValueError for a bad address.
    """
    argv = dial(address)
    with tempfile.TemporaryDirectory(prefix="leanscaffold-", dir=place_socket()) as folder:
        path = str(Path(folder) / "engine.sock")
        with _Carrier(path, argv, environ) as carrier:
            thread = threading.Thread(target=carrier.serve_forever, args=(0.1,), daemon=True)
            thread.start()
            try:
                yield f"unix://{path}"
            finally:
                carrier.shutdown()
                carrier.end()


def dial(address: str) -> tuple[str, ...]:
    """Return the command that joins its input and output to an engine, as docker itself does."""
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError(f"{address} names no host")
    options = ["-o", "ConnectTimeout=30", "-T"]
    options += ["-l", parts.username] if parts.username else []
    options += ["-p", str(parts.port)] if parts.port else []
    there = ["docker", "system", "dial-stdio"]
    if parts.path.strip("/"):
        there[1:1] = ["--host", f"unix://{parts.path}"]
    return ("sh", "-c", _DEAF, "ssh", *options, "--", parts.hostname, *there)


def place_socket(temporary: str | None = None) -> str:
    """Return the folder for temporary files, or a short one where a socket's path has no room."""
    folder = temporary or tempfile.gettempdir()
    example = Path(folder) / "leanscaffold-12345678" / "engine.sock"
    return folder if len(os.fsencode(example)) <= _LONGEST else "/tmp"  # noqa: S108 - our own below


class _Carrier(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        super().__init__(path, socketserver.BaseRequestHandler)
        self._argv = argv
        self._environ = dict(environ)
        self._running: set[subprocess.Popen[bytes]] = set()

    def finish_request(self, request: Any, _: Any) -> None:
        """Carry one connection, until either side ends it."""
        with subprocess.Popen(  # noqa: S603 - an address that the user gave, after ``--``
            self._argv, env=self._environ, stdin=request, stdout=request
        ) as process:
            self._running.add(process)
        self._running.discard(process)

    def end(self) -> None:
        """End what is still connected."""
        for process in tuple(self._running):
            process.terminate()
