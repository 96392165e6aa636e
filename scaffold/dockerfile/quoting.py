"""How values are spelled in a Dockerfile, so that none can end its line or gain a meaning."""

import json
import re
import shlex
import unicodedata
from collections.abc import Sequence

from scaffold.model.errors import UsageError

# Control, line and paragraph separators, invisible format characters (such as those that turn
# the reading direction around), halves of a character.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# What YAML 1.1 reads as a truth value or as nothing.
_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


class UnsafeValueError(UsageError):
    """A value that would break out of its line in a generated file, or hide what is on it."""


def guard(value: object) -> object:
    """Return the value as it is. Raises UnsafeValueError for what could end or disguise a line."""
    text = str(value)
    for character in text:
        if unicodedata.category(character) in _UNSAFE:
            raise UnsafeValueError(
                f"{text!r} has a line break or control character in it (U+{ord(character):04X})",
                hint="it would end up in a Dockerfile, where no value may span lines: correct it",
            )
    return value


def exec_form(words: Sequence[str]) -> str:
    """Return the JSON array that Docker runs without a shell, in ASCII."""
    for word in words:
        guard(word)
    return json.dumps(list(words))


def shell_word(value: str) -> str:
    """Return a value as one word of a shell command."""
    guard(value)
    return shlex.quote(value)


def quoted(value: str) -> str:
    """Return a value in the double quotes of ENV and LABEL, with no variable expanded."""
    guard(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def yaml_key(name: str) -> str:
    """Return a name as a key in YAML: quoted where a reader would take it for another type."""
    plain = re.fullmatch(r"[a-z][a-z0-9_.-]*", name) and name not in _YAML_WORDS
    return name if plain else json.dumps(name)
