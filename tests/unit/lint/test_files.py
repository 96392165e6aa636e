"""Whole files: the paper's are found, ours are clean, and edits say what they mean."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from scaffold.lint.context import Decided
from scaffold.lint.linter import check, lint, select_rules
from scaffold.lint.rules import all_rules
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch, Budget, Target
from tests.support.builders import make_rejected
from tests.support.lint_cases import PROJECT, case_of, case_with_project, found_by
from tests.support.worlds import ask
from tests.unit.project.dockerfile_parser.test_reader import TEXTS
from tools.paper.variants import Stack, paper_variants

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
STACK = Stack(
    full="python:3.13",
    slim="python:3.13-slim",
    alpine="python:3.13-alpine",
    requirements=("requirements.txt",),
    system=("libgl1",),
    command=("python", "main.py"),
)
PAPER = {variant.name: variant.dockerfile for variant in paper_variants(STACK)}
# Each of the paper's levers, and the rule that finds the worse half of it.
LEVERS = {
    "order-bad": {"LS301"},
    "full": {"LS203"},
    "alpine": {"LS801"},
    "runs-apart": {"LS302", "LS303", "LS401", "LS402"},
    "lists-kept": {"LS401"},
    "two-stages": {"LS601"},
    "slim": {"LS802"},
}


def codes(text: str) -> set[str]:
    project = replace(PROJECT, asked=ask("tensorflow", "opencv-python", "numpy", "pandas"))
    return {finding.code for finding in check(case_with_project(text, project=project))}


@pytest.mark.parametrize("name", LEVERS)
def test_the_papers_files_are_found(name: str) -> None:
    assert LEVERS[name] <= codes(PAPER[name])


def test_a_wheel_that_needs_a_newer_glibc_is_found() -> None:
    reason = Reason(code="glibc-too-old", text="a 1 needs glibc 2.41, slim-bookworm has 2.36")
    here = make_rejected("slim-bookworm", "3.13", reason)
    target = Target(arch=Arch.AMD64, budget=Budget())
    decided = Decided(project=PROJECT, target=target, here=here)
    (found,) = found_by("LS801", case_of("FROM python:3.13-slim-bookworm\n", decided=decided))
    assert found.text == reason.text


def test_the_better_half_of_each_lever_is_not() -> None:
    assert not codes(PAPER["slim"]) & {"LS203", "LS301", "LS601", "LS801"}
    assert not codes(PAPER["runs-merged"]) & {"LS302", "LS303", "LS401", "LS402"}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/Dockerfile")), ids=lambda p: p.parent.name)
def test_our_own_files_are_clean(path: Path) -> None:
    assert check(case_of(path.read_text("utf-8"))) == ()


def test_a_comment_switches_a_rule_off_for_one_instruction() -> None:
    text = "FROM python:3.13-slim-trixie\n{}RUN pip install flask==3.1.3\nRUN pip install a==1\n"
    rules = select_rules(all_rules(), ["LS101"], [])
    for comment in ("# leanscaffold: ignore=LS101\n", "# leanscaffold: ignore=no-cache-dir\n"):
        (found,) = check(case_of(text.format(comment)), rules)
        assert found.line == 4
    assert len(check(case_of(text.format("# ignore=LS101\n")), rules)) == 2


def test_rules_are_chosen_by_code_name_and_start() -> None:
    chosen = select_rules(all_rules(), ["ls1", "no-tag"], ["LS101"])
    assert {rule.code[:3] for rule in chosen} == {"LS1", "LS2"}
    assert "LS101" not in {rule.code for rule in chosen}


MESSY = """\
from python:3.13-slim
MAINTAINER Somebody
ENV PYTHONUNBUFFERED 1
RUN apt update && \\

    sudo apt install --no-install-recommends curl
RUN pip install flask==3.1.3
ADD main.py settings.py /app
CMD python /app/main.py --name 'a b'
"""


def test_what_is_safe_is_mended_and_the_rest_left_as_it_is() -> None:
    mended = lint(case_of(MESSY), all_rules(), fix=True)
    assert (
        mended.text
        == """\
from python:3.13-slim
LABEL org.opencontainers.image.authors="Somebody"
ENV PYTHONUNBUFFERED=1
RUN apt-get update && \\
    apt-get install -y --no-install-recommends curl \\
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir flask==3.1.3
COPY main.py settings.py /app
CMD ["python", "/app/main.py", "--name", "a b"]
"""
    )
    assert {finding.code for finding in mended.findings} == {"LS204", "LS501", "LS609"}
    assert lint(case_of(mended.text), all_rules(), fix=True).text == mended.text


def test_windows_line_breaks_stay() -> None:
    text = "FROM a\r\nENV A 1\r\nRUN b && \\\r\n\r\n  c\r\n"
    mended = lint(case_of(text), all_rules(), fix=True).text
    assert mended == "FROM a\r\nENV A=1\r\nRUN b && \\\r\n  c\r\n"


@settings(max_examples=150)
@given(TEXTS)
def test_no_text_makes_a_rule_fail_and_mending_twice_is_mending_once(text: str) -> None:
    mended = lint(case_of(text), all_rules(), fix=True)
    for finding in mended.findings:
        assert finding.line >= 1
        assert (finding.end_line, finding.end_column) >= (finding.line, finding.column)
    assert lint(case_of(mended.text), all_rules(), fix=True).text == mended.text


@pytest.mark.parametrize(
    ("base", "found"),
    [
        ("python:3.13-slim-trixie", True),
        ("ubuntu:24.04", True),
        ("python:3.13-alpine3.23", False),
        ("nobody/knows:1", False),
    ],
)
def test_source_is_an_error_only_where_the_shell_of_the_base_lacks_it(
    base: str,
    found: bool,  # noqa: FBT001
) -> None:
    assert ("LS110" in codes(f"FROM {base}\nRUN source /etc/vars && make\n")) is found
