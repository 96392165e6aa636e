"""Figures of a proof are kept in the record, and are read again as long as they are of its plan."""

import json
from datetime import date
from pathlib import Path

import pytest

from scaffold.model.errors import ConfigInvalidError, FileConflictError
from scaffold.model.target import Arch
from scaffold.model.verification import Check, Layer, Report, Status
from scaffold.report.document import make_record
from scaffold.state.file_writer import RECORD, digest, read_recorded
from scaffold.state.record import keep_measured, read_measured, render_record
from tests.support.builders import make_outcome

DAY = date(2026, 11, 25)


def make_report(arch: Arch = Arch.ARM64, start: float = 0.25, **figures: float) -> Report:
    figures |= {"start_seconds": start}
    check = Check(
        code="start", status=Status.PASSED, text="it starts", figures=tuple(figures.items())
    )
    layer = Layer(digest="sha256:1", on_disk=500, download=200, made_by="COPY")
    return Report(arch=arch, image="sha256:2", layers=(layer,), checks=(check,))


def make_folder(folder: Path) -> Path:
    record = make_record(make_outcome(), {"Dockerfile": "FROM x\n"})
    (folder / RECORD).write_text(render_record(record))
    return folder


def test_figures_are_read_as_they_were_kept(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    assert read_measured(root) == {}
    keep_measured(root, [make_report(peak_memory_bytes=3.0, rebuild_seconds=7.25)], DAY)
    (kept,) = read_measured(root).values()
    assert (kept.on_disk, kept.download, kept.start_seconds) == (500, 200, 0.25)
    assert (kept.peak_memory, kept.passed, kept.checked) == (3, True, DAY)
    assert kept.rebuild_seconds == 7.25
    assert kept.base == "slim-trixie"
    assert kept.python == "3.13"


def test_a_dockerfile_of_the_users_own_is_told_from_the_plans(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    for text, by_hand in (("FROM x\n", False), ("FROM y\n", True)):
        (root / "Dockerfile").write_text(text)
        keep_measured(root, [make_report()], DAY)
        (kept,) = read_measured(root).values()
        assert (kept.dockerfile, kept.by_hand) == (digest(text), by_hand)


def test_a_later_proof_replaces_the_figures(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    keep_measured(root, [make_report()], DAY)
    keep_measured(root, [make_report(start=0.5)], DAY)
    assert read_measured(root)[Arch.ARM64].start_seconds == 0.5


def test_the_record_stays_ours_so_that_generate_may_replace_it(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    keep_measured(root, [make_report()], DAY)
    assert RECORD in read_recorded(root)
    assert json.loads((root / RECORD).read_text())["files"].keys() == {"Dockerfile"}


def test_a_target_that_was_not_planned_is_left_out(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    keep_measured(root, [make_report(Arch.S390X)], DAY)
    assert read_measured(root) == {}


def test_a_record_that_somebody_edited_is_left_alone(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    text = (root / RECORD).read_text().replace('"arm64"', '"amd64"', 1)
    (root / RECORD).write_text(text)
    with pytest.raises(FileConflictError):
        keep_measured(root, [make_report()], DAY)
    assert (root / RECORD).read_text() == text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"targets": [{}]}'])
def test_a_record_that_is_none_cannot_keep_figures(text: str, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(text)
    with pytest.raises(ConfigInvalidError, match=RECORD):
        keep_measured(tmp_path, [make_report()], DAY)
    assert read_measured(tmp_path) == {}
