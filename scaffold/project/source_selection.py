"""Which of a project's files says what to install, where there are several."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from scaffold.model.errors import RequirementsInvalidError, UsageError
from scaffold.model.target import Arch
from scaffold.project.conda import CONDA_FILES
from scaffold.project.locks import find_format, list_locks, needs_pyproject
from scaffold.project.pyproject import asks
from scaffold.project.pyproject_file import Pyproject
from scaffold.project.setup_files import SETUP_FILES

REQUIREMENT_FILES = (
    *("requirements.txt", "requirements/production.txt", "requirements/prod.txt"),
    *("requirements/base.txt", "requirements/common.txt", "requirements/main.txt"),
    *("requirements/requirements.txt", "requirements-prod.txt", "requirements_prod.txt"),
    *("requirements-production.txt", "requirements.in", "requirements/production.in"),
    *("requirements/prod.in", "requirements/base.in"),
)
_OURS = re.compile(rf"requirements\.(?:{'|'.join(arch.slug for arch in Arch)})\.lock")


class Kind(StrEnum):
    """What kind of file was chosen."""

    FILES = "files"
    LOCK = "lock"
    PYPROJECT = "pyproject"
    PIPFILE = "pipfile"
    SETUP = "setup"
    CONDA = "conda"
    SCRIPT = "script"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chosen files, and what to tell of the ones that were passed over."""

    kind: Kind
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the contents of files say of how people install the project.

    ``whole`` are requirement files that install the project itself or were compiled from its list,
    ``installed`` those that its own Dockerfile installs, ``scripts`` have a block of their own;
    ``beside`` is a list in a folder of installers, with the line of the script that installs it.
    """

    whole: frozenset[str] = frozenset()
    installed: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    beside: tuple[str, str] = ("", "")


def choose(
    names: Collection[str],
    pyproject: Pyproject | None,
    *,
    evidence: Evidence = Evidence(),
    named: Sequence[str] = (),
    optional: bool = False,
    above: str = "",
) -> Choice:
    """Return which files to read: the named ones, a lock, pyproject.toml, requirement files.

    ``names`` are the project's files, as far as they can matter. ``optional`` says that extras or
    groups are wanted, which only pyproject.toml and locks have; ``above`` is the
    lock of the workspace. Raises UsageError and
    RequirementsInvalidError for choices that cannot work.
    """
    if named:
        return _named(named)
    locks = list(dict.fromkeys((*list_locks(names), *([above] if above else []))))
    usual = [name for name in REQUIREMENT_FILES if name in names]
    taken = evidence.installed or tuple(usual[:1])
    files = [*taken, *(name for name in usual if name not in taken)]
    setup = [name for name in SETUP_FILES if name in names]
    modern = pyproject is not None and bool(pyproject.table("project"))
    listed = pyproject is not None and (asks(pyproject) or (optional and (modern or not setup)))
    if locks:
        _check_roots(locks[0], pyproject)
        own = ["pyproject.toml"] if listed and not needs_pyproject(locks[0]) else []
        notes = _notes(locks[0], "a lock wins", [*own, *locks[1:], *files])
        return Choice(kind=Kind.LOCK, names=(locks[0],), notes=notes)
    why = _why_people_install(taken, evidence)
    if listed and why and not optional:
        notes = _notes(", ".join(taken), why, ["pyproject.toml", *files[len(taken) :]])
        return Choice(kind=Kind.FILES, names=taken, notes=notes)
    if listed or "Pipfile" in names:
        kind, name = (Kind.PYPROJECT, "pyproject.toml") if listed else (Kind.PIPFILE, "Pipfile")
        return Choice(kind=kind, names=(name,), notes=_notes(name, "it lists dependencies", files))
    if files and not (setup and optional and not modern):
        why = "pyproject.toml lists no dependencies" if pyproject else why or "it comes first"
        others = files[len(taken) :]
        told = pyproject or others or evidence.installed
        notes = _notes(", ".join(taken), why, others) if told else ()
        return Choice(kind=Kind.FILES, names=taken, notes=notes)
    conda = [name for name in CONDA_FILES if name in names]
    return _without_lists(setup, pyproject, conda, evidence, modern=modern)


def _why_people_install(files: Sequence[str], evidence: Evidence) -> str:
    """Return why people install from these files and not from pyproject.toml, if they do."""
    if evidence.installed:
        return "the project's own Dockerfile installs it"
    if set(files) & evidence.whole:
        return "it installs the project itself, or was compiled from its list"
    return ""


def _without_lists(
    setup: Sequence[str],
    pyproject: Pyproject | None,
    conda: Sequence[str],
    evidence: Evidence,
    *,
    modern: bool,
) -> Choice:
    if setup and not modern:
        notes = _notes(", ".join(setup), "it lists dependencies", conda) if conda else ()
        return Choice(kind=Kind.SETUP, names=tuple(setup), notes=notes)
    if conda:
        why = "nothing else lists dependencies"
        return Choice(kind=Kind.CONDA, names=(conda[0],), notes=_told(conda[0], why, conda[1:]))
    if len(evidence.scripts) == 1 and not modern:
        why = "its script block lists dependencies"
        notes = _told(evidence.scripts[0], why, ())
        return Choice(kind=Kind.SCRIPT, names=evidence.scripts, notes=notes)
    name, where = evidence.beside
    if name and not (pyproject and "dependencies" in pyproject.table("project")):
        return Choice(kind=Kind.FILES, names=(name,), notes=_told(name, f"{where} installs it", ()))
    kind = Kind.NOTHING if pyproject is None else Kind.PYPROJECT
    return Choice(kind=kind, names=("pyproject.toml",) if pyproject else ())


def _check_roots(lock: str, pyproject: Pyproject | None) -> None:
    if needs_pyproject(lock) and pyproject is None:
        raise RequirementsInvalidError(
            f"{lock} exists without pyproject.toml, which lists the dependencies",
            hint="restore pyproject.toml, or name other requirement files",
        )


def _named(named: Sequence[str]) -> Choice:
    for name in named:
        if _OURS.fullmatch(name.rpartition("/")[2]):
            raise UsageError(
                f"{name} is what leanscaffold itself writes",
                hint="name the file that you edit, such as requirements.txt",
            )
    locks = [name for name in named if find_format(name)]
    if locks and len(named) > 1:
        raise UsageError(
            f"{locks[0]} is a lock, which stands alone", hint="name either it or requirement files"
        )
    kinds = {".yml": Kind.CONDA, ".yaml": Kind.CONDA, ".py": Kind.SCRIPT}
    alone = kinds.get(PurePosixPath(named[0]).suffix, Kind.FILES) if len(named) == 1 else Kind.FILES
    return Choice(kind=Kind.LOCK if locks else alone, names=tuple(named))


def _notes(taken: str, why: str, others: Sequence[str]) -> tuple[str, ...]:
    text = f"dependencies are taken from {taken} ({why})"
    if not others:
        return (text,) if "no dependencies" in why or "Dockerfile" in why else ()
    were = "was" if len(others) == 1 else "were"
    return (f"{text}; {', '.join(others)} {were} not read",)


def _told(taken: str, why: str, others: Sequence[str]) -> tuple[str, ...]:
    """Return a note also where nothing was passed over: the place is an unusual one."""
    return _notes(taken, why, others) or (f"dependencies are taken from {taken} ({why})",)
