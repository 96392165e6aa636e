"""``leanscaffold init``: from what was found, over the answers, to the files."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from scaffold.cli.interview import InitOptions, Session, change_answer, review_decision, show_all
from scaffold.cli.request import GivenCall, with_given
from scaffold.config.option_sources import (
    Given,
    Source,
    overlay,
    raw_values,
    read_flags,
    request_of,
)
from scaffold.config.request import parse_argv, parse_request
from scaffold.docker.buildx import stopped_by_signals
from scaffold.init.prompts import interrupts_held
from scaffold.init.question import (
    GO_ON,
    LEAVE,
    TEMPLATE,
    WRITE,
    GoBackError,
    Starter,
    ask_resume,
    ask_template,
    for_template,
    from_template,
    template_of,
)
from scaffold.init.questions import (
    ASKED,
    Situation,
    is_project_file,
    next_question,
    rescue_words,
    values_of,
)
from scaffold.model.errors import FITS, INTERRUPTED, NOTHING_FITS, NoTerminalError, UsageError
from scaffold.model.options import Request
from scaffold.operations.plan import decide_outcome, spell_files, write_files
from scaffold.operations.request import given_in
from scaffold.report.init_summary import show_end, show_findings
from scaffold.report.next_steps import generate_command
from scaffold.report.plan_result import PlanResult
from scaffold.report.progress import talking
from scaffold.report.summary import show_summary


@with_given
def init(
    call: GivenCall,
    *,
    template: str | None,
    answer: tuple[str, ...],
    trust: bool,
    yes: bool,
    force: bool,
    quiet: bool,
) -> int:
    """Set up the project in PATH, or begin one where PATH is empty."""
    outside, given, path = call
    wishes = InitOptions(
        template=template or "",
        answers=_read_answers(answer),
        trusted=trust,
        yes=yes,
        force=force,
        quiet=quiet,
    )
    return run_init(Session(outside=outside, path=path, given=given, wishes=wishes))


def _read_answers(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--answer: {name!r} has no value", hint="--answer NAME=VALUE")
    return {name: value for name, _, value in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A new project: its template, the answers to the template's questions, and its facts."""

    source: str
    answers: Mapping[str, str]
    starter: Starter | None


def run_init(session: Session) -> int:
    """Hold the interview and write the files; return the exit code.

    Raises NoTerminalError where nobody could answer, and what ``generate`` raises. Until the user
    agrees, nothing is written into the folder.
    """
    wizard = session.outside.wizard
    if not session.wishes.yes and not wizard.interactive():
        raise NoTerminalError(
            "init asks questions, and there is no terminal",
            hint="use options: leanscaffold init PATH --yes [--template api] "
            "--device raspberry-pi-4 --max-size 250MB --objective size --cmd 'python -m app'",
        )
    try:
        _resume(session)
        if session.wishes.template or _is_empty(session.path):
            return _begin(session)
        if session.wishes.answers or session.wishes.trusted:
            raise UsageError(
                f"--answer and --trust need a template, and {session.path} has a project already",
                hint="omit them, or name an empty folder",
            )
        return _settle(session, session.path, None)
    except KeyboardInterrupt:
        if session.written:
            return INTERRUPTED
        kept = session.answers and not session.wishes.yes
        more = " Your answers are kept; run the same command to continue." if kept else ""
        click.echo(f"Nothing was written.{more}", err=True)
        return INTERRUPTED


def _resume(session: Session) -> None:
    kept = session.outside.wizard.kept
    earlier = {} if session.wishes.yes else kept.load(session.path)
    if not earlier:
        return
    told = [value for value in earlier.values() if value and not value.startswith("+")]
    while True:
        try:
            choice = session.ask_once(ask_resume(told))
        except GoBackError:
            continue  # nothing is before it
        if choice == GO_ON:
            session.answers = earlier
        else:
            kept.forget(session.path)
        return


def _is_empty(path: Path) -> bool:
    if not path.exists():
        return True
    return path.is_dir() and not any(is_project_file(entry.name) for entry in path.iterdir())


def _begin(session: Session) -> int:
    """Make a new project aside, decide about it, and put it into the folder at the end."""
    wizard, wishes = session.outside.wizard, session.wishes
    if not wishes.force:
        wizard.check_place(session.path)
    if not wishes.template:
        click.echo(f"{_describe(session.path)}: a new project.\n")
    while True:
        try:
            return _begin_with(session, wizard.starters())
        except GoBackError:
            session.go_back()


def _begin_with(session: Session, starters: Sequence[Starter]) -> int:
    wizard, wishes = session.outside.wizard, session.wishes
    while not wishes.template and (question := ask_template(starters, session.answers)):
        session.ask(question)
    source = wishes.template or template_of(session.answers)
    answers = _answer_template(session, source)
    starter = next((one for one in starters if one.name == source), None)
    with _draft_folder() as folder:
        draft = folder / (session.path.resolve().name or "app")
        wizard.create(source, draft, answers, wishes.trusted)
        return _settle(session, draft, Beginning(source=source, answers=answers, starter=starter))


