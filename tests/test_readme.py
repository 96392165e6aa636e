"""The README says what the command does."""

import re
from pathlib import Path

from scaffold.cli.exit_codes import EXIT_CODES

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")


def test_the_exit_codes_of_the_readme_are_those_of_the_command() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE)
    assert {int(code): text.replace("`", "") for code, text in rows} == EXIT_CODES


def test_the_two_commands_are_one_line_each() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert all(block.count("\n") == 1 for block in blocks)
    assert "leanscaffold generate examples/fastapi --target arm64 --max-size 500MB" in blocks[0]
    assert blocks[1].strip() == "bash tests/run"


def test_the_session_of_the_readme_is_the_one_that_was_played() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs/first-session.md").read_text("utf-8")
    (played,) = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert f"```text\n{played}```" in README
    assert "Verified: all 11 checks hold." in played
