"""requires.txt, in which setuptools writes down what a package requires."""

import re

from packaging.utils import canonicalize_name

_SECTION = re.compile(r"\[([^\]:]*)(?::(.*))?\]")


def parse_requires_txt(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (requirements as core metadata spells them, extras).

    A section ``[extra:marker]`` holds for its extra, its marker, or both.
    """
    requires: list[str] = []
    extras: dict[str, None] = {}
    conditions: list[str] = []
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        section = _SECTION.fullmatch(line)
        if section is None:
            requires.append(_with(line, conditions))
            continue
        extra, marker = section[1].strip(), (section[2] or "").strip()
        conditions = [f"({marker})"] if marker else []
        if extra:
            extras[extra] = None
            conditions.append(f'extra == "{canonicalize_name(extra)}"')
    return tuple(requires), tuple(extras)


def _with(line: str, conditions: list[str]) -> str:
    if not conditions:
        return line
    head, semicolon, own = line.partition(";")
    markers = [f"({own.strip()})"] if semicolon else []
    return f"{head.strip()} ; {' and '.join([*markers, *conditions])}"
