"""What a project requires where only its build tells: the build is run where the user wants it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail
from scaffold.model.index import Metadata
from scaffold.model.project import Asked, Found, Origin
from scaffold.project.requirement_parser import Reading, read_requirement

BuildMetadata = Callable[[Path], Metadata]
_OPTION = "or have it run on this computer with --build-metadata"
_EXTRA = re.compile(r"""(?:^| and )extra == "([^"]+)"$|^extra == "([^"]+)" and """)


@dataclass(frozen=True, slots=True)
class Computed(Detail):
    """A place whose requirements are only known when the project's build runs."""


def settle_computed(
    reading: Reading, root: Path, build: BuildMetadata | None, *, extras: Sequence[str]
) -> Reading:
    """Return a reading with what ``build`` tells; without that each place stays a problem."""
    places = [one for one in reading.problems if isinstance(one, Computed)]
    if not places:
        return reading
    others = tuple(one for one in reading.problems if not isinstance(one, Computed))
    if build is None:
        told = tuple(
            Detail(text=f"{one.text}, {_OPTION}", file=one.file, line=one.line) for one in places
        )
        return replace(reading, problems=(*others, *told))
    first, built = places[0], build(root)
    if built.problem:
        failed = Detail(text=built.problem, file=first.file, line=first.line)
        return replace(reading, problems=(*others, failed))
    origin = Origin(file=first.file or ".", line=first.line)
    try:
        asked = tuple(_read(built.requires, origin, root, extras))
    except ValueError as error:
        failed = Detail(text=str(error), file=first.file, line=first.line)
        return replace(reading, problems=(*others, failed))
    names = {one.name for one in asked}
    python = Found(value=built.requires_python, origin=origin)
    note = (
        f"{first.file} was run on this computer to tell what it requires: what it asks of the "
        "machine was answered by this one"
    )
    return replace(
        reading,
        asked=(*asked, *(one for one in reading.asked if one.name not in names)),
        pythons=reading.pythons or ((python,) if built.requires_python else ()),
        problems=others,
        notes=(*reading.notes, note),
    )


def _read(
    lines: Sequence[str], origin: Origin, root: Path, extras: Sequence[str]
) -> Iterator[Asked]:
    """Yield requirements of metadata, those of extras only where asked for. Raises ValueError."""
    wanted = {canonicalize_name(extra) for extra in extras}
    for line in lines:
        asked = Requirement(line)
        marker = str(asked.marker or "")
        found = _EXTRA.search(marker)
        if found and canonicalize_name(found[1] or found[2]) not in wanted:
            continue
        rest = _EXTRA.sub("", marker)
        asked.marker = None
        text = f"{asked} ; {rest}" if rest else str(asked)
        yield read_requirement(text, origin, root=root, folder=root)
