"""Findings of ``lint``: for people, as JSON, as SARIF, as annotations of GitHub."""

import difflib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from scaffold import __version__
from scaffold.lint.rules import all_rules
from scaffold.model.dockerfile import Cost, Finding, Severity
from scaffold.model.errors import clean
from scaffold.report.schemas import Findings, fill
from scaffold.report.terminal import Content, format_size, indented, show, styled, to_json

if TYPE_CHECKING:
    from scaffold.lint.context import Case
    from scaffold.lint.linter import Linted

VERSION = 1
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_PLURALS = ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTE, "note"))


def print_findings(
    linted: "Linted", *, before: str, file: str, form: str, notes: Sequence[str], case: "Case"
) -> None:
    """Print findings in a format, and what was mended of the text ``before`` as a difference."""
    changed = "".join(_difference(before, linted.text, file))
    machine = form != "text"
    if changed:
        click.echo(clean(changed.replace("\r\n", "\n")), nl=False, err=machine)
    if form == "json":
        click.echo(to_json(make_findings_document(linted, file, notes, case)), nl=False)
    elif form == "sarif":
        click.echo(to_json(make_sarif(linted.findings, file)), nl=False)
    elif form == "github":
        for finding in linted.findings:
            click.echo(annotate(finding, file))
    else:
        show(sys.stdout, show_findings(linted.findings, file, notes, case))


def _difference(before: str, after: str, file: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), file, file
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def show_findings(
    findings: Sequence[Finding], file: str, notes: Sequence[str], case: "Case"
) -> Content:
    """Yield a line for each finding, what it costs below it, and a summary."""
    for one in findings:
        line = styled(f"{file}:{one.line}:{one.column}: ")
        line.append(one.severity.value, style=_STYLES[one.severity])
        line.append_text(styled(f" {one.code} {one.name}: {one.text}"))
        yield line
        cost = describe_cost(one.cost)
        if cost:
            yield indented(f"costs {cost}", 4, "dim")
    if case.decided is not None:
        target = case.decided.target
        device = f", {target.device.name}" if target.device else ""
        where = f"{case.decided.project.name.value} on {target.arch.platform}{device}"
        yield styled(f"checked for {where}", "dim")
    for note in notes:
        yield styled(note, "dim")
    yield styled(_summary(findings), "bold" if findings else "green")


def _summary(findings: Sequence[Finding]) -> str:
    if not findings:
        return "nothing found"
    counts = Counter(one.severity for one in findings)
    parts = [
        f"{counts[severity]} {word}{'s' if counts[severity] > 1 else ''}"
        for severity, word in _PLURALS
        if counts[severity]
    ]
    mendable = sum(1 for one in findings if one.fixable)
    return ", ".join(parts) + (f"; --fix mends {mendable}" if mendable else "")


def describe_cost(cost: Cost | None) -> str:
    """Return what something costs in words, empty for nothing known."""
    if cost is None:
        return ""
    parts = []
    if cost.on_disk:
        parts.append(f"{format_size(cost.on_disk)} on disk")
    if cost.download:
        parts.append(f"{format_size(cost.download)} to download")
    if cost.moved:
        parts.append(f"{format_size(cost.moved)} to download again with every edit")
    if cost.seconds:
        parts.append(f"{cost.seconds:.1f} s of installing again with every edit, as measured")
    if cost.compiling:
        often = "every edit" if cost.moved else "every build"
        parts.append(f"{cost.compiling} of compiling with {often}")
    return ", ".join(parts)


def make_findings_document(
    linted: "Linted", file: str, notes: Sequence[str], case: "Case"
) -> dict[str, Any]:
    """Return the document of ``lint --json``: sizes in bytes."""
    decided = case.decided
    return fill(
        Findings,
        linted,
        version=VERSION,
        file=file,
        project=decided.project.name.value if decided else None,
        target=decided.target.arch.platform if decided else None,
        notes=notes,
    )


def make_sarif(findings: Sequence[Finding], file: str) -> dict[str, Any]:
    """Return a log as SARIF 2.1.0 has it (OASIS, 2020), with the rules that found something."""
    codes = {finding.code for finding in findings}
    rules = [rule for rule in all_rules() if rule.code in codes]
    numbers = {rule.code: number for number, rule in enumerate(rules)}
    driver = {
        "name": "leanscaffold",
        "version": __version__,
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": rule.summary},
                "fullDescription": {"text": rule.why},
                "defaultConfiguration": {"level": str(rule.severity)},
            }
            for rule in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, file, numbers[finding.code]) for finding in findings],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _result(finding: Finding, file: str, rule: int) -> dict[str, Any]:
    cost = describe_cost(finding.cost)
    text = f"{finding.text} (costs {cost})" if cost else finding.text
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    location = {"artifactLocation": {"uri": quote(file)}, "region": region}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    }


def annotate(finding: Finding, file: str) -> str:
    """Return a finding as a command of GitHub's workflows."""
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
    cost = describe_cost(finding.cost)
    text = f"{finding.text} (costs {cost})" if cost else finding.text
    properties = {
        "file": file,
        "line": str(finding.line),
        "endLine": str(finding.end_line),
        "col": str(finding.column),
        "endColumn": str(finding.end_column),
        "title": f"{finding.code} {finding.name}",
    }
    spelled = ",".join(f"{name}={_escape(value, ',:')}" for name, value in properties.items())
    return f"::{words[finding.severity]} {spelled}::{_escape(text)}"


def _escape(text: str, more: str = "") -> str:
    """Return a text as GitHub's commands want it, ``%`` first."""
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
