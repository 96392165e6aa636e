"""The documentation says what the code does today; ``python -m tools.docs`` makes it anew."""

import re
import shlex
from pathlib import Path

import click
import pytest

from scaffold.cli import cli
from tools.docs.__main__ import written_pages
from tools.docs.console import ROOT, find_calls, prepare, run
from tools.docs.pages import make_pages
from tools.figures import STEPS
from tools.session import KEYS

DOCS = ROOT / "docs"
PAGES = {page.relative_to(ROOT).as_posix(): page for page in written_pages()}
_FENCE = re.compile(r"(?ms)^```\w*\n(.*?)^```$")
_COMMAND = re.compile(r"`(leanscaffold [^`]+)`|(?m:^ *(leanscaffold .+))")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")


def test_the_pages_that_are_made_from_the_code_are_of_today(tmp_path: Path) -> None:
    made = make_pages(prepare(tmp_path))
    for name, text in made.items():
        assert (DOCS / name).read_text("utf-8") == text, f"{name}: python -m tools.docs"
    kept = {path.relative_to(DOCS).as_posix() for path in DOCS.glob("commands/*.md")}
    assert kept == {name for name in made if name.startswith("commands/")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_its_commands_print(name: str, tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    for call in find_calls(PAGES[name].read_text("utf-8")):
        said = run(call.command, folder)
        assert said == call.output, f"{name}:{call.line}: python -m tools.docs, then look"


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_is_one(name: str) -> None:
    text = PAGES[name].read_text("utf-8")
    blocks = "\n".join(block.replace("\\\n", "") for block in _FENCE.findall(text))
    for found in _COMMAND.findall(f"{_FENCE.sub('', text)}\n{blocks}"):
        line = re.split(r"   | \| | {1,2}#|…", " ".join("".join(found).split("\n")))[0]
        command: click.Command | None = cli
        words = shlex.split(line)[1:]
        while isinstance(command, click.Group) and words and words[0][0] not in "-A":
            command = command.get_command(click.Context(cli), words.pop(0))
        assert command is not None, line
        try:
            command.make_context("", words, **cli.context_settings)
        except (click.exceptions.Exit, click.MissingParameter, click.exceptions.NoArgsIsHelpError):
            pass  # --help, or a command that is only named
        except click.UsageError as error:
            raise AssertionError(f"{line}: {error}") from error


def test_the_tool_that_makes_a_page_is_one_of_those_that_make_all_figures() -> None:
    known = {words[0] for words, _ in STEPS.values()}
    for page in DOCS.glob("*.md"):
        for tool in re.findall(r"Made by `python -m ([\w.]+)", page.read_text("utf-8")):
            assert tool in known, f"{page.name}: {tool}"


def test_every_link_of_a_page_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *DOCS.glob("**/*.md"), *ROOT.glob("knowledge/*.md")]:
        for link in _LINK.findall(page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"


def test_the_recorded_wizard_asks_what_it_asks_today() -> None:
    asked = re.findall(r"(?m)^· (.*?\?)", (DOCS / "first-session.md").read_text("utf-8"))
    assert len(asked) == len(KEYS)
    for question, (pattern, _) in zip(asked, KEYS, strict=True):
        assert re.fullmatch(pattern, question)
    known = "".join(one.read_text("utf-8") for one in (ROOT / "scaffold" / "init").glob("*.py"))
    assert all(f'"{question}' in known for question in asked)


def test_a_console_is_read_with_its_lines_commands_and_outputs() -> None:
    text = "# Page\n\n```console\n$ one\n1\n2\n$ two\n```\n\n```sh\n$ no console\n```\n"
    found = [(call.line, call.command, call.output) for call in find_calls(text)]
    assert found == [(4, "one", "1\n2\n"), (7, "two", "")]
