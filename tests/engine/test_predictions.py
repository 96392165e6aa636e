"""Predictions hold: those that the table keeps, and some that are measured anew."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import plain_environment
from tools.prediction_table import Row, read_table, write_table
from tools.predictions import EXAMPLES, TABLE, WEIGHED, Key, measure, predict


def make_row(**changes: object) -> Row:
    row = Row(
        example="fastapi",
        target="arm64",
        base="bare-trixie",
        predicted=(48.00, 18.00),
        measured=(48.50, 18.50),
        files="0123abcd",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def test_a_table_is_read_as_it_was_written() -> None:
    rows = [
        make_row(),
        make_row(target="amd64", verify="start, memory"),
        make_row(base="alpine-3.23", measured=(0.0, 0.0), untried="step-failed: apk"),
    ]
    assert read_table(write_table(rows)) == rows


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, []),
        ({"measured": (49.0, 18.0)}, ["on disk is +2.1% off, at most 2%"]),
        ({"measured": (48.0, 16.5)}, ["download is -8.3% off, at most 8%"]),
        ({"verify": "start"}, ["failed: start"]),
        ({"measured": (0.0, 0.0), "untried": "no index"}, []),
    ],
)
def test_a_row_out_of_bounds_says_so(changes: dict[str, object], says: list[str]) -> None:
    assert make_row(**changes).troubles() == says


KEPT = read_table(TABLE.read_text()) if TABLE.is_file() else []


@pytest.mark.parametrize("row", KEPT, ids=[" ".join(row.key) for row in KEPT])
def test_an_image_of_the_table_is_within_its_bounds_and_passed(row: Row) -> None:
    assert row.troubles() == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_table_has_each_case_that_the_plan_allows_with_the_prediction_of_today(
    example: str, tmp_path: Path
) -> None:
    """A change of what is predicted makes the table anew: see tools.predictions."""
    today = predict(example, WEIGHED, plain_environment(os.environ, tmp_path))
    kept = {row.key: row.predicted for row in KEPT if row.example == example}
    assert kept == {key: row.predicted for key, row in today.items()}


@pytest.mark.engine
@pytest.mark.online
@pytest.mark.parametrize(
    "key",
    [
        ("fastapi", "amd64", "bare-trixie"),
        ("fastapi", "arm64", "bare-trixie"),
        ("detector", "amd64", "bare-trixie"),
        ("detector", "arm64", "bare-trixie"),
        ("fastapi", "amd64", "bare-alpine-3.23"),
        ("fastapi", "amd64", "slim-trixie"),
        ("fastapi", "arm64", "alpine-3.23"),
    ],
    ids=" ".join,
)
def test_the_prediction_of_an_example_holds_and_its_image_passes(
    key: Key,
    bases: Callable[..., Engine],
    knowledge_options: tuple[str, ...],
    tmp_path: Path,
) -> None:
    example, arch, _ = key
    machine = bases(arch)
    if not machine.own:
        pytest.skip("the table is about the stand-ins")
    knowledge = Path(knowledge_options[1])
    predicted = predict(example, knowledge, plain_environment(os.environ, tmp_path))
    row = measure(machine, predicted[key], None, knowledge)
    assert row.untried == ""
    assert row.troubles() == []
