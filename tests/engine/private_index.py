"""A company's package index, behind its proxy: own certificates, a password, a few packages."""

import base64
import hashlib
import io
import select
import socket
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "index.example"
CERTIFICATE = "ca.pem"
_KEY = "key.pem"
PACKAGE = "leanscaffold-hush"
MORE = "leanscaffold-mute"
USER = "builder"
PASSWORD = "pa55/w@rd-of-the-index"  # noqa: S105 - of this test's own index


@dataclass(slots=True)
class Asked:
    """What reached the index: (path, user agent) of every request with the right password."""

    granted: list[tuple[str, str]] = field(default_factory=list)
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateIndex:
    """A running index. ``url`` is without the password; ``certificate`` a file with its own.

    Only through ``proxy`` is it reached.
    """

    url: str
    proxy: str
    certificate: Path
    asked: Asked

    def pip_asked(self) -> bool:
        """Tell whether pip itself was let in and got the package."""
        return bool(self.fetched())

    def fetched(self) -> list[str]:
        """Return the names of the wheels that pip itself got, in order."""
        wheels = [path.rpartition("/")[2] for path, agent in self.asked.granted if _by_pip(agent)]
        return [wheel.partition("-")[0].replace("_", "-") for wheel in wheels if "whl" in wheel]


def _by_pip(agent: str) -> bool:
    return agent.startswith("pip/")


@contextmanager
def serving(
    address: str, folder: Path, *, packages: Sequence[str] = (PACKAGE,)
) -> Iterator[PrivateIndex]:
    """Serve; the proxy listens on an address that builds reach as well as this machine."""
    asked = Asked()
    handler = _handler(asked, packages)
    with behind_proxy(address, folder, HOST, handler) as proxy:
        certificate = folder / CERTIFICATE
        url = f"https://{HOST}/simple"
        yield PrivateIndex(url=url, proxy=proxy, certificate=certificate, asked=asked)


@contextmanager
def behind_proxy(
    address: str, folder: Path, host: str, handler: type[BaseHTTPRequestHandler]
) -> Iterator[str]:
    """Serve a host of this name, whose CERTIFICATE is put into ``folder``; yield its proxy."""
    _make_certificate(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / CERTIFICATE, folder / _KEY)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    proxy = ThreadingHTTPServer((address, 0), _proxy(host, server.server_port))
    with _running(server), _running(proxy):
        yield f"http://{address}:{proxy.server_port}"


@contextmanager
def _running(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _proxy(host: str, port: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            if self.path != f"{host}:443":
                self.send_error(403)
                return
            # Who does not trust the certificate may end the connection without a word.
            with (
                suppress(ConnectionError),
                socket.create_connection(("127.0.0.1", port)) as index,
            ):
                self.send_response(200)
                self.end_headers()
                _pump(self.connection, index)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    return Handler


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side has closed."""
    ways = {one: other, other: one}
    while True:
        ready: list[socket.socket] = select.select(list(ways), [], [], 60)[0]
        if not ready:
            return
        for side in ready:
            data = side.recv(1 << 16)
            if not data:
                return
            ways[side].sendall(data)


def _handler(asked: Asked, packages: Sequence[str]) -> type[BaseHTTPRequestHandler]:
    bodies: dict[str, tuple[str, bytes]] = {}
    for package in packages:
        wheel = _make_wheel(package)
        file = f"{package.replace('-', '_')}-1.0-py3-none-any.whl"
        link = f"../../files/{file}#sha256={hashlib.sha256(wheel).hexdigest()}"
        page = f'<!doctype html><a href="{link}">{file}</a>'.encode()
        bodies |= {f"/simple/{package}/": ("text/html", page), f"/files/{file}": ("a/b", wheel)}
    token = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != token:
                asked.refused += 1
                self._answer(401, "text/plain", b"")
                return
            asked.granted.append((self.path, self.headers.get("User-Agent", "")))
            kind, body = bodies.get(self.path, ("", b""))
            self._answer(200 if kind else 404, kind or "text/plain", body)

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    return Handler


def _make_wheel(package: str) -> bytes:
    module = package.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    files = {
        f"{module}.py": f"WORD = {module.partition('_')[2]!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            # Without the time: a cache may know the file's hash from another test's index.
            archive.writestr(zipfile.ZipInfo(name), text)
    return data.getvalue()


def _make_certificate(folder: Path, host: str) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(folder / _KEY), "-out", str(folder / CERTIFICATE)),
            *("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"),
        ],
        check=True,
        capture_output=True,
    )
