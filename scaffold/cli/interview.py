"""The interview of ``leanscaffold init``: its answers so far, the review, the changes."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import RenderableType

from scaffold.config.option_sources import Given
from scaffold.init.prompts import interrupts_held, take_defaults
from scaffold.init.question import (
    BESIDE_IT,
    DETAILS,
    DOCKERFILE,
    LEAVE,
    TAKE,
    WRITE,
    Question,
    ask_change,
    ask_review,
    with_default,
)
from scaffold.init.questions import FOLLOWING, RESCUE, Situation, answered, rescue_words
from scaffold.model.plan import BESIDE
from scaffold.operations.services import Services
from scaffold.report.init_summary import show_dockerfile
from scaffold.report.next_steps import beside_command, rescue_options
from scaffold.report.plan_result import PlanResult
from scaffold.report.terminal import show, styled
from scaffold.report.text import show_outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions:
    """How to run ``init``: the template to begin with, answers to its questions, and switches."""

    template: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = False
    yes: bool = False
    force: bool = False
    quiet: bool = False


@dataclass(slots=True, kw_only=True)
class Session:
    """An interview: what is known, and the answers so far. ``given`` is what options say."""

    outside: Services
    path: Path
    given: Mapping[str, Given]
    wishes: InitOptions
    answers: dict[str, str] = field(default_factory=dict)
    earlier: dict[str, str] = field(default_factory=dict)
    written: bool = False

    def ask(self, question: Question) -> str:
        """Ask, and keep the answer for the case that the interview is broken off."""
        with interrupts_held():
            value = self.ask_once(with_default(question, self.earlier))
            self.answers[question.name] = value
            if not self.wishes.yes:
                self.outside.wizard.kept.keep(self.path, self.answers)
        return value

    def go_back(self) -> None:
        """Take back the last answer, which is the default when it is asked for again."""
        if self.answers:
            name, value = self.answers.popitem()
            self.earlier = {**self.earlier, name: value}

    def ask_once(self, question: Question) -> str:
        """Ask something that is over with its answer."""
        return (take_defaults if self.wishes.yes else self.outside.wizard.ask)(question)


def review_decision(
    session: Session,
    situation: Situation,
    outcome: PlanResult,
    folder: Path,
    files: Mapping[str, str],
) -> str:
    """Ask what to do with the decision until the user knows; ``folder`` gets ``files`` at first."""
    details = (
        ()
        if session.wishes.force
        else session.outside.wizard.conflicts(
            folder,
            {name: text for name, text in files.items() if name not in outcome.request.leave},
        )
    )
    if details and session.wishes.yes:
        return WRITE  # which tells what is in the way, as generate does
    question = ask_review(
        files=sorted({name.partition("/")[0] + "/" * ("/" in name) for name in files}),
        in_the_way=[str(detail) for detail in details],
        beside=bool(
            details
            and beside_command({one.file or "" for one in details}, outcome.request, str(folder))
        ),
        rescue=" ".join(_rescue(outcome)),
        changeable=bool(answered(situation, session.answers)),
    )
    if session.wishes.yes and not outcome.fits:
        return LEAVE
    if details:
        show_all("Not generated files; --leave keeps them, --force overwrites them")
        show_all(*(f"  {detail}" for detail in details), "")
    while (choice := session.ask_once(question)) in {DOCKERFILE, DETAILS}:
        if choice == DOCKERFILE:
            show_all(show_dockerfile(files[outcome.request.options.dockerfile]))
        else:
            show_all("", show_outcome(outcome, folder=str(session.path)), "")
    return choice


def _rescue(outcome: PlanResult) -> list[str]:
    """Return the options that would make something fit, as words in a shell."""
    return [shlex.join(option.split(" ", 1)) for option in rescue_options(outcome)]


def change_answer(session: Session, situation: Situation, outcome: PlanResult, choice: str) -> None:
    """Take back one answer, so that it is asked again, or take what makes it fit."""
    if choice in {TAKE, BESIDE_IT}:
        taken = [f"--output={BESIDE}"] if choice == BESIDE_IT else _rescue(outcome)
        words = [*rescue_words(session.answers), *shlex.split(" ".join(taken))]
        session.answers[RESCUE] = shlex.join(words)
        return
    name = session.ask_once(ask_change(answered(situation, session.answers)))
    session.earlier = dict(session.answers)
    for one in (name, *FOLLOWING.get(name, ()), RESCUE):
        session.answers.pop(one, None)


def show_all(*pieces: str | RenderableType | object) -> None:
    """Print lines, and what else can be shown."""
    for piece in pieces:
        content = [styled(piece)] if isinstance(piece, str) else piece
        show(sys.stdout, content)  # type: ignore[arg-type]
