"""Small project folders, and a reader that asks no other edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from scaffold.model.errors import LeanscaffoldError, RequirementsInvalidError
from scaffold.model.project import Asked, Found, Origin, Project, Start, Use
from scaffold.project.reader import read_project

SHA = "a" * 64
OTHER_SHA = "b" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFacts:
    start: Found[Start] | None = None
    port: Found[int] | None = None
    health: Found[str] | None = None
    uses: tuple[Use, ...] = ()
    source_paths: tuple[str, ...] = (".",)
    volumes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def no_facts(
    root: Path, *, files: Sequence[str], installed: frozenset[str] = frozenset()
) -> NoFacts:
    assert root.is_dir()
    assert all(files)
    assert all(installed)
    return NoFacts()


def all_files(root: Path) -> tuple[tuple[str, int], ...]:
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    return tuple((path.relative_to(root).as_posix(), path.stat().st_size) for path in found)


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
        sources=no_facts,
        tree=all_files,
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
