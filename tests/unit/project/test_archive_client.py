"""Archives of sources are fetched and unpacked without leaving their folder."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from scaffold.index.client import Answer
from scaffold.model.errors import TransientError
from scaffold.project.repositories import Address, FetchError
from scaffold.project.source_clients import fetch_archive

URL = "https://h/x-1.0.tar.gz"


def tar(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("x-1.0/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    return out.getvalue()


def zipped(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def serve(body: bytes, status: int = 200) -> "Server":
    return Server(body, status)


class Server:
    def __init__(self, body: bytes, status: int) -> None:
        self.body, self.status = body, status

    def __call__(self, url: str, *, limit: int) -> Answer:
        assert limit > 0
        return Answer(status=self.status, url=url, headers={}, body=self.body)


@pytest.mark.parametrize("pack", [tar, zipped])
def test_what_is_in_an_archive_is_found_below_its_folder(tmp_path: Path, pack: object) -> None:
    files = {"x-1.0/setup.py": "setup()", "x-1.0/x/a.py": "1", "x-1.0/../../out.py": "2"}
    body = pack(files)  # type: ignore[operator]
    address = Address(repository=URL, archive=True)
    found = fetch_archive(address, cache=tmp_path / "cache", get=serve(body))
    assert found.commit == hashlib.sha256(body).hexdigest()
    there = {p.relative_to(found.folder).as_posix() for p in found.folder.rglob("*")}
    assert there == {"setup.py", "x", "x/a.py"}
    assert not list(tmp_path.rglob("out.py"))
    assert fetch_archive(address, cache=tmp_path / "cache", get=serve(body)) == found


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (serve(b"", 404), "there is no such file"),
        (serve(b"<html>"), "not an archive that can be read"),
        (serve(tar({})), "which is not what is asked for"),
    ],
)
def test_what_is_wrong_with_an_archive_is_told(tmp_path: Path, server: Server, said: str) -> None:
    revision = "0" * 64 if "asked" in said else ""
    address = Address(repository=URL, revision=revision, archive=True)
    with pytest.raises(FetchError, match=said):
        fetch_archive(address, cache=tmp_path, get=server)
    assert not list((tmp_path / "archives").glob("*"))


def test_a_host_that_does_not_answer_is_told(tmp_path: Path) -> None:
    def silent(url: str, *, limit: int) -> Answer:
        raise TransientError(f"{url} cannot be reached, not {limit} bytes of it")

    with pytest.raises(FetchError, match="cannot be reached"):
        fetch_archive(Address(repository=URL, archive=True), cache=tmp_path, get=silent)
