"""What LS101 says of pip's cache, on pip itself: it is the size of the wheels once more."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.index_server import FakeIndex, make_wheel

_WHEEL = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_FILE = "app-1.0-py3-none-any.whl"


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    server = FakeIndex()
    yield server
    server.stop()


def install(index: FakeIndex, folder: Path, *options: str) -> int:
    """Install from an index that lets files be cached; return the bytes that the cache has."""
    body = make_wheel(
        "app",
        "1.0",
        files={"app/data": os.urandom(2_000_000), "app-1.0.dist-info/WHEEL": _WHEEL},
    )
    index.add_page("app", [index.add_file(_FILE, body, etag='"1"')])
    cache = folder / "cache"
    command = (
        *(sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--no-compile"),
        # Of a host that it does not trust, pip keeps nothing that came without TLS.
        *("--index-url", index.url, "--trusted-host", index.host),
        *("--target", str(folder / "packages")),
        *("--disable-pip-version-check", "app"),
    )
    where = {"PIP_CACHE_DIR": str(cache), "HOME": str(folder), "PIP_CONFIG_FILE": "/dev/null"}
    subprocess.run(
        [*command, *(options or ("--cache-dir", str(cache)))], env=where, check=True, timeout=120
    )
    assert (folder / "packages" / "app" / "data").stat().st_size == 2_000_000
    return sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())


def test_pip_keeps_about_as_much_as_it_downloaded(index: FakeIndex, tmp_path: Path) -> None:
    assert 2_000_000 < install(index, tmp_path) < 2_100_000


def test_without_a_cache_it_keeps_nothing(index: FakeIndex, tmp_path: Path) -> None:
    assert install(index, tmp_path, "--no-cache-dir") == 0
