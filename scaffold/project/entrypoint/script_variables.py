"""The variables of a shell script, and the words of its commands with them filled in."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from scaffold.model.dockerfile import Command
from scaffold.project.dockerfile_parser.scopes import expand, names_in

ALL_ARGUMENTS = frozenset({"$@", "${@}", "$*"})
_QUIET_CHAIN = re.compile(r"(?:(?:cd|export) [^&|;]+&& *)+")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?\+.*)?\})")
_DEFAULT = re.compile(r"\$\{(\w+):?=([^{}]*)\}")


class UnclearError(ValueError):
    """A command that may do more than is understood; the message says what."""


def known_variables(
    commands: Sequence[Command], text: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables before the last line: a second or a conditional value is unknown.

    What a variable is given where it is empty is its default (``[ -z "$PORT" ] && PORT=80``).
    """
    known, changed = dict(environment), set[str]()
    for asked, one in pairwise((None, *commands)):
        if one is None:
            continue
        words = one.argv[1:] if one.argv[:1] == ("export",) else ()
        exported = [word.partition("=") for word in words]
        pairs = [(k, v) for k, sign, v in exported if sign] if one.words else [*one.assignments]
        if one.argv[:1] == (":",):
            pairs += [(k, v) for word in one.argv[1:] for k, v in _DEFAULT.findall(word)]
        for name, value in pairs:
            filled = expand(value, known.get)
            before = text[: one.span.start].rpartition("\n")[2]
            plain = not before or bool(_QUIET_CHAIN.fullmatch(before.strip()))
            default = one.argv[:1] == (":",) or _asks_whether_empty(asked, name)
            if (
                default
                and (name in known or name not in changed)
                and not re.search(r"[$`]", filled)
            ):
                known.setdefault(name, filled)
                continue
            if name in changed or not plain or re.search(r"[$`]", filled):
                known.pop(name, None)
            else:
                known[name] = filled
            changed.add(name)
    return known


def _asks_whether_empty(command: Command | None, name: str) -> bool:
    """Tell whether a command lets the next one run only where a variable is empty."""
    words = [word for word in (command.argv if command else ()) if word not in {"[", "[[", "test"}]
    sign = {"||": ["-n"], "&&": ["-z"], ";": ["-z"]}.get(command.operator if command else "")
    return words[:1] == sign and words[1:2] in ([f"${name}"], [f"${{{name}}}"], [f"${{{name}:-}}"])


def list_exported(
    commands: Sequence[Command], known: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the variables that a script sets for what it starts, as far as they are known."""
    for one in commands:
        for word in one.argv[1:] if one.argv[:1] == ("export",) else ():
            name = word.partition("=")[0]
            if name in known:
                yield name, known[name]


def list_assigned(command: Command, known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the variables that a command sets for itself. Raises UnclearError."""
    pairs = [(name, expand(value, known.get)) for name, value in command.assignments]
    if any(re.search(r"[$`]", value) for _, value in pairs):
        raise UnclearError("sets a variable to a value known only at run time")
    return tuple(pairs)


def fill_words(
    command: Command, text: str, known: Mapping[str, str], arguments: Sequence[str]
) -> tuple[str, ...]:
    """Return the words of a command as its program gets them."""
    words: list[str] = []
    unset = list_unset(command, text, known)
    for word in command.words:
        if word.text in unset:
            continue
        if word.text in ALL_ARGUMENTS:
            words += arguments
        elif word.literal:
            words.append(word.text)
        else:
            filled = expand(word.text, known.get)
            if re.search(r"[$`*?]", filled):
                raise UnclearError(f"has {word.text}, which is known only at run time")
            raw = text[word.span.start : word.span.end]
            words += [filled] if '"' in raw else shlex.split(filled)
    return tuple(words)


def names_of_image(command: Command, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the variables of the image in the words of a command."""
    for word in command.words:
        if not word.literal:
            yield from (name for name, _, _ in names_in(word.text) if name in environment)


def list_unset(command: Command, text: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words that are nothing but a variable which nothing sets: nothing, to a shell.

    What an option (``-m $MODULE``) waits for is none of them.
    """
    found = []
    for before, word in pairwise(command.words):
        match = _VARIABLE.fullmatch(text[word.span.start : word.span.end])
        name = (match[1] or match[2]) if match else ""
        if not name or name in known or before.text.startswith("-"):
            continue
        if not re.search(rf"\b{name}=|\b(?:read|for)\s+{name}\b", text):
            found.append(word.text)
    return tuple(found)
