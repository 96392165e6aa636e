"""What a Debian package's files come to in a slim image."""

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.model.target import Arch
from tests.support import knowledge_tree as tree
from tools.knowledge.payloads import measure_archive, refresh_payloads


def archive(files: Mapping[str, bytes]) -> bytes:
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("./usr/lib/libx.so.1")
        link.type, link.linkname = tarfile.SYMTYPE, "libx.so.1.0"
        tar.addfile(link)
    return stored.getvalue()


LIBRARY = {"./usr/lib/libx.so.1.0": bytes(range(256)) * 40}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("./usr/share/doc/libx/copyright", True),
        ("./usr/share/doc/libx/changelog.gz", False),
        ("./usr/share/man/man1/x.1.gz", False),
        ("./usr/share/locale/de/LC_MESSAGES/x.mo", False),
        ("./usr/share/lintian/overrides/libx", False),
        ("./usr/share/locale-data", True),
    ],
)
def test_what_slim_images_leave_out_does_not_count(name: str, *, counts: bool) -> None:
    alone, layer = measure_archive(archive(LIBRARY))
    assert alone == 10_240
    assert 256 < layer < alone
    on_disk, larger = measure_archive(archive({**LIBRARY, name: b"x" * 5000}))
    assert on_disk == alone + 5000 * counts
    assert (larger > layer) == counts


def test_a_layer_is_what_gzip_makes_of_the_files() -> None:
    tar = archive(LIBRARY)
    _, layer = measure_archive(tar)
    assert layer == pytest.approx(len(gzip.compress(tar, 6)), rel=0.1)


def test_rows_are_replaced_by_what_was_measured(tmp_path: Path) -> None:
    root = tree.write(tmp_path)
    asked: list[str] = []

    def fetch(
        release: str, arch: Arch, names: Sequence[str]
    ) -> Iterator[tuple[str, tuple[int, int]]]:
        assert (release, arch) == ("trixie", Arch.AMD64)
        asked.extend(names)
        yield names[0], (11, 7)

    refreshed = refresh_payloads(
        root, load_facts(root), (Arch.AMD64,), fetch, today=date(2026, 11, 29)
    )
    (text,) = refreshed.files.values()
    assert f"{asked[0]} 11 7" in text
    assert not any(name.startswith("python3-") for name in asked)
