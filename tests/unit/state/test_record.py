import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.target import Arch
from scaffold.model.verification import Figures
from scaffold.state.file_writer import digest, read_recorded
from scaffold.state.record import Record, RecordedPackage, digest_files, read_record, render_record
from tests.support.builders import make_recorded

DATA = Path(__file__).resolve().parents[2] / "data" / "records"
TARGET = {
    "target": "arm64",
    "base": "slim-trixie",
    "python": "3.13",
    "reference": "python:3.13-slim-trixie",
    "size": {"on_disk": 2, "download": 1, "error": 1, "download_error": 1},
}


def write(folder: Path, **changes: object) -> None:
    document = {
        "version": 2,
        "project": "app",
        "options": ["--target=arm64"],
        "targets": [TARGET, TARGET | {"target": "arm/v7"}],
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
    ("changes", "told"),
    [
        ({"files": None}, "files: Expected `object`, got `null`"),
        ({"targets": [{}]}, "targets[0]: Object missing required field `target`"),
        ({"targets": [TARGET | {"target": "pdp11"}]}, "targets[0].target: Invalid enum value"),
        ({"targets": [TARGET | {"budget": {"on_disk": "1"}}]}, "targets[0].budget.on_disk: "),
        ({"options": 1}, "options: Expected `array`"),
        ({"version": 3}, "version: 3 is none"),
        ({"version": 1}, "not a plan of version 1: "),
    ],
)
def test_a_record_that_makes_no_sense_is_told_with_its_field(
    tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    write(tmp_path, **changes)
    with pytest.raises(ConfigInvalidError) as caught:
        read_record(tmp_path)
    (detail,) = caught.value.details
    assert detail.file == "leanscaffold.json"
    assert told in detail.text
    assert "--anew --force" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "line"),
    [('{\n<<<<<<< ours\n"a": 1}', 2), ("[]", None), ("[" * 100_000, None), ("\0", 1)],
)
def test_what_is_no_record_is_told_with_its_line(
    tmp_path: Path, text: str, line: int | None
) -> None:
    (tmp_path / "leanscaffold.json").write_text(text)
    with pytest.raises(ConfigInvalidError) as caught:
        read_record(tmp_path)
    assert [one.line for one in caught.value.details] == [line]


def test_a_folder_without_a_record_has_none(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    (tmp_path / "leanscaffold.json").mkdir()
    assert read_record(tmp_path) is None


def test_a_record_of_version_1_is_read(tmp_path: Path) -> None:
    text = (DATA / "version-1.json").read_text()
    (tmp_path / "leanscaffold.json").write_text(text)
    record = read_record(tmp_path)
    assert record is not None
    assert record.options == ("--device=raspberry-pi-zero-w", "--offline")
    assert set(record.inputs) == {"pyproject.toml"}
    (target,) = record.targets
    assert (target.target, target.device, target.cores) == (Arch.ARM_V6, "Raspberry Pi Zero W", 1)
    assert target.size.on_disk == sum(on_disk for _, on_disk, _ in target.size.parts)
    assert target.budget.memory == 512 << 20
    assert {name: one.version for name, one in target.packages.items()} == {
        one["name"]: one["version"] for one in json.loads(text)["targets"][0]["packages"]
    }
    assert target.measured is not None
    assert (target.measured.on_disk, target.measured.checked) == (50, date(2026, 11, 20))
    assert set(read_recorded(tmp_path)) == set(json.loads(text)["files"])


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    figures = Figures(on_disk=1, download=2, checked=date(2026, 11, 20), passed=False)
    targets = (replace(make_recorded(numpy="2"), measured=figures), make_recorded(Arch.ARM_V7))
    record = Record(project="app", targets=targets, options=("--target=arm64",), port=80)
    text = render_record(record)
    (tmp_path / "leanscaffold.json").write_text(text)
    assert read_record(tmp_path) == record
    assert set(read_recorded(tmp_path)) == {"leanscaffold.json"}
    assert all(len(line) <= 120 for line in text.splitlines())


def test_one_more_package_is_one_more_line() -> None:
    packages = {f"package-{n}": RecordedPackage(version="1.0") for n in range(20)}
    before, after = (
        render_record(Record(project="app", targets=(replace(make_recorded(), packages=some),)))
        for some in (packages, packages | {"package-20": RecordedPackage(version="1.0")})
    )
    changed = set(after.splitlines()) ^ set(before.splitlines())
    assert sorted(line.split(":")[0].strip(' "') for line in changed) == [
        *("digest", "digest", "package-19", "package-19", "package-20"),
    ]


def test_a_file_that_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert digest_files(tmp_path, ["a", "b"]) == {"a": digest("x")}
