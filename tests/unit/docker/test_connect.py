"""Which engine is found, as the docker command finds it, and what keeps the SDK from it."""

import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from docker.errors import APIError

from scaffold.docker.connect import connect, explain, find_engine, measure_room
from scaffold.model.errors import (
    EngineError,
    EngineForbiddenError,
    EngineMissingError,
    EngineOldError,
)

if TYPE_CHECKING:
    from docker import DockerClient


def enter(host: str | None = None, **environ: str) -> None:
    with connect(host, environ=environ):
        pytest.fail("an engine answered")


def write_context(config: Path, name: str, host: str) -> Path:
    key = hashlib.sha256(name.encode()).hexdigest()
    folder = config / "contexts" / "meta" / key
    folder.mkdir(parents=True)
    endpoints = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": endpoints}))
    return config / "contexts" / "tls" / key / "docker"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder of docker's settings with two contexts, the first of which is the current one."""
    write_context(tmp_path, "lab", "tcp://192.0.2.1:2375")
    write_context(tmp_path, "pi", "ssh://pi@pi.example")
    (tmp_path / "config.json").write_text('{"currentContext": "lab"}')
    return tmp_path


@pytest.mark.parametrize(
    ("host", "environ", "found"),
    [
        (None, {}, "tcp://192.0.2.1:2375"),
        (None, {"DOCKER_CONTEXT": "pi"}, "ssh://pi@pi.example"),
        (None, {"DOCKER_HOST": "unix:///x.sock", "DOCKER_CONTEXT": "pi"}, "unix:///x.sock"),
        ("pi", {"DOCKER_HOST": "unix:///x.sock"}, "ssh://pi@pi.example"),
        ("ssh://a@b", {"DOCKER_HOST": "unix:///x.sock"}, "ssh://a@b"),
        ("default", {"DOCKER_CONTEXT": "pi"}, None),
        (None, {"DOCKER_CONTEXT": "default"}, None),
    ],
)
def test_an_option_comes_before_docker_host_and_that_before_contexts(
    config: Path, host: str | None, environ: dict[str, str], found: str | None
) -> None:
    settings = find_engine(host, {"DOCKER_CONFIG": str(config), **environ})
    assert settings.get("base_url") == found


def test_a_context_is_found_without_a_config_file_beside_it(tmp_path: Path) -> None:
    write_context(tmp_path, "lab", "tcp://192.0.2.1:2375")
    settings = find_engine("lab", {"DOCKER_CONFIG": str(tmp_path)})
    assert settings == {"base_url": "tcp://192.0.2.1:2375"}


def test_a_contexts_certificates_are_used(config: Path) -> None:
    folder = write_context(config, "safe", "tcp://192.0.2.1:2376")
    folder.mkdir(parents=True)
    for part in ("ca", "cert", "key"):
        (folder / f"{part}.pem").write_text(part)
    tls = find_engine("safe", {"DOCKER_CONFIG": str(config)})["tls"]
    assert tls.cert == (str(folder / "cert.pem"), str(folder / "key.pem"))
    assert tls.ca_cert == str(folder / "ca.pem")
    assert tls.verify is True


def test_a_context_that_is_not_there_is_an_error_and_not_the_machines_own_engine(
    config: Path,
) -> None:
    with pytest.raises(EngineMissingError, match="no docker context 'gone'") as raised:
        enter(DOCKER_CONFIG=str(config), DOCKER_CONTEXT="gone")
    assert "docker context ls" in raised.value.hint
    with pytest.raises(EngineMissingError) as raised:
        enter(DOCKER_CONFIG=str(config), DOCKER_CONTEXT="pi@board")
    assert raised.value.hint.startswith("an engine over SSH is ssh://pi@board;")


@pytest.mark.parametrize("address", ["unix:///nowhere.sock", "tcp://127.0.0.1:9", "nonsense://x"])
def test_where_nobody_answers_there_is_no_engine(address: str) -> None:
    with pytest.raises(EngineMissingError, match="no Docker Engine answers at") as raised:
        enter(address)
    assert address in raised.value.cause
    assert "DOCKER_HOST" in raised.value.hint


def test_a_socket_that_one_may_not_open_is_a_matter_of_permission() -> None:
    error = RuntimeError("Connection aborted")
    error.__cause__ = RuntimeError("x", PermissionError(13, "Permission denied"))
    found = explain(error, "unix:///x.sock")
    assert isinstance(found, EngineForbiddenError)
    assert "usermod -aG docker" in found.hint


def _engine(api: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"ApiVersion": api, "Version": "x", "MinAPIVersion": "1.12"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    return Handler


@pytest.fixture(params=["1.40", "1.41", "1.51"])
def engine(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Something that answers as an engine with this version of the API."""
    server = HTTPServer(("127.0.0.1", 0), _engine(request.param))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield request.param, f"tcp://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_engine_before_20_10_is_too_old(engine: tuple[str, str]) -> None:
    api, address = engine
    if api == "1.40":
        with pytest.raises(EngineOldError, match=r"only knows version 1\.40") as raised:
            enter(address)
        assert "20.10" in raised.value.hint
    else:
        with connect(address, environ={}) as client:
            assert client.version()["ApiVersion"] == api


def test_a_socket_of_something_else_is_no_engine(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with pytest.raises(EngineMissingError):
            enter(f"unix://{path}")


def test_a_device_that_does_not_answer_is_looked_for_with_ssh() -> None:
    found = explain(OSError("connection refused"), "ssh://pi@pi")
    assert "ssh HOST docker version" in found.hint


def test_an_engine_that_goes_away_is_told_as_such() -> None:
    server = HTTPServer(("127.0.0.1", 0), _engine("1.51"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"tcp://127.0.0.1:{server.server_port}"

    def lose() -> None:
        with connect(address, environ={}) as client:
            server.shutdown()
            server.server_close()
            thread.join()
            client.info()

    with pytest.raises(EngineMissingError, match=f"the Docker Engine at {address} stopped"):
        lose()


def test_what_an_engine_refuses_is_told_in_its_words() -> None:
    server = HTTPServer(("127.0.0.1", 0), _engine("1.51"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    refused = APIError("500 Server Error", explanation="no space left on device")
    try:
        with (
            pytest.raises(EngineError, match=r"no space left on device$"),
            connect(f"tcp://127.0.0.1:{server.server_port}", environ={}),
        ):
            raise refused
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class FakeClient:
    def info(self) -> dict[str, str]:
        return {"DockerRootDir": "/var/lib/docker"}


@pytest.mark.skipif(os.name == "nt", reason="a script in place of ssh")
@pytest.mark.parametrize(
    ("address", "said", "room"),
    [
        ("ssh://pi@device:22", "/dev/root 30000 10000 2048 83% /", 2048 << 10),
        ("ssh://pi@device:22", "df: no such file", None),
        ("unix:///run/docker.sock", "/dev/root 30000 10000 2048 83% /", None),
    ],
)
def test_a_device_s_room_is_what_df_says_there(
    tmp_path: Path, address: str, said: str, room: int | None
) -> None:
    script = tmp_path / "ssh"
    script.write_text(f'#!/bin/sh\necho "Filesystem 1024-blocks"\necho "{said}"\necho "$@" >&2\n')
    script.chmod(0o755)
    found = measure_room(address, cast("DockerClient", FakeClient()), {"PATH": f"{tmp_path}:/bin"})
    assert found == room
