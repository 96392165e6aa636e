from pathlib import Path

import pytest

from scaffold.init.services import SavedAnswers


def test_answers_are_kept_per_project_and_forgotten(tmp_path: Path) -> None:
    kept = SavedAnswers(folder=lambda: tmp_path / "state")
    one, other = tmp_path / "one", tmp_path / "other"
    kept.keep(one, {"device": "raspberry-pi-4"})
    kept.keep(other, {"device": "intel-nuc"})
    kept.keep(one, {"device": "raspberry-pi-5", "max-size": ""})
    assert kept.load(one / ".." / "one") == {"device": "raspberry-pi-5", "max-size": ""}
    kept.forget(one)
    kept.forget(one)
    assert kept.load(one) == {}
    assert kept.load(other) == {"device": "intel-nuc"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "answers": {}}', '{"version": 1}', "\0", '{"a": 1}']
)
def test_what_cannot_be_read_counts_as_nothing(tmp_path: Path, text: str) -> None:
    kept = SavedAnswers(folder=lambda: tmp_path)
    kept.keep(tmp_path, {"a": "b"})
    (file,) = (tmp_path / "init").iterdir()
    file.write_text(text)
    assert kept.load(tmp_path) == {}


def test_a_state_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = SavedAnswers(folder=lambda: tmp_path / "file" / "below")
    kept.keep(tmp_path, {"a": "b"})
    assert kept.load(tmp_path) == {}
