"""Codes: each is emitted, explained and spelled once; nothing else is a code."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.model.codes import COMPANIONS, Code, Kind
from scaffold.report.explain import EXPLANATIONS
from scaffold.verify.checks import CHECKS
from tests.cli.outside import run

ROOT = Path(__file__).resolve().parents[3]
EMITTERS = {"Reason", "Suggestion", "Check", "Stale"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "scaffold").rglob("*.py")):
        if path.name != "codes.py":
            yield path, ast.parse(path.read_text("utf-8"))


def test_every_code_is_emitted_somewhere() -> None:
    used = {
        node.attr
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Code"
    }
    companions = tomllib.loads((ROOT / "knowledge/companions.toml").read_text("utf-8"))
    # A companion may also say what a call uses, with the code of a use.
    from_facts = set(re.findall(r"'code': '([a-z-]+)'", repr(companions))) & COMPANIONS
    assert {code for code in Code if code.name not in used} <= from_facts


def test_no_code_is_written_as_a_bare_string() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{word.value.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in EMITTERS
        for word in node.keywords
        if word.arg == "code" and isinstance(word.value, ast.Constant | ast.JoinedStr)
    ]
    assert not bare, "a code is a member of scaffold.model.codes.Code"


def test_each_check_of_an_image_has_a_code_of_its_own() -> None:
    assert len({one.code for one in CHECKS}) == len(CHECKS)
    assert {one.code.explanation.kind for one in CHECKS} == {Kind.CHECK}
    assert all(one.files or one.run for one in CHECKS)


def test_each_group_of_codes_is_asked_for() -> None:
    asked = re.findall(r'_in\("([a-z-]+)"\)', (ROOT / "scaffold/model/codes.py").read_text("utf-8"))
    assert {group for code in Code for group in code.groups} == set(asked)


def test_each_function_that_checks_is_one_of_those_that_run() -> None:
    called: set[str] = set()
    made: set[str] = set()
    for path, tree in sources():
        if path.parent.name == "checks":
            calls = (one for one in ast.walk(tree) if isinstance(one, ast.Call))
            called |= {getattr(one.func, "id", "") for one in calls}
            made |= {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    assert {name for name in made - {"check_image"} if name.startswith("check_")} <= called


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_a_code_says_what_it_means_and_what_to_do(code: str) -> None:
    explanation = EXPLANATIONS[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert explanation.meaning.endswith(".")
    assert explanation.remedy.endswith(".")
    assert explanation.title
    assert not explanation.title.endswith(".")
    result = run("explain", code)
    assert result.exit_code == 0
    assert explanation.title in " ".join(result.stdout.split())


def test_a_member_is_named_after_its_code_and_has_a_kind() -> None:
    assert all(code.name == code.value.upper().replace("-", "_") for code in Code)
    assert {code.explanation.kind for code in Code} == set(Kind) - {Kind.TRIM, Kind.ERROR}