@contextmanager
def _draft_folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards, even if the terminal is closed at a question."""
    with (
        stopped_by_signals() as clean_up,
        tempfile.TemporaryDirectory(prefix="leanscaffold-") as folder,
    ):
        try:
            yield Path(folder)
        finally:
            clean_up()


def _describe(path: Path) -> str:
    there = sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []
    name = "This folder" if path == Path() else str(path)
    if not there:
        return f"{name} is empty"
    return f"{name} has no project, only {', '.join(there)}, which is kept"


def _answer_template(session: Session, source: str) -> Mapping[str, str]:
    """Ask what a template asks, one question after the other: a default may follow from answers."""
    wizard, wishes = session.outside.wizard, session.wishes
    while True:
        answers = {**for_template(session.answers), **wishes.answers}
        asked = wizard.template_questions(source, answers, wishes.trusted)
        question = next((one for one in asked if one.name not in answers), None)
        if question is None:
            return answers
        session.ask(from_template(question))


def _settle(session: Session, folder: Path, beginning: Beginning | None) -> int:
    """Interview about the project in ``folder``, until it is written or left."""
    outside = session.outside
    record = outside.files.read_record(session.path)
    recorded = given_in(record)
    held = overlay(
        session.given.values(),
        outside.projects.read_settings(folder) if beginning else (),
        [one for one in recorded if one.setting.name not in ASKED],
    )
    request = request_of(held)
    situation = Situation(
        project=outside.projects.read_project(folder, request),
        devices=outside.knowledge.load_facts(request.knowledge).devices,
        machine=outside.host.machine(),
        held=held,
        recorded=overlay(recorded),
        starter=beginning.starter if beginning else None,
    )
    where = f"the template {beginning.source}" if beginning else str(session.path)
    show_all(show_findings(situation.project, held, folder=where), "")
    while True:
        try:
            code = _interview(session, situation, folder)
        except GoBackError:
            last = next(reversed(session.answers), "")
            if beginning and (last.startswith(TEMPLATE) or not last):
                raise  # to the template's questions
            session.go_back()
        else:
            if code is not None:
                return code


def _interview(session: Session, situation: Situation, folder: Path) -> int | None:
    """Ask what is open, decide, and do what is wanted; None to go on asking."""
    outside = session.outside
    while question := next_question(situation, session.answers):
        session.ask(question)
    outcome = _decide(session, folder, situation)
    files = spell_files(outside, folder, outcome) if outcome.fits else {}
    by = f"leanscaffold plan {session.path} -v" if session.wishes.yes else "“Show all details”"
    show_all("", show_summary(outcome, more=by), "")
    choice = review_decision(session, situation, outcome, folder, files)
    if choice == LEAVE:
        click.echo("Nothing was written.", err=True)
        return FITS if outcome.fits else NOTHING_FITS
    if choice == WRITE:
        with interrupts_held():
            _write(session, situation, outcome, folder)
        return FITS
    change_answer(session, situation, outcome, choice)
    return None


def _decide(session: Session, folder: Path, situation: Situation) -> PlanResult:
    request = _request(session, situation.held.values(), situation.machine)
    with talking(quiet=session.wishes.quiet) as tell:
        return decide_outcome(session.outside, folder, request, tell)


def _request(session: Session, held: Iterable[Given], machine: str) -> Request:
    """Return what options and answers ask for, and what was taken to make it fit."""
    answers = read_flags(values_of(session.answers, machine))
    values = raw_values(overlay(held, answers))
    for one in read_flags(parse_argv(rescue_words(session.answers))):
        name = one.setting.parameter
        values[name] = (*values[name], *one.raw) if isinstance(one.raw, tuple) else one.raw
    return parse_request(values)


def _spell_command(session: Session, situation: Situation, folder: str) -> str:
    """Return the command line that does the same where the same is set, without a question."""
    typed = {Source.FLAG, Source.RECORDED}
    flags = [one for one in situation.held.values() if one.source in typed]
    request = _request(session, flags, situation.machine)
    return generate_command(request, folder)


def _write(session: Session, situation: Situation, outcome: PlanResult, folder: Path) -> None:
    """Write into ``folder``; a new project was made aside, and comes whole to its place."""
    outside, wishes = session.outside, session.wishes
    placed: Sequence[str] = ()
    with talking(quiet=wishes.quiet) as tell:
        outcome = write_files(outside, folder, outcome, force=wishes.force, tell=tell)
        if folder != session.path:
            here = _spell_command(session, situation, ".")
            _name_choice(folder / "README.md", situation.starter, here)
            placed = outside.wizard.place(folder, session.path, wishes.force)
    session.written = True
    outside.wizard.kept.forget(session.path)
    created = [name for name in placed if name not in outcome.files]
    command = _spell_command(session, situation, str(session.path))
    show_all(
        show_end(
            outcome,
            command,
            folder=str(session.path),
            created=created,
            versioned=_is_versioned(session.path),
        )
    )


def _is_versioned(path: Path) -> bool:
    """Tell whether a folder is, or lies in, a repository of git."""
    place = path.resolve()
    return any((folder / ".git").exists() for folder in (place, *place.parents))


def _name_choice(readme: Path, starter: Starter | None, command: str) -> None:
    """Let the README of a new project name the options that were chosen, not our example's."""
    if starter and starter.command and readme.is_file():
        _, also, files = starter.command.partition(" --also ")
        if "--also" not in command:  # what the README starts afterwards
            command += also + files
        text = readme.read_text("utf-8")
        readme.write_text(text.replace(starter.command, command), "utf-8")
