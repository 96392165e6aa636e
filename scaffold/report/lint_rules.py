"""The rules of ``lint``: one for people or programs, all of them as a page."""

from typing import TYPE_CHECKING, Any

from scaffold.lint.rules import Rule
from scaffold.model.finding import Severity
from scaffold.report.terminal import indented, styled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

VERSION = 1
_MEANINGS = {
    Severity.ERROR: "the build or the app breaks, or a secret gets out",
    Severity.WARNING: "it costs size, time or safety",
    Severity.NOTE: "it may be meant so",
}


def show_rule(rule: Rule) -> "Iterator[RenderableType]":
    """Yield what a rule is about, why, and an example of each kind."""
    yield styled(f"{rule.code} {rule.name} ({rule.severity}): {rule.summary}", "bold")
    for paragraph in rule.why.split("\n\n"):
        yield indented(" ".join(paragraph.replace("``", "`").split()), 2)
        yield ""
    for title, text in (("Bad", rule.bad), ("Good", rule.good)):
        yield styled(title, "bold")
        yield indented(text.rstrip("\n"), 4)
        yield ""


def describe_rule(rule: Rule) -> dict[str, Any]:
    """Return a rule as a document."""
    return {
        "version": VERSION,
        "code": rule.code,
        "name": rule.name,
        "severity": str(rule.severity),
        "summary": rule.summary,
        "why": rule.why,
        "bad": rule.bad,
        "good": rule.good,
    }


def list_rules(rules: "Iterable[Rule]") -> "Iterator[str]":
    """Yield the blocks of a page in Markdown: a table, then a section for each rule."""
    rules = tuple(rules)
    yield "; ".join(f"**{severity}**: {text}" for severity, text in _MEANINGS.items()) + "."
    rows = [
        f"| [{one.code}](#{_anchor(one)}) | {one.name} | {one.severity} | {one.summary} |"
        for one in rules
    ]
    head = ("| code | name | severity | what it finds |", "| --- | --- | --- | --- |")
    yield "\n".join([*head, *rows])
    for one in rules:
        yield f"## {one.code} {one.name}"
        yield f"{one.summary} *({one.severity})*"
        yield one.why.replace("``", "`")
        yield f"Bad:\n\n```dockerfile\n{one.bad}```"
        yield f"Good:\n\n```dockerfile\n{one.good}```"


def _anchor(rule: Rule) -> str:
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")
