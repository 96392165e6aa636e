"""Several images of one project on a real engine: a row for each, and nothing left behind."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold, started
from tests.engine.leftovers import find_left, list_all

pytestmark = pytest.mark.engine

APP = """
import http.server, os, signal, sys

import colorama

if os.path.exists("/sbin/apk"):
    sys.exit("this app does not like Alpine")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
WORDS = ("--target", "amd64", "--python", "3.13", "--port", "8000", "--health", "/")


@pytest.fixture
def machine(bases: Callable[..., Engine]) -> Engine:
    return bases("amd64")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_text("colorama\n")
    (folder / "main.py").write_text(APP)
    (folder / "Procfile").write_text("web: python main.py\n")
    return folder


@pytest.fixture
def words(knowledge_options: tuple[str, ...], certificates: Path | None) -> tuple[str, ...]:
    trust = ("--ca", str(certificates)) if certificates else ()
    return (*WORDS, *knowledge_options, *trust)


@pytest.fixture(autouse=True)
def nothing_left(machine: Engine) -> Iterator[None]:
    before = list_all(machine, "leanscaffold-compare")
    yield
    assert find_left(lambda: list_all(machine, "leanscaffold-compare"), before) == set()


def kept_downloads(machine: Engine) -> list[str]:
    """Return the cache mounts that builds of compare had to themselves."""
    told = machine.docker("builder", "du", "--verbose")
    return re.findall(r'with id "[0-9a-f]{12}-\d+/.*"', told)


def test_each_base_is_a_row_whatever_becomes_of_it(
    machine: Engine, project: Path, words: tuple[str, ...], tmp_path: Path
) -> None:
    before, kept = sorted(project.iterdir()), kept_downloads(machine)
    (tmp_path / "Dockerfile.nothing").write_text("FROM python:3.13-nobody-has-this\n")
    svg = tmp_path / "table.svg"
    ended = leanscaffold(
        *("compare", str(project), *words, "--bases", "bare-trixie,slim-trixie,alpine-3.23"),
        *("--dockerfile", str(tmp_path / "Dockerfile.nothing")),
        *("--runs", "1", "--svg", str(svg), "--json", "--quiet"),
        env=environment(machine, tmp_path),
    )
    assert ended.code == 0, ended.err
    bare, slim, alpine, plain, mine = ended.document()["images"]
    for good in (bare, slim, plain):
        assert good["runs"] == "passed", good
        assert 0 < good["download"] < good["on_disk"]
        assert 0 < good["rebuild_seconds"] < good["build_seconds"]
        # No bound but this: whoever builds the same steps meanwhile changes what a cache gives.
        assert 0 < good["rebuild_moved_bytes"] < good["download"]
        assert 0 < good["start_seconds"] < 60
        assert good["peak_memory_bytes"] > 1_000_000
    assert bare["on_disk"] < slim["on_disk"] < plain["on_disk"]
    assert alpine["runs"] == "failed"
    assert any("does not like Alpine" in line for line in alpine["evidence"])
    assert alpine["on_disk"] > 10_000_000, "an image that does not run was measured all the same"
    assert mine["runs"] == "failed"
    assert "3.13-nobody-has-this cannot be pulled" in mine["trouble"]
    assert mine["on_disk"] is None
    assert "bare-trixie" in svg.read_text()
    assert sorted(project.iterdir()) == before
    assert find_left(lambda: kept_downloads(machine), kept) == set()


@pytest.mark.parametrize("until", ["building it without the cache", "running it"])
def test_nothing_stays_after_an_interruption(
    until: str, machine: Engine, project: Path, words: tuple[str, ...], tmp_path: Path
) -> None:
    env = environment(machine, tmp_path)
    with started("compare", str(project), *words, "--bases", "slim", env=env) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if until in line:
                break
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=90)
    assert process.returncode == 130
    assert list((tmp_path / "tmp").iterdir()) == []
