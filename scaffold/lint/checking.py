"""Running the rules over a Dockerfile, and applying their edits."""

from collections.abc import Collection, Iterable

from scaffold.lint.context import Case
from scaffold.lint.rules import Rule, all_rules
from scaffold.model.dockerfile import Dockerfile, Edit, Finding, Hit, Span
from scaffold.project.dockerfile_parser.shell import SHELLS, program_of


def check(case: Case, rules: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """Return what the rules find, in the order of the file; comments in it may switch some off."""
    found = [
        _finding(rule, hit, case.dockerfile)
        for rule in (all_rules() if rules is None else rules)
        for hit in rule.check(case)
        if not _ignored(rule, hit.span, case.dockerfile)
    ]
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda one: (one.line, one.column, one.code, one.text)))


def _finding(rule: Rule, hit: Hit, dockerfile: Dockerfile) -> Finding:
    line, column = dockerfile.position(hit.span.start)
    end_line, end_column = dockerfile.position(max(hit.span.end, hit.span.start))
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        text=hit.text,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        cost=hit.cost,
        edits=hit.edits if all(_mendable(edit.span, dockerfile) for edit in hit.edits) else (),
    )


def _mendable(span: Span, dockerfile: Dockerfile) -> bool:
    """Tell whether a piece may be replaced: it is read as a shell reads it, and has no comment."""
    lines = dockerfile.text[span.start : span.end].split("\n")
    if any(line.lstrip().startswith("#") for line in lines[1:]):
        return False
    step = next(
        (s for s in dockerfile.instructions if s.span.start <= span.start <= s.span.end), None
    )
    if step is None or step.keyword != "RUN":
        return True
    known = not step.scope.shell or program_of(step.scope.shell[0]) in SHELLS
    return step.words is None and known and dockerfile.escape == "\\"


def _ignored(rule: Rule, span: Span, dockerfile: Dockerfile) -> bool:
    names = {rule.code.lower(), rule.name}
    return any(
        names & set(one.ignored)
        for one in dockerfile.instructions
        if one.span.start <= span.start <= one.span.end
    )


def select_rules(
    rules: Iterable[Rule], select: Collection[str], ignore: Collection[str]
) -> tuple[Rule, ...]:
    """Return the rules asked for; a word is a name, a code, or the start of codes (``LS1``)."""

    def meant(rule: Rule, words: Collection[str]) -> bool:
        return any(
            word.lower() == rule.name or rule.code.startswith(word.upper()) for word in words
        )

    return tuple(
        rule for rule in rules if (not select or meant(rule, select)) and not meant(rule, ignore)
    )


def apply_edits(text: str, findings: Iterable[Finding]) -> str:
    """Return the text with the findings' edits; one that overlaps an earlier one is left out."""
    taken: list[Edit] = []
    for finding in findings:
        new = [edit for edit in finding.edits if edit not in taken]
        if not any(_overlap(edit.span, other.span) for edit in new for other in taken):
            taken += new
    for edit in sorted(taken, key=lambda one: (one.span.start, one.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def _overlap(one: Span, other: Span) -> bool:
    if one.start == one.end or other.start == other.end:
        return one.start == other.start or (one.start < other.end and other.start < one.end)
    return one.start < other.end and other.start < one.end
