"""Lock files, one module per format; a lock's versions are what gets installed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from packaging.pylock import is_valid_pylock_path
from packaging.specifiers import SpecifierSet

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, Lock, LockedPackage
from scaffold.project.locks.pdm import read_pdm_lock
from scaffold.project.locks.pipfile import read_pipfile_lock
from scaffold.project.locks.poetry import read_poetry_lock
from scaffold.project.locks.pylock import read_pylock
from scaffold.project.locks.uv import read_uv_lock
from scaffold.project.requirement_parser import Reading

_BESIDE_PYPROJECT = {
    "uv.lock": read_uv_lock,
    "poetry.lock": read_poetry_lock,
    "pdm.lock": read_pdm_lock,
}


def is_lock(name: str) -> bool:
    """Tell whether a file is a lock that can be read, by its name."""
    file = PurePosixPath(name).name
    if not file.startswith("pylock."):
        return file in {*_BESIDE_PYPROJECT, "Pipfile.lock"}

    return is_valid_pylock_path(Path(file))


def needs_pyproject(name: str) -> bool:
    """Tell whether what is asked for stands in pyproject.toml, not in the lock."""
    return PurePosixPath(name).name in _BESIDE_PYPROJECT


def read_lock(
    root: Path, name: str, *, extras: Sequence[str] = (), groups: Sequence[str] = ()
) -> Reading:
    """Return a lock: its packages and, where the lock itself has them, what is asked for.

    Extras and groups only matter for the latter. Raises RequirementsInvalidError with file and
    line for a lock that is cut off or broken.
    """
    file = PurePosixPath(name).name
    if file in _BESIDE_PYPROJECT:
        return _BESIDE_PYPROJECT[file](root, name)
    if file == "Pipfile.lock":
        return read_pipfile_lock(root, name, groups=groups)
    return read_pylock(root, name, extras=extras, groups=groups)


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
