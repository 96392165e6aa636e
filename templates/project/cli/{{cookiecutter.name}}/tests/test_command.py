import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from app.__main__ import as_table, main
from app.readings import Reading, hottest_of

ALL = ["--disk", "100", "--memory", "100", "--load", "1000", "--temperature", "1000"]


@pytest.mark.parametrize("limits", [[], ALL])
def test_a_machine_within_its_limits_is_well(limits: list[str]) -> None:
    result = CliRunner().invoke(main, limits)
    assert result.exit_code == 0
    assert result.output.startswith("disk ")
    assert (" of 100" in result.output) == bool(limits)


def test_what_is_over_its_limit_is_said_and_exits_with_1() -> None:
    result = CliRunner().invoke(main, [*ALL, "--memory", "0", "--json"])
    assert result.exit_code == 1
    over = {name for name, row in json.loads(result.output).items() if row["over"]}
    assert over == {"memory"}


def test_a_limit_that_makes_no_sense_exits_with_2() -> None:
    assert CliRunner().invoke(main, ["--disk", "101"]).exit_code == 2


def test_a_sensor_that_is_broken_is_not_the_hottest() -> None:
    assert hottest_of([41.5, 65261.9, -273.1]) == 41.5
    assert hottest_of([]) is None


def test_the_table_marks_what_is_over() -> None:
    table = as_table([Reading("disk", 95, "%", 90), Reading("memory", 20, "%", 90)])
    assert [line.endswith("over its limit") for line in table.splitlines()] == [True, False]


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "app", *ALL], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
