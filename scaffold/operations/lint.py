"""What rules find in a Dockerfile, with what is known of the project beside it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scaffold.config.option_parsers import unknown
from scaffold.config.request import choose_targets
from scaffold.lint.context import Case
from scaffold.lint.linter import (
    Linted,
    judge_here,
    make_case,
    select_rules,
    unknown_images,
    with_asked,
)
from scaffold.lint.linter import lint as run
from scaffold.lint.rules import Rule, all_rules
from scaffold.model.codes import Code
from scaffold.model.errors import LeanscaffoldError, UsageError
from scaffold.model.options import Request
from scaffold.model.project import Found, Origin, Project
from scaffold.model.resolution import Reason
from scaffold.operations.services import Services
from scaffold.planner.decide import PlannerServices
from scaffold.state.file_writer import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """What was found in a file. ``before`` is its text as it was; ``linted`` has the new one."""

    file: Path
    before: str
    linted: Linted
    notes: tuple[str, ...]
    case: Case


def lint_file(
    outside: Services,
    path: Path,
    request: Request,
    rules: Sequence[Rule],
    *,
    tell: Callable[[str], None],
    remarks: tuple[Reason, ...],
    fix: bool,
    alone: bool,
) -> LintResult:
    """Return what rules find in the Dockerfile that a path means; with ``fix`` it is written."""
    file, text, around = outside.projects.read_dockerfile(path)
    facts = outside.knowledge.load_facts(request.knowledge)
    case = make_case(text, facts=facts, today=outside.host.today(), around=around)
    notes: tuple[str, ...] = ()
    if not alone:
        case, notes = _judge(outside, file, case, request, tell)
        notes = (*(remark.text for remark in remarks), *notes)
    notes = (*unknown_images(case), *notes)
    linted = run(case, rules, fix=fix)
    if fix and linted.text != text:
        outside.files.replace_text(file, linted.text)
    return LintResult(file=file, before=text, linted=linted, notes=notes, case=case)


def choose_rules(select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules asked for. Raises UsageError for a word that means none."""

    def words(option: tuple[str, ...]) -> list[str]:
        return [word.strip() for text in option for word in text.split(",") if word.strip()]

    known = all_rules()
    codes = ", ".join(rule.code for rule in known)
    hint = f"rules: {codes}; `leanscaffold explain {known[0].code}` says what one is for"
    for word in (*words(select), *words(ignore)):
        if not select_rules(known, [word], []):
            names = [name for rule in known for name in (rule.code, rule.name)]
            raise unknown("rule", word, names, hint=hint)
    return select_rules(known, words(select), words(ignore))


def _judge(
    outside: Services, file: Path, case: Case, request: Request, tell: Callable[[str], None]
) -> tuple[Case, tuple[str, ...]]:
    """Return the case with what is known of the project beside the file, and why nothing is."""
    targets, _ = choose_targets(
        request, case.facts.devices, outside.host.machine(), case.facts.no_containers.values()
    )
    folder = case.around.folder if case.around else file.parent
    text = digest(case.dockerfile.text)
    name = Path(os.path.relpath(file, folder)).as_posix()
    try:
        project = with_asked(_read_project(outside, folder, name, request), case, name)
        if not project.asked and not project.lock:
            return case, ()
        edges = PlannerServices(
            index=outside.indexes.open_index(folder, project, request),
            facts=case.facts,
            today=case.today,
            tell=tell,
        )
        record = outside.files.read_record(folder)
        planned = record is not None and record.files.get(name) == text
        decided = judge_here(case, project, targets[0], request.options, edges, planned=planned)
        measured = outside.files.read_measured(folder).get(targets[0].arch)
    except LeanscaffoldError as error:
        return case, (f"the project was left out: {error.cause}",)
    notes = tuple(f"--target {other.arch} judges it for that one" for other in targets[1:])
    here = decided.here.reasons if decided.here else ()
    unknown = {one.package: one.text for one in here if one.code == Code.UNKNOWN_PACKAGE}
    if unknown:
        most = f"too little is known here of {', '.join(sorted(unknown))}"
        text = most if len(unknown) > 1 else next(iter(unknown.values()))
        notes = (*notes, f"{text} (`lint --online` asks the index)")
    if measured is not None and measured.dockerfile != text:
        when = f"another Dockerfile was measured on {measured.checked}"
        notes = (*notes, f"{when}: `leanscaffold verify --save` measures this one")
        measured = None
    return replace(case, decided=replace(decided, measured=measured)), notes


def _read_project(outside: Services, folder: Path, file: str, request: Request) -> Project:
    """Return the project that a Dockerfile copies; one that asks for nothing if there is none."""
    try:
        return outside.projects.read_project(folder, request)
    except UsageError:
        name = folder.resolve().name or "app"
        return Project(name=Found(value=name, origin=Origin(file=file)))
