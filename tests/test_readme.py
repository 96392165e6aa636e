"""The README and the pages agree: a number stands in one place and is repeated, not retyped."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def cells(text: str) -> list[list[str]]:
    rows = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    return [row.split(" | ") for row in rows]


def test_the_two_commands_are_one_line_each() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert all(block.count("\n") == 1 for block in blocks)
    assert "leanscaffold generate examples/fastapi --target arm64 --max-size 500MB" in blocks[0]
    assert blocks[1].strip() == "bash tests/run"


def test_it_is_short() -> None:
    assert README.count("\n") < 120


@pytest.mark.parametrize("row", cells(README)[1:], ids="-".join)
def test_a_size_in_it_is_one_of_the_table_of_sizes(row: list[str]) -> None:
    measured = cells((ROOT / "docs/sizes.md").read_text("utf-8"))
    columns = {name: at for at, name in reversed(list(enumerate(measured[0])))}
    names = ("project", "target", "on disk", "against", "theirs", "ratio")
    assert row in [[one[columns[name]] for name in names] for one in measured[1:]]


def test_the_session_ends_with_a_verified_image() -> None:
    page = (ROOT / "docs/first-session.md").read_text("utf-8")
    assert "Verified: all 11 checks hold." in page
