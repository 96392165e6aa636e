"""From what TOML gives to the frozen values, strictly: nothing unknown, nothing missing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")

_PLACE = re.compile(r"(?P<cause>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)


class FieldError(Exception):
    """A field that cannot be used; the text is a sentence that names it."""


def unknown_fields(data: object, kind: Any, path: str = "") -> Iterator[str]:
    """Yield a sentence for every field of ``data`` that ``kind`` does not have.

    msgspec ignores unknown fields of dataclasses, so a typo in an optional field would be lost.
    """
    for name, value, inner, known in _parts(data, kind):
        where = f"{path}{name}" if name.startswith("[") or not path else f"{path}.{name}"
        if inner is MISSING:
            yield unknown(name, where, known)
        else:
            yield from unknown_fields(value, inner, where)


def _parts(data: object, kind: Any) -> Iterator[tuple[str, object, Any, Mapping[str, Any]]]:
    """Yield (name, value, type, known names) of what is inside; MISSING for an unknown field."""
    inner = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        for option in inner:
            yield from _parts(data, option)
    elif isinstance(data, list):
        if get_origin(kind) is tuple and inner[-1] is Ellipsis:
            for position, value in enumerate(data):
                yield f"[{position}]", value, inner[0], {}
    elif isinstance(data, dict) and isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        for name, value in data.items():
            yield name, value, hints.get(name, MISSING), hints
    elif isinstance(data, dict) and inner:
        for name, value in data.items():
            yield name, value, inner[-1], {}


def unknown(name: str, where: str, known: Mapping[str, Any]) -> str:
    """Return the sentence for an unknown field, with the nearest known name."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
    return f"unknown field {where!r}; {hint}"


def fill_absent(data: dict[str, Any], kind: type) -> dict[str, Any]:
    """Return ``data`` with None for absent fields that may be None: TOML has no null."""
    hints = _hints(kind)
    absent = {
        field.name: None
        for field in fields(kind)
        if field.name not in data
        and field.default is MISSING
        and NoneType in get_args(hints[field.name])
    }
    return {**data, **absent}


def convert(data: dict[str, Any], kind: type[T]) -> T:
    """Return the value; raise FieldError with a sentence that names the field."""
    try:
        return msgspec.convert(fill_absent(data, kind), kind, strict=True)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        cause, path = (match["cause"], match["path"]) if match else (str(error), "")
        raise FieldError(f"field {path!r}: {cause}" if path else cause) from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
