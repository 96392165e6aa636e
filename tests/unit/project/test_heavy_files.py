"""Heavy files that are no sources: which they are, what they compress to, and their layer."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from scaffold.assembler import FetchError
from scaffold.assembler.fetching import fetch
from scaffold.config.option_parsers import parse_model, spell_model
from scaffold.model.errors import UsageError
from scaffold.model.options import FetchedModel
from scaffold.model.project import HeavyFile
from scaffold.planner.layer_plan import price_layers
from scaffold.project.heavy_files import find_heavy
from tests.support.builders import make_project, make_size
from tests.support.dockerfiles import dockerfile, simple_plan

MB = 1_000_000


@pytest.mark.parametrize(
    ("path", "size", "heavy"),
    [
        ("models/net.onnx", 2 * MB, True),
        ("models/NET.TFLITE", 2 * MB, True),
        ("models/tiny.onnx", 20_000, False),
        ("data/places.sqlite3", 3 * MB, True),
        ("words.unheard", 3 * MB, False),
        ("words.unheard", 9 * MB, True),
        ("app/tables.py", 20 * MB, False),
        ("static/bundle.js", 20 * MB, False),
    ],
)
def test_a_file_is_heavy_by_its_size_and_kind(
    tmp_path: Path,
    path: str,
    size: int,
    heavy: bool,  # noqa: FBT001
) -> None:
    assert [one.path for one in find_heavy(tmp_path, [(path, size)])] == [path] * heavy


@pytest.mark.parametrize("texts", [0, 12 * MB, 20 * MB])
def test_what_a_heavy_file_compresses_to_is_read_from_all_over_it(
    tmp_path: Path, texts: int
) -> None:
    content = b"\0" * texts + os.urandom(20 * MB - texts)
    (tmp_path / "a.bin").write_bytes(content)
    (found,) = find_heavy(tmp_path, [("a.bin", len(content))])
    assert abs(found.compressed - (20 * MB - texts)) < 0.08 * 20 * MB


def test_an_edit_of_the_sources_pulls_no_model() -> None:
    size = make_size()
    parts = (("application", 61 * MB, 56 * MB),)
    size = replace(size, parts=parts, packages=(), models=(60 * MB, 55 * MB))
    layers = {one.name: one.download for one in price_layers(size, ())}
    assert (layers["models"], layers["application"]) == (55 * MB, 1 * MB)


@pytest.mark.parametrize("paths", [(), ("models/a b.onnx",)])
def test_models_are_copied_below_the_sources(paths: tuple[str, ...]) -> None:
    models = tuple(HeavyFile(path=path, size=MB, compressed=MB) for path in paths)
    plan = simple_plan(project=make_project(models=models))
    copies = [one.rest for one in dockerfile(plan) if one.word == "COPY"][-2:]
    assert ("--from=app /models/ /" in copies) is bool(paths)
    assert copies[-1] == "--from=app /out/ /"


NET = FetchedModel(
    path="models/net.onnx", url="https://m.example/a?b", sha256="a" * 64, size=5 * MB
)


def test_a_model_that_is_fetched_has_a_layer_below_the_sources_and_no_token_in_it() -> None:
    plan = simple_plan()
    lines = dockerfile(replace(plan, options=replace(plan.options, fetched=(NET,))))
    copies = [one.rest for one in lines if one.word == "COPY"][-2:]
    assert copies == ["--from=fetched /models/ /", "--from=app /out/ /"]
    (step,) = [one.rest for one in lines if " fetch " in one.rest]
    assert f"'https://m.example/a?b' {'a' * 64}" in " ".join(step.split())
    assert "/models/app/models/net.onnx /run/secrets/model_token" in " ".join(step.split())


def test_a_model_is_spelt_as_it_is_read() -> None:
    assert parse_model(spell_model(NET)) == NET
    assert parse_model(spell_model(replace(NET, size=0))) == replace(NET, size=0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("net.onnx=https://m.example/a", "has no SHA-256"),
        (f"net.onnx=https://m.example/a#sha256={'A' * 64}", "has no SHA-256"),
        (f"../net.onnx=https://m.example/a#sha256={'a' * 64}", "not a path below"),
        (f"/net.onnx=https://m.example/a#sha256={'a' * 64}", "not a path below"),
        (f"net.onnx=file:///etc/passwd#sha256={'a' * 64}", "not an address"),
        (f"net.onnx=https://u:p@m.example/a#sha256={'a' * 64}", "has a password in it"),
        (f"net.onnx=https://m.example/a#sha256={'a' * 64}&sise=3MB", "'sise' of net.onnx"),
    ],
)
def test_a_model_without_a_hash_or_with_a_password_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        parse_model(text)


class _Serves(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            port = self.headers["Host"].rpartition(":")[2]
            self.send_header("Location", f"http://localhost:{port}/net")
            self.end_headers()
            return
        said = self.headers.get("Authorization", "")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"weights {said}".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Serves) as serving:
        Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


@pytest.mark.enable_socket
@pytest.mark.parametrize(("path", "content"), [("net", "weights Bearer t"), ("moved", "weights ")])
def test_what_is_fetched_is_what_its_hash_says(
    tmp_path: Path, server: str, path: str, content: str
) -> None:
    digest = hashlib.sha256(content.encode()).hexdigest()
    goal = tmp_path / "models" / "net"
    fetch(f"{server}/{path}", digest, goal, token="t")  # noqa: S106 - of no service
    assert goal.read_text() == content
    with pytest.raises(FetchError, match=f"not {'0' * 64}"):
        fetch(f"{server}/{path}", "0" * 64, goal, token="t")  # noqa: S106
    assert not goal.exists()
    with pytest.raises(FetchError, match="cannot be fetched"):
        fetch("http://127.0.0.1:1/net", digest, goal)
