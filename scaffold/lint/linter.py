"""From a Dockerfile's text to findings; what is known of its project is passed in."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scaffold.lint.context import Case, Decided, Surroundings, outer_bases, shells_of
from scaffold.lint.install_commands import python_installs
from scaffold.lint.rules import Rule, all_rules
from scaffold.model.dockerfile import Dockerfile, Edit, Finding, Hit, Span
from scaffold.model.knowledge import Facts
from scaffold.model.options import Options
from scaffold.model.project import Asked, Origin, Project
from scaffold.model.target import Budget, Target
from scaffold.model.verdict import Evaluation, Suggestion
from scaffold.planner.candidates import EvaluationRun, choose
from scaffold.planner.decide import PlannerServices
from scaffold.planner.evaluate import PlanningInput
from scaffold.planner.suggestions import find_suggestions
from scaffold.project.dockerfile_parser.reader import read_dockerfile
from scaffold.project.dockerfile_parser.shell import SHELLS, program_of
from scaffold.project.path_requirements import list_indexed
from scaffold.resolver.cache import ResolverCache

_ROUNDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """The outcome for one file. ``text`` is as it would be after mending what can be."""

    text: str
    findings: tuple[Finding, ...]


def make_case(
    text: str,
    *,
    facts: Facts,
    today: date,
    around: Surroundings | None = None,
    decided: Decided | None = None,
) -> Case:
    """Return what the rules look at."""
    dockerfile = read_dockerfile(text)
    return Case(
        dockerfile=dockerfile,
        facts=facts,
        today=today,
        around=around,
        decided=decided,
        shells=shells_of(dockerfile),
    )


def lint(case: Case, rules: Sequence[Rule], *, fix: bool) -> Linted:
    """Return the findings; with ``fix`` what is left once edits bring up no others."""
    findings = check(case, rules)
    for _ in range(_ROUNDS if fix else 0):
        text = apply_edits(case.dockerfile.text, findings)
        if text == case.dockerfile.text:
            break
        # What was measured is of the file as it was.
        decided = replace(case.decided, measured=None) if case.decided else None
        case = make_case(
            text, facts=case.facts, today=case.today, around=case.around, decided=decided
        )
        findings = check(case, rules)
    return Linted(text=case.dockerfile.text, findings=findings)


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


def unknown_images(case: Case) -> Iterator[str]:
    """Yield a note on each image of which nothing is known."""
    for _, image, _ in outer_bases(case):
        name = f"{image.repository}{':' if image.tag else ''}{image.tag}"
        if case.facts.find_family(name) is None:
            yield f"nothing is known of {name}: rules on what is in an image leave it out"


def with_asked(project: Project, case: Case, name: str) -> Project:
    """Return the project with what its Dockerfile (called ``name``) installs, if it has no list."""
    if project.asked or project.lock:
        return project
    asked: dict[str, Asked] = {}
    for step in case.runs():
        for one in python_installs(case, step):
            line, _ = case.dockerfile.position(one.command.span.start)
            for word in one.names:
                found = _asked(word.text, Origin(file=name, line=line))
                if found is not None:
                    asked.setdefault(found.name, found)
    return replace(project, asked=tuple(asked[key] for key in sorted(asked)))


def _asked(text: str, origin: Origin) -> Asked | None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    if requirement.url:
        return None
    return Asked(
        name=canonicalize_name(requirement.name),
        specifier=str(requirement.specifier),
        extras=tuple(sorted(requirement.extras)),
        marker=str(requirement.marker or ""),
        text=text,
        origin=origin,
    )


def judge_here(
    case: Case,
    project: Project,
    target: Target,
    options: Options,
    edges: PlannerServices,
    *,
    planned: bool,
) -> Decided:
    """Return the verdict on the file's own base, and on the one that leanscaffold would take.

    Neither minds a budget: the rules tell what is over it, beside whatever else is wrong.
    ``planned`` says that the file is leanscaffold's own: any other installs what the project asks
    for, whatever swaps a plan makes.
    """
    case = replace(case, decided=Decided(project=project, target=target, here=None))
    shelf = ResolverCache(edges.index)
    edges.index.prefetch(list_indexed(project))
    free = replace(target, budget=Budget(memory=target.budget.memory))
    question = PlanningInput(
        project=project, target=free, options=options, facts=edges.facts, today=edges.today
    )
    row = EvaluationRun(question, shelf, edges.tell).verdicts()
    best = choose([row], options.objective)[0][0]
    here: Evaluation | None = None
    savings: tuple[Suggestion, ...] = ()
    known = case.base(case.final)
    if known is not None:
        base, image = known
        asked = replace(
            options,
            base=base.id,
            python=image.python,
            allow_compile="hours",
            bytecode="beside",
            trim="none",
            swaps=options.swaps if planned else (),
        )
        on_it = replace(question, options=asked)
        here = _find(EvaluationRun(on_it, shelf, edges.tell).verdicts(), base.id, image.python)
        if here is not None and here.candidate is not None:
            savings = find_suggestions(on_it, here.candidate, shelf)
    return Decided(project=project, target=target, here=here, best=best, savings=savings)


def _find(row: Iterable[Evaluation], base: str, python: str) -> Evaluation | None:
    return next((v for v in row if v.base.id == base and v.python == python), None)
