"""Serve an index port as a simple API on loopback, so that uv resolves from the same pages."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from scaffold.model.index import Index, Metadata, Page
from scaffold.resolver.releases import list_releases


def page_document(page: Page) -> dict[str, Any]:
    """Return a page as PEP 691 JSON whose files all announce their metadata (PEP 714)."""
    files = [
        {
            "filename": file.filename,
            "url": f"../../files/{page.name}/{file.filename}",
            "hashes": {"sha256": file.sha256} if file.sha256 else {},
            "requires-python": file.requires_python or None,
            "size": file.size,
            "yanked": file.yanked,
            "core-metadata": file.filename.endswith(".whl"),
        }
        for file in page.files
    ]
    return {"meta": {"api-version": "1.1"}, "name": page.name, "versions": [], "files": files}


def metadata_document(metadata: Metadata, requires_python: str) -> str:
    """Return core metadata as a wheel's METADATA file would have it."""
    lines = ["Metadata-Version: 2.1", f"Name: {metadata.name}", f"Version: {metadata.version}"]
    lines += [f"Requires-Python: {requires_python}"] if requires_python else []
    lines += [f"Provides-Extra: {extra}" for extra in metadata.extras]
    lines += [f"Requires-Dist: {text}" for text in metadata.requires]
    return "\n".join([*lines, "", ""])


def _answer(index: Index, path: str) -> tuple[str, bytes] | None:
    parts = path.strip("/").split("/")
    page = index.page(parts[1]) if len(parts) > 1 else None
    if page is None:
        return None
    if parts[0] == "simple":
        body = json.dumps(page_document(page)).encode()
        return "application/vnd.pypi.simple.v1+json", body
    wanted = parts[2].removesuffix(".metadata")
    for release in list_releases(page):
        for file in release.files:
            if file.filename == wanted:
                metadata = index.metadata(page.name, str(release.version), file)
                if metadata is None:
                    return None
                return "text/plain", metadata_document(metadata, file.requires_python).encode()
    return None


@contextmanager
def serve(index: Index) -> Iterator[str]:
    """Yield the address of a simple API over an index port, on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = _answer(index, self.path)
            if answer is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
