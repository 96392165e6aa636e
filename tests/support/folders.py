"""Small project folders, and what reading them gives."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from scaffold.model.errors import LeanscaffoldError, RequirementsInvalidError
from scaffold.model.project import Asked, Origin, Project
from scaffold.project.reader import read_project

SHA = "a" * 64
OTHER_SHA = "b" * 64


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return root


def read(
    root: Path,
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    requirements: Sequence[str] = (),
) -> Project:
    return read_project(
        root,
        extras=extras,
        groups=groups,
        requirements=requirements,
        environ={},
    )


def texts(asked: Sequence[Asked]) -> list[str]:
    """Return requirements in short: name, extras, versions, marker, address or path."""
    found = []
    for one in asked:
        extras = f"[{','.join(one.extras)}]" if one.extras else ""
        place = one.url or one.path
        where = f" @ {place}" if place else ""
        marker = f"; {one.marker}" if one.marker else ""
        found.append(f"{one.name}{extras}{one.specifier}{where}{marker}")
    return found


def refused(root: Path, **options: Sequence[str]) -> list[str]:
    """Return the lines below the error that reading this folder gives."""
    with pytest.raises(RequirementsInvalidError) as caught:
        read(root, **options)
    assert caught.value.hint
    return [str(detail) for detail in caught.value.details]


def at(file: str, line: int | None = None) -> Origin:
    return Origin(file=file, line=line)


def said(error: LeanscaffoldError) -> str:
    return "\n".join([error.cause, *map(str, error.details), error.hint])
