"""An interview's edges that tests choose: answers from a list, templates in memory."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scaffold.init.question import Question, Starter
from scaffold.init.services import SavedAnswers, WizardServices
from scaffold.model.errors import Detail

STARTERS = (
    Starter(name="api", title="Web API", summary="FastAPI", devices=("raspberry-pi-4",), port=8000),
    Starter(name="cli", title="Command", summary="a command", devices=("intel-nuc",)),
)


class NobodyAnswersError(AssertionError):
    """A question that the test did not expect."""


@dataclass(slots=True)
class Typist:
    """Answers each question by its name, and remembers them all; None breaks off there."""

    answers: Mapping[str, str | None]
    asked: list[Question] = field(default_factory=list)

    def __call__(self, question: Question) -> str:
        self.asked.append(question)
        if question.name not in self.answers:
            raise NobodyAnswersError(f"{question.name}: {question.text}")
        answer = self.answers[question.name]
        if answer is None:
            raise KeyboardInterrupt
        return answer

    @property
    def names(self) -> list[str]:
        """Return what was asked, in order."""
        return [question.name for question in self.asked]


def no_one(question: Question) -> str:
    """Answer nothing: the test expects no question."""
    raise NobodyAnswersError(question.name)


def make_wizard(
    ask: Callable[[Question], str] = no_one, *, state: Path = Path("/nowhere"), **changes: object
) -> WizardServices:
    """Return edges with answers kept below ``state``; a created project is one file."""

    def create(source: str, path: Path, answers: Mapping[str, str], trusted: bool) -> None:  # noqa: FBT001
        del trusted
        path.mkdir(parents=True, exist_ok=True)
        (path / "main.py").write_text(f"{source} {dict(answers)}", "utf-8")

    def place(made: Path, path: Path, force: bool) -> Sequence[str]:  # noqa: FBT001
        del force
        shutil.copytree(made, path, dirs_exist_ok=True)
        return ("main.py",)

    def conflicts(_: Path, __: Mapping[str, str]) -> Sequence[Detail]:
        return ()

    edges = WizardServices(
        interactive=lambda: True,
        ask=ask,
        kept=SavedAnswers(folder=lambda: state),
        starters=lambda: STARTERS,
        template_questions=lambda _, __, ___: (),
        create=create,
        place=place,
        check_place=lambda _: None,
        conflicts=conflicts,
    )
    return replace(edges, **changes)  # type: ignore[arg-type]
