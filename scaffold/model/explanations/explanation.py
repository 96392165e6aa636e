"""What a code means: one line, a paragraph, and what helps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A code in one line, in a paragraph, and what helps."""

    title: str
    meaning: str
    remedy: str


def explain(title: str, meaning: str, remedy: str) -> Explanation:
    """Return an explanation of three texts."""
    return Explanation(title=title, meaning=meaning, remedy=remedy)
