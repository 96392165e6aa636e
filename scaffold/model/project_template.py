"""New projects: what a template is for and what it asks."""

from dataclasses import dataclass


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
class Question:
    """One thing that a template asks. ``choices`` are all answers, empty for any text.

    ``text`` is for people; ``default`` is what holds without an answer.
    """

    name: str
    text: str
    default: str
    choices: tuple[str, ...] = ()
