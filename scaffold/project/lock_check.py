"""Whether a lock still says what the project asks for."""

from collections.abc import Sequence
from dataclasses import replace

from packaging.specifiers import SpecifierSet

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, Lock, LockedPackage
from scaffold.project.requirement_parser import Reading

_COMMANDS = {"uv": "uv lock", "poetry": "poetry lock", "pdm": "pdm lock"}


def compare(reading: Reading) -> Reading:
    """Return a reading with a note on each package that its lock lacks.

    A locked version that contradicts what is asked is a problem, not a note.
    """
    lock = reading.lock
    if lock is None or lock.kind not in _COMMANDS:
        return reading
    asked: list[Asked] = []
    notes: list[str] = []
    problems: list[Detail] = []
    for one in reading.asked:
        locked = [package for package in lock.packages if package.name == one.name]
        # PEP 440 has no "or": of such a constraint, the lock knows which side was taken.
        loose = locked and "|" in one.text and not one.url and not one.path
        item = replace(one, specifier="") if loose else one
        asked.append(item)
        if not locked and not item.path:
            notes.append(
                f"{item.origin} asks for {item.name}, which {lock.file} does not have:"
                f" run {_COMMANDS[lock.kind]}"
            )
        elif not _agree(item, locked):
            text = _contradiction(item, locked, lock)
            where = item.origin
            problems.append(Detail(text=text, file=where.file, line=where.line))
    return replace(
        reading,
        asked=tuple(asked),
        notes=(*reading.notes, *notes),
        problems=(*reading.problems, *problems),
    )


def _agree(asked: Asked, locked: Sequence[LockedPackage]) -> bool:
    if asked.url or asked.path or not asked.specifier:
        return True
    wanted = SpecifierSet(asked.specifier)
    return any(
        not package.version or wanted.contains(package.version, prereleases=True)
        for package in locked
    )


def _contradiction(asked: Asked, locked: Sequence[LockedPackage], lock: Lock) -> str:
    versions = " and ".join(sorted({package.version for package in locked}))
    return (
        f"asks for {asked.name}{asked.specifier}, but {locked[0].origin} has {versions}:"
        f" run {_COMMANDS[lock.kind]}, or correct the line"
    )
