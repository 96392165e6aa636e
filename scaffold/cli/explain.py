"""``leanscaffold explain``: what a reason code or a rule means, or what is known of a package."""

import sys
from dataclasses import asdict
from typing import Any

import click

from scaffold.cli.options import json_option, knowledge_option, offline_option
from scaffold.cli.services import Services
from scaffold.cli.shell_completion import completing


@click.command(short_help="Say what a reason code, rule or package is about.")
@click.argument("subject", metavar="CODE|RULE|PACKAGE", shell_complete=completing("code"))
@knowledge_option
@offline_option
@json_option
@click.pass_obj
def explain(
    outside: Services, subject: str, knowledge: tuple[str, ...], *, offline: bool, as_json: bool
) -> None:
    """Say what a reason CODE means, what a RULE of `lint` is for, or what is known of a PACKAGE."""
    from scaffold.lint.rules import find_rule  # noqa: PLC0415 - not for --help
    from scaffold.report.document import to_json  # noqa: PLC0415 - not for --help
    from scaffold.report.lists import (  # noqa: PLC0415 - not for --help
        EXPLANATIONS,
        describe_rule,
        show_explanation,
        show_rule,
    )
    from scaffold.report.terminal import show  # noqa: PLC0415 - not for --help

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
    from scaffold.cli.index_pages import find_page, known_wheels, normalise  # noqa: PLC0415 - not for --help
    from scaffold.report.document import to_json  # noqa: PLC0415 - not for --help
    from scaffold.report.lists import EXPLANATIONS, show_package  # noqa: PLC0415
    from scaffold.report.terminal import show  # noqa: PLC0415 - not for --help
    from scaffold.resolver.wheel_matrix import make_matrix  # noqa: PLC0415 - not for --help

    name = normalise(subject)
    facts = outside.load_facts(knowledge)
    fact = facts.packages.get(name)
    known = find_page(outside, name, knowledge, offline=offline or fact is not None)
    page = known[0] if known else None
    if fact is None and page is None:
        names = [*EXPLANATIONS, *facts.packages, *outside.snapshot_names()]
        from scaffold.config.option_parsers import unknown  # noqa: PLC0415 - not for --help

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
