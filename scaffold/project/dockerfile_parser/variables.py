"""Variables of a Dockerfile: what ENV and ARG say, and filling them in as Docker does."""

import re
from collections.abc import Callable, Iterator

_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?:(:?[-+?])([^}]*))?\}|([A-Za-z_]\w*))")
_PAIR = re.compile(r"([^\s=\"'$]+)=((?:\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'\\])*)", re.DOTALL)


def expand(text: str, look_up: Callable[[str], str | None], escape: str = "\\") -> str:
    """Return a text with its variables filled in; what nobody knows stays as it is written."""

    def fill(found: re.Match[str]) -> str:
        name = found[1] or found[4]
        value = look_up(name)
        if found[2] in {":-", "-"} and not value:
            return found[3]
        if found[2] in {":+", "+"}:
            return found[3] if value else ""
        return found[0] if value is None else value

    pieces = re.split(rf"({re.escape(escape)}\$)", text)
    return "".join(
        "$" if number % 2 else _NAME.sub(fill, piece) for number, piece in enumerate(pieces)
    )


def names_in(text: str, escape: str = "\\") -> Iterator[tuple[str, bool, int]]:
    """Yield (name, has a default of its own, offset) of each variable in a text."""
    for found in _NAME.finditer(text):
        if found.start() == 0 or text[found.start() - 1] not in {escape, "$"}:
            yield found[1] or found[4], bool(found[2]), found.start()


def pairs_of(text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of ENV and LABEL, quotes removed; the old form has one pair and no ``=``."""
    if is_old_form(text):
        name, _, value = text.strip().partition(" ")
        return ((name, value.strip()),) if name else ()
    return tuple((found[1], unquote(found[2])) for found in _PAIR.finditer(text))


def is_old_form(text: str) -> bool:
    """Tell whether ENV is written without ``=``, as ``ENV name value``."""
    words = text.split(maxsplit=1)
    return bool(words) and "=" not in words[0]


def unquote(text: str) -> str:
    """Return a value without its quotes and escapes."""
    return re.sub(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'|\\(.)", _bare, text, flags=re.DOTALL)


def _bare(found: re.Match[str]) -> str:
    if found[1] is not None:
        return re.sub(r"\\([\"\\$])", r"\1", found[1])
    return found[2] if found[2] is not None else found[3]
