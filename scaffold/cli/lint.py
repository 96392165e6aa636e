"""``leanscaffold lint``: what is wrong with a Dockerfile, and what it costs this project."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import SectionedCommand, json_option, lasting_options, quiet_option
from scaffold.cli.services import Services
from scaffold.model.codes import Code
from scaffold.model.errors import LeanscaffoldError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaffold.config.request import Request
    from scaffold.lint.context import Case
    from scaffold.lint.linter import Linted
    from scaffold.lint.rules import Rule
    from scaffold.model.project import Project
    from scaffold.model.resolution import Reason

_FORMATS = ("text", "json", "sarif", "github")
_FOUND = 1


@click.command(cls=SectionedCommand, short_help="Find what is wrong with a Dockerfile; mend it.")
@click.argument(
    "path", metavar="[FILE|PATH]", type=click.Path(path_type=Path, readable=False), default=Path()
)
@lasting_options
@click.option("--fix", is_flag=True, help="Mend what can be mended safely; shows the difference.")
@click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    help="Only these: LS101, no-cache-dir, or LS1 for all of LS1xx.",
)
@click.option("--ignore", multiple=True, metavar="RULE", help="All but these; repeatable.")
@click.option("--alone", is_flag=True, help="Look at the file only, not at the project beside it.")
@click.option("--online", is_flag=True, help="Ask the index, too; without, nothing is fetched.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    help="How to print: for people, as JSON, as SARIF 2.1.0, or as annotations for GitHub.  "
    "[default: text]",
)
@json_option
@quiet_option
@click.pass_obj
def lint(
    outside: Services,
    request: "Request",
    remarks: "tuple[Reason, ...]",
    path: Path,
    *,
    fix: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    alone: bool,
    online: bool,
    form: str,
    as_json: bool,
    quiet: bool,
) -> int:
    """Find what makes the image of a Dockerfile large, slow, unsafe or broken.

    Reads FILE, or the Dockerfile in PATH. Where a Python project lies beside it, each finding says
    what it costs that project on the target, and packages are looked up for the file's own base:
    wheels, libraries, size. Options that leanscaffold.json recorded hold wherever no other is
    given. `leanscaffold explain LS101` says more of a rule. A comment
    `# leanscaffold: ignore=LS101` above an instruction switches a rule off for it. The exit code is
    1 if anything is found.
    """
    from scaffold.report.lint import print_findings  # noqa: PLC0415 - not for --help
    from scaffold.report.progress import talking  # noqa: PLC0415

    rules = choose_rules(select, ignore)
    request = replace(request, options=replace(request.options, offline=not online))
    with talking(sys.stderr, quiet=quiet) as tell:
        found = lint_file(
            outside, path, request, rules, tell=tell, remarks=remarks, fix=fix, alone=alone
        )
    print_findings(
        found.linted,
        before=found.before if fix else found.linted.text,
        file=found.file.as_posix(),
        form="json" if as_json else form,
        notes=found.notes,
        case=found.case,
    )
    return _FOUND if found.linted.findings else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """What was found in a file. ``before`` is its text as it was; ``linted`` has the new one."""

    file: Path
    before: str
    linted: "Linted"
    notes: tuple[str, ...]
    case: "Case"


def lint_file(
    outside: Services,
    path: Path,
    request: "Request",
    rules: "Sequence[Rule]",
    *,
    tell: "Callable[[str], None]",
    remarks: "tuple[Reason, ...]",
    fix: bool,
    alone: bool,
) -> LintResult:
    """Return what rules find in the Dockerfile that a path means; with ``fix`` it is written."""
    from scaffold.lint.linter import lint as run  # noqa: PLC0415 - not for --help
    from scaffold.lint.linter import make_case, unknown_images  # noqa: PLC0415

    file, text, around = outside.read_dockerfile(path)
    facts = outside.load_facts(request.knowledge)
    case = make_case(text, facts=facts, today=outside.today(), around=around)
    notes: tuple[str, ...] = ()
    if not alone:
        case, notes = _judge(outside, file, case, request, tell)
        notes = (*(remark.text for remark in remarks), *notes)
    notes = (*unknown_images(case), *notes)
    linted = run(case, rules, fix=fix)
    if fix and linted.text != text:
        outside.replace_text(file, linted.text)
    return LintResult(file=file, before=text, linted=linted, notes=notes, case=case)


def choose_rules(select: tuple[str, ...], ignore: tuple[str, ...]) -> "tuple[Rule, ...]":
    """Return the rules asked for. Raises UsageError for a word that means none."""
    from scaffold.config.option_parsers import unknown  # noqa: PLC0415
    from scaffold.lint.checking import select_rules  # noqa: PLC0415
    from scaffold.lint.rules import all_rules  # noqa: PLC0415 - not for --help

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
    outside: Services,
    file: Path,
    case: "Case",
    request: "Request",
    tell: "Callable[[str], None]",
) -> "tuple[Case, tuple[str, ...]]":
    """Return the case with what is known of the project beside the file, and why nothing is."""
    from scaffold.config.request import choose_targets  # noqa: PLC0415 - not for --help
    from scaffold.lint.linter import judge_here, with_asked  # noqa: PLC0415
    from scaffold.planner.decide import PlannerServices  # noqa: PLC0415
    from scaffold.state.file_writer import digest  # noqa: PLC0415

    targets, _ = choose_targets(request, case.facts.devices, outside.machine())
    folder = file.parent
    text = digest(case.dockerfile.text)
    try:
        project = with_asked(_read_project(outside, file, request), case, file.name)
        if not project.asked and not project.lock:
            return case, ()
        edges = PlannerServices(
            index=outside.open_index(folder, project, request),
            facts=case.facts,
            today=case.today,
            tell=tell,
        )
        record = outside.read_record(folder)
        planned = record is not None and record.files.get(file.name) == text
        decided = judge_here(case, project, targets[0], request.options, edges, planned=planned)
        measured = outside.read_measured(folder).get(targets[0].arch)
    except LeanscaffoldError as error:
        return case, (f"the project was left out: {error.cause}",)
    notes = tuple(f"--target {other.arch} judges it for that one" for other in targets[1:])
    here = decided.here.reasons if decided.here else ()
    unknown = (reason.text for reason in here if reason.code == Code.UNKNOWN_PACKAGE)
    notes = (*notes, *(f"{text} (`lint --online` asks the index)" for text in unknown))
    if measured is not None and measured.dockerfile != text:
        when = f"another Dockerfile was measured on {measured.checked}"
        notes = (*notes, f"{when}: `leanscaffold verify --save` measures this one")
        measured = None
    return replace(case, decided=replace(decided, measured=measured)), notes


def _read_project(outside: Services, file: Path, request: "Request") -> "Project":
    """Return the project beside a Dockerfile; one that asks for nothing where there is none."""
    from scaffold.model.project import Found, Origin, Project  # noqa: PLC0415 - not for --help

    try:
        return outside.read_project(file.parent, request)
    except UsageError:
        name = file.parent.resolve().name or "app"
        return Project(name=Found(value=name, origin=Origin(file=file.name)))
