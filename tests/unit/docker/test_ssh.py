"""An engine behind SSH: how it is dialled, and what becomes of its connections."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scaffold.docker.connect import connect, dial, place_socket
from scaffold.model.errors import EngineMissingError

VERSION = b'{"ApiVersion": "1.51", "Version": "x", "MinAPIVersion": "1.12"}'
# What a login does in the end: it joins input and output to the engine there.
RELAY = """
import os, select, socket, sys
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2], "a").write(" ".join(sys.argv[3:]) + "\\n")
ends = {0: there.fileno(), there.fileno(): 1}
while ends:
    for end in select.select(list(ends), [], [])[0]:
        data = os.read(end, 65536)
        if not data:
            sys.exit(0)
        os.write(ends[end], data)
"""

Device = Callable[[str], dict[str, str]]


class _Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(VERSION)))
        self.end_headers()
        self.wfile.write(VERSION)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def logins(tmp_path: Path) -> Path:
    """The file in which each login leaves a line."""
    return tmp_path / "logins"


@pytest.fixture
def environ(tmp_path: Path, logins: Path) -> Iterator[dict[str, str]]:
    """An environment in which ``ssh`` reaches an engine, after a Ctrl-C that must not end it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Engine)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    relay = tmp_path / "relay.py"
    relay.write_text(RELAY)
    words = f"'{sys.executable}' '{relay}' {server.server_port} '{logins}'"
    yield with_ssh(tmp_path / "bin", f'kill -INT $$; exec {words} "$@"')
    server.shutdown()
    server.server_close()
    thread.join()


def with_ssh(folder: Path, script: str) -> dict[str, str]:
    folder.mkdir()
    (folder / "ssh").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "ssh").chmod(0o700)
    return {"PATH": f"{folder}{os.pathsep}{os.defpath}"}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ssh://device", "-T -- device docker system dial-stdio"),
        ("ssh://pi@device:2222", "-T -l pi -p 2222 -- device docker system dial-stdio"),
        (
            "ssh://device/run/user/1000/docker.sock",
            "-T -- device docker --host unix:///run/user/1000/docker.sock system dial-stdio",
        ),
    ],
)
def test_a_device_is_dialled_as_docker_dials_it(address: str, words: str) -> None:
    assert " ".join(dial(address)).endswith(f" ssh -o ConnectTimeout=30 {words}")


def test_what_is_asked_again_and_again_takes_one_login(
    environ: dict[str, str], logins: Path
) -> None:
    with connect("ssh://pi@device", environ=environ) as client:
        for _ in range(5):
            assert client.version()["ApiVersion"] == "1.51"
    # Another for the question which version of the API it speaks, which has another address.
    login = "-o ConnectTimeout=30 -T -l pi -- device docker system dial-stdio"
    assert logins.read_text().splitlines() == [login, login]


def test_a_login_that_fails_is_no_engine_and_says_what_has_to_work(tmp_path: Path) -> None:
    environ = with_ssh(tmp_path / "bin", "exit 255")
    with (
        pytest.raises(EngineMissingError, match="no Docker Engine answers at ssh://pi") as raised,
        connect("ssh://pi@device", environ=environ),
    ):
        pytest.fail("an engine answered")
    assert "ssh HOST docker version" in raised.value.hint


def test_without_an_ssh_command_it_says_what_to_install(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineMissingError, match="ssh://pi@device cannot be reached") as raised,
        connect("ssh://pi@device", environ={"PATH": str(tmp_path)}),
    ):
        pytest.fail("an engine answered")
    assert "OpenSSH" in raised.value.hint


def test_a_socket_goes_where_its_path_is_not_too_long() -> None:
    assert place_socket("/var/tmp") == "/var/tmp"  # noqa: S108 - nothing is written
    assert place_socket("/" + "long" * 20) == "/tmp"  # noqa: S108 - nothing is written
