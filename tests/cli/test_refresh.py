"""``knowledge refresh`` with the real edges and an index on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.operations.services import real_services
from tests.cli.outside import code_of, run
from tests.support.index_server import FakeIndex, make_wheel


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    server = FakeIndex()
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a knowledge folder of somebody's own with a list of names."""
    own = tmp_path / "own"
    (own / "snapshots").mkdir(parents=True)
    (own / "snapshots" / "names.txt").write_text("in-house\nghost\n")
    return own


def add_release(index: FakeIndex, version: str, tags: str = "py3-none-any") -> None:
    files = [
        index.add_file(f"in_house-{one}-{tags}.whl", make_wheel("in_house", one))
        for one in sorted({version, "1.0"})
    ]
    index.add_page("in-house", files)


def refresh(index: FakeIndex, folder: Path, *argv: str) -> tuple[list[str], str]:
    result = run(
        *("knowledge", "refresh", "--into", str(folder), *argv),
        outside=real_services(),
        env={"PIP_INDEX_URL": index.url, "LEANSCAFFOLD_CACHE_DIR": str(folder.parent / "cache")},
    )
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines(), result.stderr


def test_a_private_index_is_snapshotted_only_when_told_to_write(
    index: FakeIndex, folder: Path
) -> None:
    add_release(index, "1.0")
    lines, told = refresh(index, folder)
    assert lines == ["+ in-house 1.0", "1 added, 0 lost, 0 changed"]
    assert "nothing is there of ghost" in told
    assert "nothing was written: --write does" in told
    assert not (folder / "snapshots" / "wheels").exists()
    refresh(index, folder, "--wheels", "--write")
    assert sorted(path.name for path in (folder / "snapshots" / "wheels").iterdir()) == [
        "head.json",
        "in-house.jsonl",
    ]
    assert refresh(index, folder)[0] == ["nothing changed"]


def test_a_folder_without_a_list_goes_by_what_it_has(index: FakeIndex, folder: Path) -> None:
    add_release(index, "1.0")
    refresh(index, folder, "--write")
    (folder / "snapshots" / "names.txt").unlink()
    assert refresh(index, folder)[0] == ["nothing changed"]


def test_what_is_in_the_cache_is_not_asked_for_again(index: FakeIndex, folder: Path) -> None:
    add_release(index, "1.0")
    refresh(index, folder)
    asked = len(index.seen)
    refresh(index, folder)
    assert [seen.path for seen in index.seen[asked:]] == []


def test_what_is_no_longer_listed_goes(index: FakeIndex, folder: Path) -> None:
    add_release(index, "1.0")
    refresh(index, folder, "--write")
    (folder / "snapshots" / "names.txt").write_text("ghost\n")
    assert refresh(index, folder, "--write")[0] == ["- in-house 1.0", "0 added, 1 lost, 0 changed"]
    assert [path.name for path in (folder / "snapshots" / "wheels").iterdir()] == ["head.json"]


def test_a_snapshot_of_ones_own_answers_offline(index: FakeIndex, folder: Path) -> None:
    add_release(index, "1.0")
    refresh(index, folder, "--write")
    asked = len(index.seen)
    result = run(
        "wheels", "in-house", "--offline", "--knowledge", str(folder), outside=real_services()
    )
    assert result.stdout.startswith("in-house installs ready-made on Alpine")
    assert len(index.seen) == asked


def test_a_list_that_is_not_there_is_an_error(folder: Path) -> None:
    result = run(
        *("knowledge", "refresh", "--into", str(folder), "--names", str(folder / "none.txt")),
        outside=real_services(),
    )
    assert (result.exit_code, code_of(result)) == (6, "knowledge-invalid")
    assert "--names FILE" in result.stderr
