"""Which of a project's files says what to install, where there are several."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scaffold.model.errors import RequirementsInvalidError, UsageError
from scaffold.model.target import Arch
from scaffold.project.locks import is_lock, needs_pyproject
from scaffold.project.pyproject import asks
from scaffold.project.pyproject_file import Pyproject
from scaffold.project.setup_files import SETUP_FILES

REQUIREMENT_FILES = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/main.txt",
    "requirements/requirements.txt",
    "requirements-prod.txt",
    "requirements_prod.txt",
    "requirements-production.txt",
    "requirements.in",
    "requirements/production.in",
    "requirements/prod.in",
    "requirements/base.in",
)
_LOCKS = ("uv.lock", "pylock.toml", "pylock.", "poetry.lock", "pdm.lock", "Pipfile.lock")
_OURS = re.compile(rf"requirements\.(?:{'|'.join(arch.slug for arch in Arch)})\.lock")


class Kind(StrEnum):
    """What kind of file was chosen."""

    FILES = "files"
    LOCK = "lock"
    PYPROJECT = "pyproject"
    PIPFILE = "pipfile"
    SETUP = "setup"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chosen files, and what to tell of the ones that were passed over."""

    kind: Kind
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def choose(
    names: Collection[str],
    pyproject: Pyproject | None,
    *,
    named: Sequence[str] = (),
    optional: bool = False,
) -> Choice:
    """Return which files to read: the named ones, a lock, pyproject.toml, requirement files.

    ``names`` are the project's files, as far as they can matter. ``optional`` says that extras or
    groups are wanted, which only pyproject.toml and locks have. Raises UsageError and
    RequirementsInvalidError for choices that cannot work.
    """
    if named:
        return _named(named)
    locks = [name for start in _LOCKS for name in sorted(names) if _starts(name, start)]
    locks = list(dict.fromkeys(locks))
    files = [name for name in REQUIREMENT_FILES if name in names]
    setup = [name for name in SETUP_FILES if name in names]
    modern = pyproject is not None and bool(pyproject.table("project"))
    listed = pyproject is not None and (asks(pyproject) or (optional and (modern or not setup)))
    if locks:
        _check_roots(locks[0], pyproject)
        own = ["pyproject.toml"] if listed and not needs_pyproject(locks[0]) else []
        notes = _notes(locks[0], "a lock wins", [*own, *locks[1:], *files])
        return Choice(kind=Kind.LOCK, names=(locks[0],), notes=notes)
    if listed:
        notes = _notes("pyproject.toml", "it lists dependencies", files)
        return Choice(kind=Kind.PYPROJECT, names=("pyproject.toml",), notes=notes)
    if "Pipfile" in names:
        notes = _notes("Pipfile", "it lists dependencies", files)
        return Choice(kind=Kind.PIPFILE, names=("Pipfile",), notes=notes)
    if files and not (setup and optional and not modern):
        why = "pyproject.toml lists no dependencies" if pyproject else "it comes first"
        notes = _notes(files[0], why, files[1:]) if pyproject or files[1:] else ()
        return Choice(kind=Kind.FILES, names=(files[0],), notes=notes)
    return _without_lists(setup, pyproject, modern=modern)


def _without_lists(setup: Sequence[str], pyproject: Pyproject | None, *, modern: bool) -> Choice:
    if setup and not modern:
        return Choice(kind=Kind.SETUP, names=tuple(setup))
    kind = Kind.NOTHING if pyproject is None else Kind.PYPROJECT
    return Choice(kind=kind, names=("pyproject.toml",) if pyproject else ())


def _check_roots(lock: str, pyproject: Pyproject | None) -> None:
    if needs_pyproject(lock) and pyproject is None:
        raise RequirementsInvalidError(
            f"{lock} lies there without pyproject.toml, which says what is asked for",
            hint="restore pyproject.toml, or name other requirement files",
        )


def _starts(name: str, start: str) -> bool:
    return name == start if not start.endswith(".") else name.startswith(start) and is_lock(name)


def _named(named: Sequence[str]) -> Choice:
    for name in named:
        if _OURS.fullmatch(name.rpartition("/")[2]):
            raise UsageError(
                f"{name} is what leanscaffold itself writes",
                hint="name the file that you edit, such as requirements.txt",
            )
    locks = [name for name in named if is_lock(name)]
    if locks and len(named) > 1:
        raise UsageError(
            f"{locks[0]} is a lock, which stands alone", hint="name either it or requirement files"
        )
    return Choice(kind=Kind.LOCK if locks else Kind.FILES, names=tuple(named))


def _notes(taken: str, why: str, others: Sequence[str]) -> tuple[str, ...]:
    text = f"dependencies are taken from {taken} ({why})"
    if not others:
        return (text,) if "no dependencies" in why else ()
    were = "was" if len(others) == 1 else "were"
    return (f"{text}; {', '.join(others)} {were} not read",)
