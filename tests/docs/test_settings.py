"""The schemas for editors take what is read, and refuse what is not."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from scaffold.config.option_sources import read_table
from scaffold.model.options import SETTINGS
from scaffold.project.pyproject_file import load_pyproject
from tools.docs.console import ROOT
from tools.docs.settings import record_schema, settings_page, settings_schema


def sample() -> str:
    return settings_page().partition("```toml\n")[2].partition("```")[0]


def test_the_sample_has_every_setting_and_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(sample())
    pyproject = load_pyproject(tmp_path)
    assert pyproject is not None
    given = read_table(pyproject)
    assert [one.setting.name for one in given] == [one.name for one in SETTINGS]
    table = tomllib.loads(sample())["tool"]["leanscaffold"]
    Draft7Validator(settings_schema()).validate(table)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_size": "1GB"},
        {"max-size": 500},
        {"memory": "512"},
        {"offline": "yes"},
        {"trim": "all"},
        {"cmd": 3},
        {"swap": [1]},
    ],
)
def test_what_no_run_would_take_is_wrong_in_an_editor_too(wrong: dict[str, Any]) -> None:
    assert not Draft7Validator(settings_schema()).is_valid(wrong)


def test_the_record_of_a_run_is_what_its_schema_says() -> None:
    validator = Draft202012Validator(record_schema())
    records = sorted((ROOT / "tests" / "golden").rglob("leanscaffold.json"))
    assert records
    for record in records:
        document = json.loads(record.read_text("utf-8"))
        validator.validate(document)
        assert not validator.is_valid({**document, "targets": [{"target": "vax"}]})
