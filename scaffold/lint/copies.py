"""What COPY and ADD name."""

import shlex

from scaffold.model.dockerfile import Instruction
from scaffold.project.dockerfile_parser.scopes import fill_in


def words_of(step: Instruction) -> tuple[str, ...]:
    """Return the words of a COPY or ADD, variables filled in; documents are left out."""
    words = step.words
    if words is None:
        try:
            words = tuple(shlex.split(step.text))
        except ValueError:
            words = tuple(step.text.split())
    return tuple(fill_in(word, step.scope) for word in words if not word.startswith("<<"))


def sources_of(step: Instruction) -> tuple[str, ...]:
    """Return what is copied."""
    words = words_of(step)
    return words if step.heredocs and len(words) == 1 else words[:-1]


def goal_of(step: Instruction) -> str:
    """Return where it goes, as it is written."""
    words = words_of(step)
    return words[-1] if words else ""
