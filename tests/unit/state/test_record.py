import json
from pathlib import Path

import pytest

from scaffold.model.target import Arch
from scaffold.state.file_writer import digest
from scaffold.state.record import digest_files, read_record


def write(folder: Path, **changes: object) -> None:
    document = {
        "project": "app",
        "options": ["--target=arm64"],
        "targets": [{"target": "linux/arm64"}, {"target": "linux/arm/v7"}],
        "files": {"Dockerfile": digest("FROM x\n")},
        "inputs": {"requirements.txt": "0" * 64},
        **changes,
    }
    (folder / "leanscaffold.json").write_text(json.dumps(document))


def test_a_record_tells_what_was_asked_read_and_written(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM x\n")
    record = read_record(tmp_path)
    assert record is not None
    assert record.options == ("--target=arm64",)
    assert record.arches == (Arch.ARM64, Arch.ARM_V7)
    assert record.inputs == {"requirements.txt": "0" * 64}
    assert (record.edited, record.missing) == ((), ())


def test_a_file_that_was_edited_or_is_gone_is_named(tmp_path: Path) -> None:
    write(tmp_path, files={"Dockerfile": digest("FROM x\n"), "a.lock": "1" * 64})
    (tmp_path / "Dockerfile").write_text("FROM y\n")
    record = read_record(tmp_path)
    assert record is not None
    assert (record.edited, record.missing) == (("Dockerfile",), ("a.lock",))


def test_a_checkout_with_other_line_endings_edits_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "Dockerfile").write_bytes(b"FROM x\r\n")
    record = read_record(tmp_path)
    assert record is not None
    assert record.edited == ()


@pytest.mark.parametrize(
    "changes",
    [{"files": None}, {"targets": [{}]}, {"targets": [{"target": "linux/pdp11"}]}, {"options": 1}],
)
def test_a_record_that_makes_no_sense_is_none(tmp_path: Path, changes: dict[str, object]) -> None:
    write(tmp_path, **changes)
    assert read_record(tmp_path) is None


def test_a_folder_without_a_record_has_none(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    (tmp_path / "leanscaffold.json").write_text("{")
    assert read_record(tmp_path) is None


def test_a_record_of_before_inputs_were_noted_is_read(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "leanscaffold.json"
    document = json.loads(path.read_text())
    del document["inputs"]
    path.write_text(json.dumps(document))
    record = read_record(tmp_path)
    assert record is not None
    assert record.inputs == {}


def test_a_file_that_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert digest_files(tmp_path, ["a", "b"]) == {"a": digest("x")}
