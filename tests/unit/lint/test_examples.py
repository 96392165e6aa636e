"""Every rule's docstring is its documentation and its test."""

import re

import pytest

from scaffold.lint.context import Case, Surroundings
from scaffold.lint.linter import check, lint
from scaffold.lint.rules import Rule, all_rules
from scaffold.model.target import Arch
from scaffold.resolver.tags import parse_arch
from tests.support.lint_cases import case_of, case_with_project

_TARGET = re.compile(r"# With --target (.+)\.")
RULES = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)


def case_for(rule: Rule, text: str) -> Case:
    """Return a case; the rules from LS801 on are about a project for a device of 500 MB."""
    if rule.code.startswith("LS8"):
        found = _TARGET.search(text)
        return case_with_project(text, arch=parse_arch(found[1]) if found else Arch.AMD64)
    return case_of(text, around=Surroundings(ignores=False))


@RULES
def test_a_rule_says_what_why_and_how(rule: Rule) -> None:
    assert rule.summary.endswith(".")
    assert len(rule.summary) < 90
    assert rule.why
    assert rule.bad
    assert rule.good


@RULES
def test_the_bad_example_is_found(rule: Rule) -> None:
    assert check(case_for(rule, rule.bad), [rule])


@RULES
def test_the_good_example_is_not(rule: Rule) -> None:
    assert check(case_for(rule, rule.good), [rule]) == ()


@RULES
def test_mending_ends_and_leaves_nothing_that_can_be_mended(rule: Rule) -> None:
    case = case_for(rule, rule.bad)
    mended = lint(case, [rule], fix=True)
    assert not [finding for finding in mended.findings if finding.fixable]
    again = lint(case_of(mended.text, decided=case.decided), [rule], fix=True)
    assert again.text == mended.text


def test_codes_and_names_are_unique() -> None:
    rules = all_rules()
    assert len({rule.code for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
