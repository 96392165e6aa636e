"""Version constraints of poetry and its relatives, as PEP 440 can say them."""

import re
from dataclasses import dataclass, replace

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from scaffold.project.requirement_parser import either, first_line

_PART = re.compile(r"(\^|~=|~|===|==|=|!=|<=|>=|<|>)?\s*v?([\w.*+!-]+)")
_BETWEEN = re.compile(r"\s*,\s*|(?<=[\w*])\s+(?=[\^~=!<>])")
_MAJOR_MINOR = 2
_LOWEST = Version("0.dev0")
_MOST_EXCLUDED = 30


def alternatives(constraint: str) -> tuple[str, ...]:
    """Return a constraint as PEP 440 specifier sets, one for each side of ``||``.

    ``^1.2`` is ``>=1.2,<2.0``, ``~1.2`` is ``>=1.2,<1.3``, ``1.2`` is ``==1.2``, ``*`` is empty.
    Raises ValueError with a sentence.
    """
    sides = re.split(r"\s*\|\|?\s*", constraint.strip())
    return tuple(
        ",".join(filter(None, (_pep440(part) for part in _BETWEEN.split(side.strip()))))
        for side in sides
    )


def union(constraint: str) -> str:
    """Return a constraint as one PEP 440 specifier set, which holds for every side of ``||``.

    PEP 440 cannot say ``or``: what lies between two sides is excluded (``<2 || >2`` is ``!=2``,
    ``^1 || ^3`` is ``>=1,<4,!=2.*``). Where that cannot be said, only the highest side holds.
    """
    sides = alternatives(constraint)
    if "" in sides or len(sides) == 1:
        return "" if "" in sides else sides[0]
    low, *rest = sorted(map(_bounds, sides), key=lambda one: (one.low, not one.with_low))
    excluded = list(low.excluded)
    whole = low
    for side in rest:
        between = _between(whole, side)
        if between is None:
            return max(zip(map(_bounds, sides), sides, strict=True), key=lambda one: one[0].top)[1]
        excluded += [*between, *side.excluded]
        whole = replace(
            max(whole, side, key=lambda one: one.top), low=low.low, with_low=low.with_low
        )
    bounds = (
        f">{'=' * low.with_low}{low.low}" if low.low != _LOWEST else "",
        f"<{'=' * whole.with_high}{whole.high}" if whole.high is not None else "",
    )
    return ",".join(filter(None, (*bounds, *dict.fromkeys(excluded))))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """The versions from ``low`` to ``high`` (None: no end), without those ``excluded``."""

    low: Version
    with_low: bool
    high: Version | None
    with_high: bool
    excluded: tuple[str, ...]

    @property
    def top(self) -> tuple[bool, Version, bool]:
        return (self.high is None, self.high or _LOWEST, self.with_high)


def _bounds(side: str) -> _Bounds:
    low, high = (_LOWEST, True), None
    excluded = []
    for part in SpecifierSet(side):
        version = Version(part.version.removesuffix(".*"))
        if part.operator == "!=":
            excluded.append(str(part))
            continue
        if part.operator in {">", ">=", "==", "===", "~="}:
            low = max(low, (version, part.operator != ">"), key=lambda one: (one[0], not one[1]))
        upper = None
        if part.operator in {"<", "<="}:
            upper = (version, part.operator == "<=")
        elif part.operator == "~=" or part.version.endswith(".*"):
            kept = version.release[:-1] if part.operator == "~=" else version.release
            upper = (Version(".".join(map(str, (*kept[:-1], kept[-1] + 1)))), False)
        elif part.operator in {"==", "==="}:
            upper = (version, True)
        if upper is not None:
            high = min(filter(None, (high, upper)))
    return _Bounds(
        low=low[0],
        with_low=low[1],
        high=high[0] if high else None,
        with_high=bool(high and high[1]),
        excluded=tuple(excluded),
    )


def _between(below: _Bounds, above: _Bounds) -> tuple[str, ...] | None:
    """Return what excludes the versions between two sides; None where nothing can."""
    end = below.high
    if end is None or above.low < end:
        return ()
    if above.low == end:
        return () if below.with_high or above.with_low else (f"!={end}",)
    if below.with_high or not above.with_low:
        return None
    start, stop = (_without_zeros(one) for one in (end, above.low))
    if start is None or stop is None:
        return None
    length = max(len(start), len(stop))
    first, last = ((*one, *(0 for _ in range(length - len(one)))) for one in (start, stop))
    if first[:-1] != last[:-1] or last[-1] - first[-1] > _MOST_EXCLUDED:
        return None
    prefix = "".join(f"{number}." for number in first[:-1])
    return tuple(f"!={prefix}{number}.*" for number in range(first[-1], last[-1]))


def _without_zeros(version: Version) -> tuple[int, ...] | None:
    """Return a release such as 3.8 or 3.8.dev0 without zeros at its end; None for any other."""
    if version.pre or version.post is not None or version.local or version.dev:
        return None
    release = version.release
    while len(release) > 1 and not release[-1]:
        release = release[:-1]
    return release


def _pep440(part: str) -> str:
    found = _PART.fullmatch(part)
    if part in {"", "*"}:
        return ""
    if not found:
        raise ValueError(f"{part!r} is not a version constraint")
    operator, text = found[1] or "", re.sub(r"\.[xX]\b", ".*", found[2])
    if text == "*":
        return ""
    try:
        if operator in {"^", "~"}:
            return _range(operator, text)
        spelled = f"{operator if operator not in {'', '='} else '=='}{text}"
        return str(Specifier(spelled))
    except (InvalidVersion, InvalidSpecifier) as error:
        raise ValueError(f"{part!r} is not a version constraint: {first_line(error)}") from error


def _range(operator: str, text: str) -> str:
    release = Version(text).release
    if operator == "^":
        # The first part that is not zero may not change.
        kept = next((i for i, number in enumerate(release) if number), len(release) - 1)
    else:
        kept = min(1, len(release) - 1)
    upper = (*release[:kept], release[kept] + 1)
    padded = (*upper, *(0 for _ in range(_MAJOR_MINOR - len(upper))))
    return f">={text},<{'.'.join(map(str, padded))}"


def python_marker(constraint: str) -> str:
    """Return a constraint on Python as a marker; empty for any Python."""
    sides = []
    for side in alternatives(constraint):
        parts = []
        for part in sorted(SpecifierSet(side), key=str, reverse=True):
            short = part.version.count(".") < _MAJOR_MINOR and not part.version.endswith("*")
            variable = "python_version" if short else "python_full_version"
            parts.append(f'{variable} {part.operator} "{part.version}"')
        sides.append(" and ".join(parts))
    return either(sides)
