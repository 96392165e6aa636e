"""Questions as values, the answers as settings, and the last ones before anything is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from scaffold.model.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A project template of ours.

    ``devices`` are ids of profiles that it was verified for, the likeliest first; ``port`` is
    where it listens, None for no server. ``check`` says how one sees that it is well; ``command``
    is what its README tells to run, which the wizard replaces with the options that were chosen.
    """

    name: str
    title: str
    summary: str
    devices: tuple[str, ...]
    port: int | None = None
    check: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateQuestion:
    """One thing that a template asks. ``choices`` are all answers, empty for any text.

    ``text`` is for people; ``default`` is what holds without an answer.
    """

    name: str
    text: str
    default: str
    choices: tuple[str, ...] = ()


Answers = Mapping[str, str]

TEMPLATE = "template"
OTHER_TEMPLATE = "template-from"
OF_TEMPLATE = "template:"
OTHER = "+other"


class GoBackError(Exception):
    """Somebody wants to answer the question before this one again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer to choose; ``note`` explains it in a few words."""

    value: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. Without ``options`` any text is an answer that ``check`` takes.

    ``check`` raises UsageError for a text that is none. ``note`` tells how to answer. Where
    ``several`` options may be taken, or none, the answer is their values with commas between them.
    """

    name: str
    text: str
    options: tuple[Option, ...] = ()
    default: str = ""
    note: str = ""
    check: Callable[[str], object] | None = None
    several: bool = False

    def problem_of(self, text: str) -> str:
        """Return what is wrong with an answer, or nothing."""
        try:
            if self.check:
                self.check(text)
        except UsageError as error:
            return f"{error.cause}: {error.hint}" if error.hint else error.cause
        return ""

    def title_of(self, value: str) -> str:
        """Return an answer as people read it."""
        titles = {one.value: one.title for one in self.options}
        if self.several:
            return ", ".join(titles.get(part, part) for part in value.split(",") if part)
        return titles.get(value, value)


def ask_template(starters: Sequence[Starter], answers: Answers) -> Question | None:
    """Return what is still to be asked to know the template of a new project."""
    if TEMPLATE not in answers:
        return Question(
            name=TEMPLATE,
            text="What kind of project?",
            options=(
                *(Option(value=one.name, title=one.title, note=one.summary) for one in starters),
                Option(
                    value=OTHER,
                    title="Another template",
                    note="a folder, an archive or a repository",
                ),
            ),
            default=starters[0].name if starters else OTHER,
        )
    if answers[TEMPLATE] == OTHER and OTHER_TEMPLATE not in answers:
        return Question(
            name=OTHER_TEMPLATE,
            text="Where is the template?",
            note="a folder, a zip archive, or what git can clone",
            check=_something,
        )
    return None


def template_of(answers: Answers) -> str:
    """Return the template that was chosen."""
    chosen = answers[TEMPLATE]
    return answers[OTHER_TEMPLATE] if chosen == OTHER else chosen


def from_template(asked: TemplateQuestion) -> Question:
    """Return a template's own question."""
    return Question(
        name=OF_TEMPLATE + asked.name,
        text=asked.text,
        options=tuple(Option(value=value, title=value) for value in asked.choices),
        default=asked.default,
    )


def for_template(answers: Answers) -> dict[str, str]:
    """Return the answers to a template's own questions, by its names."""
    return {
        name.removeprefix(OF_TEMPLATE): value
        for name, value in answers.items()
        if name.startswith(OF_TEMPLATE)
    }


def with_default(question: Question, answers: Answers) -> Question:
    """Return a question whose default is what was answered before, if that is still possible."""
    earlier = answers.get(question.name)
    known = {option.value for option in question.options}
    parts = (
        {part for part in earlier.split(",") if part} if earlier and question.several else {earlier}
    )
    if earlier is None or (known and not parts <= known):
        return question
    return replace(question, default=earlier)


def _something(text: str) -> None:
    if not text.strip():
        raise UsageError("an answer is needed")


REVIEW = "review"
WRITE, BESIDE_IT, DOCKERFILE, DETAILS, CHANGE, TAKE, LEAVE = (
    *("write", "beside", "dockerfile", "details", "change", "take", "leave"),
)
GO_ON, START_OVER = "go-on", "start-over"


def ask_review(
    *,
    files: Sequence[str],
    in_the_way: Sequence[str],
    rescue: str,
    changeable: bool,
    beside: bool = False,
) -> Question:
    """Return the question what to do with a decision.

    ``files`` are what would be written, empty if nothing fits; ``in_the_way`` those among them that
    are the user's; ``rescue`` the options that would make something fit; ``beside`` offers to write
    under another name.
    """
    options: list[Option] = []
    if files and not in_the_way:
        more = f"Dockerfile and {len(files) - 1} more"
        options.append(Option(value=WRITE, title="Write the files", note=more))
    if beside:
        options.append(Option(value=BESIDE_IT, title="Write Dockerfile.lean and keep yours"))
    if rescue:
        options.append(Option(value=TAKE, title=f"Take {rescue}", note="then it fits"))
    if files:
        options.append(Option(value=DOCKERFILE, title="Show the Dockerfile"))
    change = [Option(value=CHANGE, title="Change an answer")] if changeable else []
    details = [Option(value=DETAILS, title="Show all details")]
    options += [*details, *change] if files else [*change, *details]
    options.append(Option(value=LEAVE, title="Quit without writing"))
    texts = {True: "Nothing fits. What now?", False: "Write these files?"}
    text = "What now?" if in_the_way else texts[not files]
    return Question(name=REVIEW, text=text, options=tuple(options), default=options[0].value)


def ask_change(answers: Sequence[tuple[Question, str]]) -> Question:
    """Return the question which answer to change."""
    options = tuple(
        Option(value=question.name, title=question.text, note=question.title_of(value))
        for question, value in answers
    )
    return Question(name=CHANGE, text="Which one?", options=options, default=options[0].value)


def ask_resume(told: Sequence[str]) -> Question:
    """Return the question whether to go on from answers that were kept."""
    return Question(
        name="resume",
        text="Continue where you stopped last time?",
        options=(
            Option(value=GO_ON, title="Go on", note=", ".join(told)),
            Option(value=START_OVER, title="Start over"),
        ),
        default=GO_ON,
    )
