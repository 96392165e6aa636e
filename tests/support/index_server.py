"""A small index on loopback, and the wheels it serves."""

import hashlib
import io
import json
import tarfile
import threading
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(kw_only=True)
class Served:
    """One path: what it answers, and how it misbehaves."""

    body: bytes = b""
    kind: str = "application/octet-stream"
    ranges: bool = True
    statuses: list[int] = field(default_factory=list)  # given out first, one a request
    cut: int | None = None  # bytes after which the connection drops, every time
    dribble: bool = False  # a head that never ends
    says: str | None = None  # Content-Range, whatever is sent
    etag: str = ""
    user: str = ""  # the Authorization header that is asked for


@dataclass(frozen=True, kw_only=True)
class Seen:
    path: str
    headers: Mapping[str, str]


class FakeIndex:
    """Serves ``routes``; ``seen`` are the requests in their order."""

    def __init__(self) -> None:
        self.routes: dict[str, Served] = {}
        self.seen: list[Seen] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.seen.append(Seen(path=self.path, headers=dict(self.headers.items())))
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/simple"

    def paths(self) -> list[str]:
        return [one.path for one in self.seen]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_file(self, filename: str, body: bytes, **how: Any) -> dict[str, Any]:
        """Serve a file and return its entry for a JSON page."""
        self.routes[f"/files/{filename}"] = Served(body=body, **how)
        return {
            "filename": filename,
            "url": f"../../files/{filename}",
            "hashes": {"sha256": hashlib.sha256(body).hexdigest()},
            "size": len(body),
            "upload-time": "2026-01-02T03:04:05.678Z",
        }

    def add_page(self, name: str, files: list[dict[str, Any]], **how: Any) -> Served:
        body = json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()
        served = Served(body=body, kind=JSON, **how)
        self.routes[f"/simple/{name}/"] = served
        return served

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        served = self.routes.get(handler.path)
        status = 404 if served is None else served.statuses.pop(0) if served.statuses else 200
        body = b"" if served is None or status != 200 else served.body
        headers: dict[str, str] = {}
        if served is not None and status == 200:
            status, body, headers = _apply(served, handler.headers)
        if served is not None and served.dribble:
            _dribble(handler)
            return
        handler.send_response(status)
        for key, value in headers.items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if served is not None and served.cut is not None:
            handler.wfile.write(body[: served.cut])
            handler.wfile.flush()
            handler.close_connection = True
            return
        handler.wfile.write(body)


def _dribble(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    with suppress(OSError):
        for _ in range(600):
            handler.wfile.write(b".")
            time.sleep(0.05)


def _apply(served: Served, asked: Any) -> tuple[int, bytes, dict[str, str]]:
    if served.user and asked.get("Authorization") != served.user:
        return 401, b"", {}
    headers = {"Content-Type": served.kind} | ({"ETag": served.etag} if served.etag else {})
    if served.etag and asked.get("If-None-Match") == served.etag:
        return 304, b"", headers
    span = asked.get("Range", "").removeprefix("bytes=")
    if not span or not served.ranges:
        return 200, served.body, headers
    first, _, last = span.partition("-")
    size = len(served.body)
    start = max(0, size - int(last)) if not first else int(first)
    end = size - 1 if not first or not last else min(size - 1, int(last))
    headers["Content-Range"] = served.says or f"bytes {start}-{end}/{size}"
    return 206, served.body[start : end + 1], headers


def metadata_text(name: str, version: str, *lines: str) -> str:
    head = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    return "\n".join([*head, *lines]) + "\n\nA description: with a colon\n"


def make_wheel(
    name: str, version: str, *lines: str, files: Mapping[str, bytes] | None = None
) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in (files or {f"{name}/__init__.py": b"x = 1\n"}).items():
            wheel.writestr(path, data)
        wheel.writestr(f"{name}-{version}.dist-info/METADATA", metadata_text(name, version, *lines))
        wheel.writestr(f"{name}-{version}.dist-info/RECORD", "")
    return stored.getvalue()


def make_sdist(
    name: str,
    version: str,
    *lines: str,
    level: str = "2.2",
    files: Mapping[str, str | bytes] | None = None,
) -> bytes:
    text = metadata_text(name, version, *lines).replace("2.2", level, 1)
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w:gz") as archive:
        for path, content in (
            (f"{name}-{version}/tests/data/PKG-INFO", "Name: a-decoy\nVersion: 9\n"),
            (f"{name}-{version}/PKG-INFO", text),
            *((f"{name}-{version}/{path}", data) for path, data in (files or {}).items()),
        ):
            member = tarfile.TarInfo(path)
            body = content.encode() if isinstance(content, str) else content
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return stored.getvalue()
