import json
import re

import pytest

from scaffold.index.client import Answer
from scaffold.index.simple_api import is_relevant, read_page
from scaffold.model.errors import TransientError

BASE = "https://index.example/simple/demo/"


def answer(body: bytes, kind: str) -> Answer:
    return Answer(status=200, url=BASE, headers={"Content-Type": kind}, body=body)


@pytest.mark.parametrize(
    ("filename", "relevant"),
    [
        ("demo-1.0-py3-none-any.whl", True),
        ("demo-1.0-cp313-cp313-manylinux_2_28_x86_64.whl", True),
        ("demo-1.0-1-cp313-cp313-musllinux_1_2_aarch64.whl", True),
        ("demo-1.0-cp311-cp311-linux_armv7l.whl", True),
        ("demo-1.0-pp310-pypy310_pp73-manylinux_2_28_x86_64.whl", False),
        ("demo-1.0-cp313-cp313-win_amd64.whl", False),
        ("demo-1.0-cp313-cp313-macosx_11_0_arm64.whl", False),
        ("demo-1.0-cp313-cp313-ios_13_0_arm64_iphoneos.whl", False),
        ("demo-1.0-py2.7.egg", False),
        ("demo-1.0.win-amd64-py3.8.exe", False),
        ("demo-1.0.tar.gz", True),
        ("demo-1.0.zip", True),
        ("demo.whl", False),
    ],
)
def test_only_what_cpython_on_linux_could_install_is_kept(filename: str, *, relevant: bool) -> None:
    assert is_relevant(filename) is relevant


def test_a_json_page_gives_files_with_everything_it_says() -> None:
    listed = {
        "filename": "demo-1.0-py3-none-any.whl",
        "url": "https://me:s3cret@files.example/demo-1.0-py3-none-any.whl#sha256=ab",
        "hashes": {"sha256": "ab", "md5": "cd"},
        "requires-python": ">=3.9",
        "size": 7,
        "upload-time": "2026-01-02T03:04:05.678901Z",
        "yanked": "broken",
        "core-metadata": {"sha256": "ef"},
    }
    body = json.dumps({"meta": {}, "name": "demo", "files": [listed]}).encode()
    ((file,), _) = read_page(answer(body, "application/vnd.pypi.simple.v1+json"))
    assert file.url == "https://files.example/demo-1.0-py3-none-any.whl"
    assert (file.sha256, file.size, file.requires_python) == ("ab", 7, ">=3.9")
    assert file.yanked
    assert file.has_metadata
    assert file.uploaded == "2026-01-02T03:04:05"


@pytest.mark.parametrize("said", ["", "yesterday", "2026-02-31T00:00:00Z", "9" * 19])
def test_a_time_that_is_none_counts_as_none(said: str) -> None:
    listed = {"filename": "demo-1.0.tar.gz", "url": "x", "hashes": {}, "upload-time": said}
    ((file,), _) = read_page(answer(json.dumps({"files": [listed]}).encode(), "text/json"))
    assert file.uploaded == ""


def test_an_html_page_gives_the_same_files() -> None:
    body = b"""<!DOCTYPE html><html><body>
    <a href="../../f/demo-1.0-py3-none-any.whl#sha256=ab" data-requires-python="&gt;=3.9"
       data-yanked="" data-core-metadata="sha256=ef">demo-1.0-py3-none-any.whl</a>
    <a href="../../f/demo-1.0-cp313-cp313-win_amd64.whl">demo</a>
    <a href="../../f/demo-1.0.tar.gz">demo-1.0.tar.gz</a></body></html>"""
    ((wheel, sdist), elsewhere) = read_page(answer(body, "text/html; charset=utf-8"))
    assert wheel.url == "https://index.example/f/demo-1.0-py3-none-any.whl"
    assert (wheel.sha256, wheel.requires_python) == ("ab", ">=3.9")
    assert wheel.yanked
    assert wheel.has_metadata
    assert sdist.filename == "demo-1.0.tar.gz"
    assert not sdist.yanked
    assert not sdist.has_metadata
    assert elsewhere == (("1.0", "Windows"),)


@pytest.mark.parametrize(
    "body",
    [
        b'{"files": [{"filename"',
        b'{"files": [{"filename": "\xff-1-py3-none-any.whl"}]}',
        b'{"files": [{"filename": "a-1.zip", "url": "a", "size": 1%s}]}' % (b"0" * 30),
        b'{"files": [{"filename": "a-1.zip", "url": "a", "size": -1}]}',
        b'{"files": [], "meta": {"api-version": "2.0"}}',
    ],
)
def test_an_answer_that_is_no_page_is_an_error_naming_the_address(body: bytes) -> None:
    with pytest.raises(TransientError, match=re.escape(BASE)):
        read_page(answer(body, "application/vnd.pypi.simple.v1+json"))
