"""A small container registry on loopback."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(kw_only=True)
class RegistryServer:
    """Blobs and manifests by digest; ``login`` is none, basic or bearer, ``limit`` bytes a request.

    ``uses`` requests are good for one token; ``seen`` are the requests with the bytes they sent.
    """

    login: str = "none"
    user: str = "Basic dXNlcjpzZWNyZXQ="  # user:secret
    limit: int = 1 << 40
    uses: int = 1 << 40
    host: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes | None]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)

    def add(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = data
        return digest

    def answer(self, method: str, url: str, headers: Any, data: bytes) -> tuple[int, Any, bytes]:
        """Return status, headers and body, as the distribution specification has them."""
        parts = urlsplit(url)
        self.seen.append((method, parts.path, len(data)))
        if parts.path == "/token":
            return self.issue(headers)
        if not self.allowed(headers.get("Authorization", "")):
            realm = f'Bearer realm="http://{self.host}/token",service="s"'
            asked = "Basic" if self.login == "basic" else realm
            return 401, {"WWW-Authenticate": asked}, b""
        if len(data) > self.limit:
            return 413, {}, b""
        _, kind, rest = parts.path.removeprefix("/v2/").rsplit("/", 2)
        if "/uploads/" in parts.path:
            return self.upload(method, parts.path, headers, data, parse_qs(parts.query))
        if kind == "manifests" and method == "PUT":
            return self.take(rest, headers["Content-Type"], data)
        media, body = self.manifests.get(rest, ("application/octet-stream", self.blobs.get(rest)))
        return (404, {}, b"") if body is None else (200, {"Content-Type": media}, body)

    def issue(self, headers: Any) -> tuple[int, Any, bytes]:
        if headers.get("Authorization") != self.user:
            return 401, {}, b""
        token = f"t{len(self.tokens)}"
        self.tokens[token] = self.uses
        return 200, {}, json.dumps({"token": token}).encode()

    def allowed(self, said: str) -> bool:
        if self.login == "bearer":
            token = said.removeprefix("Bearer ")
            self.tokens[token] = self.tokens.get(token, 0) - 1
            return self.tokens[token] >= 0
        return self.login == "none" or said == self.user

    def upload(
        self, method: str, path: str, headers: Any, data: bytes, query: dict[str, list[str]]
    ) -> tuple[int, Any, bytes]:
        name = path.rpartition("/")[2] or f"u{len(self.uploads)}"
        held = self.uploads.setdefault(name, b"")
        place = {"Location": f"{path.rpartition('/')[0]}/{name}?state=1"}
        if method == "PATCH" and not headers["Content-Range"].startswith(f"{len(held)}-"):
            return 416, place, b""
        self.uploads[name] = held + data
        if method != "PUT":
            return 202, place, b""
        return (201, {}, b"") if self.add(held + data) == query["digest"][0] else (400, {}, b"")

    def take(self, name: str, media: str, data: bytes) -> tuple[int, Any, bytes]:
        said = json.loads(data)
        parts = [*said.get("layers", ()), *([said["config"]] if "config" in said else [])]
        known = {*self.blobs, *self.manifests}
        if any(one["digest"] not in known for one in (*parts, *said.get("manifests", ()))):
            return 400, {}, b"MANIFEST_BLOB_UNKNOWN"
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.manifests[name] = self.manifests[digest] = (media, data)
        return 201, {}, b""


@contextmanager
def serving(registry: RegistryServer) -> Iterator[RegistryServer]:
    """Serve a registry until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = registry.answer(self.command, self.path, self.headers, data)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH"):
        setattr(Handler, f"do_{method}", Handler.handle_one)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
