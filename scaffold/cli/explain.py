"""``leanscaffold explain``: what a reason code or a rule means, or what is known of a package."""

import sys
from dataclasses import asdict
from typing import Any

import click

from scaffold.cli.index_pages import find_page, known_wheels, normalise
from scaffold.cli.services import Services
from scaffold.config.option_parsers import unknown
from scaffold.lint.rules import find_rule
from scaffold.report.formatting import to_json
from scaffold.report.lists import (
    EXPLANATIONS,
    describe_rule,
    show_explanation,
    show_package,
    show_rule,
)
from scaffold.report.terminal import show
from scaffold.resolver.support import make_matrix


def explain(
    outside: Services, subject: str, knowledge: tuple[str, ...], *, offline: bool, as_json: bool
) -> None:
    """Say what a reason CODE means, what a RULE of `lint` is for, or what is known of a PACKAGE."""
    code = subject.strip().lower()
    explanation = EXPLANATIONS.get(code)
    rule = find_rule(subject) if explanation is None else None
    if rule is not None:
        if as_json:
            click.echo(to_json(describe_rule(rule)), nl=False)
        else:
            show(sys.stdout, show_rule(rule))
    elif explanation is None:
        _explain_package(outside, subject, knowledge, offline=offline, as_json=as_json)
    elif as_json:
        click.echo(to_json({"version": 1, "code": code, **asdict(explanation)}), nl=False)
    else:
        show(sys.stdout, show_explanation(code, explanation))


def _explain_package(
    outside: Services, subject: str, knowledge: tuple[str, ...], *, offline: bool, as_json: bool
) -> None:

    name = normalise(subject)
    facts = outside.knowledge.load_facts(knowledge)
    fact = facts.packages.get(name)
    known = find_page(outside, name, knowledge, offline=offline)
    page = known[0] if known else None
    if fact is None and page is None:
        names = [*EXPLANATIONS, *facts.packages, *outside.knowledge.snapshot_names()]

        raise unknown(
            "reason code or package", subject, names, hint="codes stand in brackets in a plan"
        )
    matrix = make_matrix(page) if page else None
    wheels = known_wheels(outside, page, matrix) if page and matrix else ()
    if as_json:
        document: dict[str, Any] = {
            "version": 1,
            "package": name,
            "facts": asdict(fact) if fact else None,
            "newest": matrix.newest if matrix else None,
            "sdist": matrix.sdist if matrix else None,
            "origin": page.origin if page else None,
            "wheels": [asdict(wheel) for wheel in wheels],
        }
        click.echo(to_json(document), nl=False)
    else:
        show(sys.stdout, show_package(name, facts, matrix, wheels))
