"""The connection to an engine: the one that the docker command would talk to."""

import hashlib
import json
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import docker
from docker.errors import APIError, DockerException
from docker.tls import TLSConfig
from docker.utils import kwargs_from_env
from requests import exceptions

from scaffold.docker.build_errors import FORBIDDEN_HINT, NO_ENGINE_HINT, OLD_HINT, OLDEST_API
from scaffold.model.errors import (
    EngineError,
    EngineForbiddenError,
    EngineMissingError,
    EngineOldError,
)

if TYPE_CHECKING:
    from docker import DockerClient


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
    there = ["docker", "system", "dial-stdio"]
    if parts.path.strip("/"):
        there[1:1] = ["--host", f"unix://{parts.path}"]
    return ("sh", "-c", _DEAF, *_ssh(parts), *there)


def _ssh(parts: SplitResult) -> tuple[str, ...]:
    options = ["-o", "ConnectTimeout=30", "-T"]
    options += ["-l", parts.username] if parts.username else []
    options += ["-p", str(parts.port)] if parts.port else []
    return ("ssh", *options, "--", str(parts.hostname))


def measure_room(address: str, client: "DockerClient", environ: Mapping[str, str]) -> int | None:
    """Return the bytes that are free where an engine at ``ssh://…`` keeps its images."""
    if not address.startswith("ssh://"):
        return None
    argv = [*_ssh(urlsplit(address)), "df", "-Pk", str(client.info()["DockerRootDir"])]
    done = subprocess.run(argv, env=dict(environ), capture_output=True, text=True, check=False)  # noqa: S603 - an address that the user gave, after ``--``
    columns = done.stdout.strip().rpartition("\n")[2].split()
    return int(columns[3]) << 10 if len(columns) > 3 and columns[3].isdigit() else None  # noqa: PLR2004 - df's columns


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


_DEFAULT_SOCKET = "unix:///var/run/docker.sock"
_TIMEOUT = 60  # seconds without an answer
_SSH_HINT = "`ssh HOST docker version` has to work there without a password"
_GONE_HINT = "is it still running, is the device still there? What it was to remove may be left"


@contextmanager
def connect(
    host: str | None = None, *, environ: Mapping[str, str] = os.environ
) -> "Iterator[DockerClient]":
    """Yield a client of the engine.

    ``host`` is an address (``unix://…``, ``tcp://…``, ``ssh://user@host``) or the name of a docker
    context. Without it the engine is found as the docker command finds it: DOCKER_HOST, then
    DOCKER_CONTEXT, then the current context.

    Raises EngineMissingError, EngineForbiddenError or EngineOldError; EngineMissingError as well if
    the engine stops answering later.
    """
    where = host or ""
    with ExitStack() as stack:
        try:
            settings = find_engine(host, environ)
            where = str(settings.get("base_url", "")) or _DEFAULT_SOCKET
            if where.startswith("ssh://"):
                settings["base_url"] = stack.enter_context(_through_ssh(where, environ))
            _knock(where)
            client = docker.DockerClient(version="auto", timeout=_TIMEOUT, **settings)
            stack.callback(client.close)
            api = str(client.version()["ApiVersion"])
        except (DockerException, OSError, ValueError, KeyError) as error:
            raise explain(error, where) from error
        if tuple(map(int, api.split("."))) < OLDEST_API:
            raise EngineOldError(
                f"the engine at {where} only knows version {api} of the API", hint=OLD_HINT
            )
        try:
            yield client
        except (exceptions.ConnectionError, exceptions.Timeout) as error:
            raise EngineMissingError(
                f"the Docker Engine at {where} stopped answering", hint=_GONE_HINT
            ) from error
        except APIError as error:  # a full disk, say: what it says is all there is to know
            raise EngineError(
                f"the Docker Engine at {where}: {error.explanation or error}",
                hint="`docker info` there shows what is wrong with it; then try again",
            ) from error


def _through_ssh(address: str, environ: Mapping[str, str]) -> AbstractContextManager[str]:
    if not hasattr(socket, "AF_UNIX") or shutil.which("ssh", path=environ.get("PATH")) is None:
        raise EngineMissingError(
            f"{address} cannot be reached: there is no ssh command, or no Unix sockets",
            hint="install OpenSSH's client; on Windows, use WSL",
        )
    return tunnel(address, environ)


def _knock(address: str) -> None:
    """Raise OSError for a socket that nobody listens on: the SDK hides why, and leaks its own."""
    path = address.removeprefix("unix://")
    if path != address and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.settimeout(_TIMEOUT)
            knocking.connect(path)


def find_engine(host: str | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return ``base_url`` and ``tls`` for the SDK. Raises EngineMissingError for a lost context.

    The SDK finds contexts only beside a config.json, and takes the machine's own socket for one
    that it cannot find; docker does neither.
    """
    address = host if host and "://" in host else ""
    if not host:
        address = environ.get("DOCKER_HOST", "")
    if address:
        return dict(kwargs_from_env(environment={**environ, "DOCKER_HOST": address}))
    folder = Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    name = (
        host
        or environ.get("DOCKER_CONTEXT")
        or _read_json(folder / "config.json").get("currentContext")
    )
    return {} if name in {None, "", "default"} else _read_context(folder / "contexts", str(name))


def _read_context(folder: Path, name: str) -> dict[str, Any]:
    key = hashlib.sha256(name.encode()).hexdigest()
    try:
        endpoint = _read_json(folder / "meta" / key / "meta.json")["Endpoints"]["docker"]
        settings: dict[str, Any] = {"base_url": str(endpoint["Host"])}
    except (KeyError, TypeError) as error:
        hint = "`docker context ls` shows those there are"
        if "@" in name:
            hint = f"an engine over SSH is ssh://{name}; {hint}"
        raise EngineMissingError(f"there is no docker context {name!r}", hint=hint) from error
    files = {
        part: folder / "tls" / key / "docker" / f"{part}.pem" for part in ("ca", "cert", "key")
    }
    if any(file.is_file() for file in files.values()):
        has_cert = files["cert"].is_file() and files["key"].is_file()
        settings["tls"] = TLSConfig(
            client_cert=(str(files["cert"]), str(files["key"])) if has_cert else None,
            ca_cert=str(files["ca"]) if files["ca"].is_file() else None,
            verify=not endpoint.get("SkipTLSVerify"),
        )
    return settings


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def explain(error: BaseException, where: str) -> EngineError:
    """Return what kept the SDK from connecting, in our words."""
    causes = tuple(_causes(error))
    text = str(error)
    if any(isinstance(cause, PermissionError) for cause in causes) or "PermissionError" in text:
        return EngineForbiddenError(
            f"no permission to use the Docker Engine at {where}", hint=FORBIDDEN_HINT
        )
    if "version" in text.lower() and "too old" in text.lower():
        return EngineOldError(f"the engine at {where} is too old: {text}", hint=OLD_HINT)
    if where.startswith("ssh://"):
        return EngineMissingError(f"no Docker Engine answers at {where}", hint=_SSH_HINT)
    return EngineMissingError(f"no Docker Engine answers at {where}", hint=NO_ENGINE_HINT)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        for argument in error.args:
            if isinstance(argument, BaseException):
                yield argument
        error = error.__cause__ or error.__context__
