"""What is asked before anything is written, and when an interview is taken up again."""

from collections.abc import Sequence

from scaffold.init.question import Option, Question

REVIEW = "review"
WRITE, BESIDE, DOCKERFILE, DETAILS, CHANGE, TAKE, LEAVE = (
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
        options.append(Option(value=BESIDE, title="Write Dockerfile.lean, and leave yours alone"))
    if rescue:
        options.append(Option(value=TAKE, title=f"Take {rescue}", note="then it fits"))
    if files:
        options.append(Option(value=DOCKERFILE, title="Look at the Dockerfile"))
    change = [Option(value=CHANGE, title="Change an answer")] if changeable else []
    details = [Option(value=DETAILS, title="Look at every reason")]
    options += [*details, *change] if files else [*change, *details]
    options.append(Option(value=LEAVE, title="Leave; write nothing"))
    texts = {True: "Nothing fits. What now?", False: "Shall it be written?"}
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
        text="You stopped here before. Go on from there?",
        options=(
            Option(value=GO_ON, title="Go on", note=", ".join(told)),
            Option(value=START_OVER, title="Start over"),
        ),
        default=GO_ON,
    )
