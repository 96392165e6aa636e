import json
import os
from pathlib import Path

import pytest

from scaffold.adapters.outputs import digest, read_recorded, seal, write_outputs
from scaffold.errors import FileConflictError, PathUnreadableError

FILES = {"Dockerfile": "FROM scratch\n", "requirements.arm64.lock": "a==1\n"}


def contents(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in root.iterdir() if path.is_file()}


def test_files_are_written_once_and_then_left_alone(tmp_path: Path) -> None:
    first = write_outputs(tmp_path, FILES, force=False, recorded={})
    assert first.written == ("Dockerfile", "requirements.arm64.lock")
    again = write_outputs(tmp_path, FILES, force=False, recorded={})
    assert again.written == ()
    assert again.unchanged == first.written
    assert contents(tmp_path) == FILES
    assert list(tmp_path.glob(".leanscaffold-*")) == []


def test_a_file_the_user_wrote_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("mine\n")
    with pytest.raises(FileConflictError) as caught:
        write_outputs(tmp_path, FILES, force=False, recorded={})
    assert [detail.file for detail in caught.value.details] == ["Dockerfile"]
    assert contents(tmp_path) == {"Dockerfile": "mine\n"}


def test_a_file_edited_since_is_the_users(tmp_path: Path) -> None:
    recorded = {"Dockerfile": digest("ours\n")}
    (tmp_path / "Dockerfile").write_text("ours, edited\n")
    with pytest.raises(FileConflictError) as caught:
        write_outputs(tmp_path, FILES, force=False, recorded=recorded)
    assert "edited" in caught.value.details[0].text


def test_our_own_older_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ours\n")
    report = write_outputs(tmp_path, FILES, force=False, recorded={"Dockerfile": digest("ours\n")})
    assert "Dockerfile" in report.written
    assert contents(tmp_path) == FILES


def test_force_overwrites_even_a_link_without_following_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("precious\n")
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").symlink_to(outside)
    with pytest.raises(FileConflictError):
        write_outputs(root, FILES, force=False, recorded={})
    write_outputs(root, FILES, force=True, recorded={})
    assert outside.read_text() == "precious\n"
    assert not (root / "Dockerfile").is_symlink()


def test_all_or_nothing_when_a_rename_fails_half_way(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("before\n")
    renamed: list[str] = []

    def fail_on_second(source: str, goal: str) -> None:
        if renamed:
            raise OSError(28, "No space left on device")
        renamed.append(goal)
        os.replace(source, goal)  # noqa: PTH105 - the same call as the real one

    with pytest.raises(PathUnreadableError) as caught:
        write_outputs(tmp_path, FILES, force=True, recorded={}, rename=fail_on_second)
    assert "No space left" in caught.value.cause
    assert contents(tmp_path) == {"Dockerfile": "before\n"}


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathUnreadableError):
        write_outputs(tmp_path / "ghost", FILES, force=False, recorded={})


def test_the_record_counts_only_while_it_is_as_we_wrote_it(tmp_path: Path) -> None:
    assert read_recorded(tmp_path) == {}
    document: dict[str, object] = {"files": {"Dockerfile": "00"}, "version": 1}
    document["digest"] = seal(document)
    path = tmp_path / "leanscaffold.json"
    path.write_text(json.dumps(document))
    assert read_recorded(tmp_path) == {
        "Dockerfile": "00",
        "leanscaffold.json": digest(path.read_text()),
    }
    document["version"] = 2
    path.write_text(json.dumps(document))
    assert "leanscaffold.json" not in read_recorded(tmp_path)
    path.write_text("{ truncated")
    assert read_recorded(tmp_path) == {}
