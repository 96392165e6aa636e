"""Lock files, one module per format; a lock's versions are what gets installed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from packaging.pylock import is_valid_pylock_path
from packaging.specifiers import SpecifierSet

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, LockedPackage
from scaffold.project.locks.pdm import read_pdm_lock
from scaffold.project.locks.pipfile import read_pipfile_lock
from scaffold.project.locks.poetry import read_poetry_lock
from scaffold.project.locks.pylock import read_pylock
from scaffold.project.locks.uv import read_uv_lock
from scaffold.project.requirement_parser import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFormat:
    """One format: ``name`` is its file, ``read`` gives its packages.

    ``choices`` are what the reader wants to know where the lock itself says what is asked for; None
    where pyproject.toml does. ``refresh`` is the command that locks again, empty where several
    tools write the format; ``install`` the line of shell that a project's developers install with.
    """

    name: str
    read: Callable[..., Reading]
    install: str
    refresh: str = ""
    choices: tuple[str, ...] | None = None


# The first that a project has counts.
FORMATS = (
    LockFormat(
        name="uv.lock", read=read_uv_lock, refresh="uv lock", install="pip install uv && uv sync"
    ),
    LockFormat(
        name="pylock.toml",
        read=read_pylock,
        install="pip install -r pylock.toml",
        choices=("extras", "groups"),
    ),
    LockFormat(
        name="poetry.lock",
        read=read_poetry_lock,
        refresh="poetry lock",
        install="pip install poetry && poetry install",
    ),
    LockFormat(
        name="pdm.lock",
        read=read_pdm_lock,
        refresh="pdm lock",
        install="pip install pdm && pdm sync",
    ),
    LockFormat(
        name="Pipfile.lock",
        read=read_pipfile_lock,
        refresh="pipenv lock",
        install="pip install pipenv && pipenv sync --dev",
        choices=("groups",),
    ),
)


def find_format(name: str) -> LockFormat | None:
    """Return the format of a file, by its name; ``pylock.NAME.toml`` is one of pylock.toml's."""
    file = PurePosixPath(name).name
    if file.startswith("pylock.") and is_valid_pylock_path(Path(file)):
        file = "pylock.toml"
    return next((one for one in FORMATS if one.name == file), None)


def list_locks(names: Iterable[str]) -> list[str]:
    """Return the locks among the files of a folder, the one that counts first."""
    found = [(find_format(name), name) for name in names if "/" not in name]
    ranked = [(FORMATS.index(one), name != one.name, name) for one, name in found if one]
    return [name for *_, name in sorted(ranked)]


def needs_pyproject(name: str) -> bool:
    """Tell whether what is asked for stands in pyproject.toml, not in the lock."""
    found = find_format(name)
    return found is not None and found.choices is None


def read_lock(root: Path, name: str, *, extras: Sequence[str], groups: Sequence[str]) -> Reading:
    """Return a lock: its packages and, where the lock itself has them, what is asked for.

    Extras and groups only matter for the latter. Raises RequirementsInvalidError with file and
    line for a lock that is cut off or broken.
    """
    found = find_format(name)
    assert found is not None, name  # noqa: S101 - the caller chose a lock
    chosen = {"extras": extras, "groups": groups}
    return found.read(root, name, **{one: chosen[one] for one in found.choices or ()})


def compare(reading: Reading) -> Reading:
    """Return a reading with a note on what its lock lacks, a problem for what it contradicts."""
    lock = reading.lock
    found = find_format(lock.file) if lock else None
    if lock is None or found is None or found.choices is not None:
        return reading
    asked: list[Asked] = []
    notes: list[str] = []
    problems = list[Detail]()
    for one in reading.asked:
        locked = [package for package in lock.packages if package.name == one.name]
        # PEP 440 has no "or": of such a constraint, the lock knows which side was taken.
        loose = locked and "|" in one.text and not one.url and not one.path
        item = replace(one, specifier="") if loose else one
        asked.append(item)
        if not locked and item.name and not item.path:
            notes.append(
                f"{item.origin} asks for {item.name}, which {lock.file} does not have:"
                f" run {found.refresh}"
            )
        elif not _agree(item, locked):
            problems.append(item.origin.problem(_contradiction(item, locked, found.refresh)))
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


def _contradiction(asked: Asked, locked: Sequence[LockedPackage], command: str) -> str:
    versions = " and ".join(sorted({package.version for package in locked}))
    return (
        f"asks for {asked.name}{asked.specifier}, but {locked[0].origin} has {versions}:"
        f" run {command}, or correct the line"
    )
