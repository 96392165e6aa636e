"""The table of sizes beside others: its form, the limits of its rows, and the plan of today."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.contests import (
    ALPINE,
    INIT,
    ITSELF,
    LIMITS,
    MATCHES,
    MISSES,
    Match,
    write_dockerfile,
)
from tests.engine.leanscaffold import plain_environment
from tools.size_table import Row, read_table, write_table
from tools.sizes import TABLE, choose, stage

# How far the plan of today may be from what was measured: on disk, to download.
DRIFT = (0.02, 0.08)
GOOD = Row(
    match="fastapi",
    arch="amd64",
    rival=INIT,
    on_disk=35.0,
    their_disk=100.0,
    download=12.0,
    their_download=40.0,
    start=0.6,
    plain_start=0.7,
    init_start=1.1,
)


def kept() -> list[Row]:
    return read_table(TABLE.read_text())


def test_a_table_is_read_as_it_was_written() -> None:
    other = replace(
        GOOD, rival=ALPINE, start=None, plain_start=None, init_start=None, traced=30.0, opened=28.5
    )
    rows = [GOOD, other]
    assert read_table(write_table(rows)) == rows


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, []),
        ({"on_disk": 37.0}, ["on disk is 0.370 x, at most 0.36 x"]),
        ({"download": 17.0}, ["download is 0.425 x, at most 0.40 x"]),
        ({"start": 0.7}, ["start is 0.636 x, at most 0.60 x"]),
        ({"plain_start": 0.5}, ["start is 1.200 x, at most 1.05 x"]),
        ({"traced": 34.0, "opened": 30.0}, ["traced is 1.133 x, at most 1.10 x"]),
        ({"verify": "imports"}, ["verify: imports"]),
        ({"arch": "arm64", "start": None}, []),
    ],
)
def test_a_row_beyond_its_limit_says_so(changes: dict[str, object], says: list[str]) -> None:
    assert replace(GOOD, **changes).troubles() == says  # type: ignore[arg-type]


def test_what_people_write_by_hand_is_what_it_is_called() -> None:
    (web,) = (one for one in MATCHES if (one.name, one.arch) == ("fastapi", "amd64"))
    assert "FROM python:3.13-slim\nENV PYTHONDONTWRITEBYTECODE=1" in write_dockerfile(INIT, web)
    assert write_dockerfile(ALPINE, web).startswith("FROM python:3.13-alpine")
    assert write_dockerfile(ITSELF, web).count("\n") == 3
    assert "pip" not in write_dockerfile(ALPINE, MATCHES[0], requires=False)


def test_every_comparison_has_a_row_or_is_named_as_missing() -> None:
    there = {(row.match, row.arch, row.rival) for row in kept()}
    for one in LIMITS:
        missing = f"- {one.match}, {one.arch}, against {one.rival}\n"
        assert ((one.match, one.arch, one.rival) in there) is (missing not in TABLE.read_text())


@pytest.mark.parametrize("row", kept(), ids=lambda row: f"{row.match} {row.arch} {row.rival}")
def test_a_row_keeps_its_limits_but_for_what_is_known_to_miss(row: Row) -> None:
    missing = [text.partition(" is ")[0] for text in row.troubles()]
    assert ", ".join(missing) == MISSES.get((row.match, row.arch), ("", ""))[0]


MEASURED = [
    one for one in MATCHES if (one.name, one.arch) in {(row.match, row.arch) for row in kept()}
]


@pytest.mark.parametrize("match", MEASURED, ids=lambda match: f"{match.name} {match.arch}")
def test_the_plan_of_today_is_near_to_what_was_measured(match: Match, tmp_path: Path) -> None:
    row = next(one for one in kept() if (one.match, one.arch) == (match.name, match.arch))
    project = stage(match, match.example, tmp_path)
    env = plain_environment(os.environ, tmp_path)
    chosen = choose(match, project, env)
    assert chosen["base"] == row.base
    size = chosen["size"]
    for label, measured, drift in (
        ("on_disk", row.on_disk, DRIFT[0]),
        ("download", row.download, DRIFT[1]),
    ):
        assert size[label] / 1e6 == pytest.approx(measured, rel=drift), label
