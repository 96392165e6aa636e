"""What the chosen files ask for, whatever kind of file they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from scaffold.model.errors import (
    UsageError,
)
from scaffold.project.computed import BuildMetadata, settle_computed
from scaffold.project.conda import read_conda
from scaffold.project.locks import needs_pyproject, read_lock
from scaffold.project.locks.pipfile import read_pipfile
from scaffold.project.own_dockerfile import OwnInstalls
from scaffold.project.project_folder import ProjectFolder
from scaffold.project.pyproject import (
    is_made_by_build,
    list_optional,
    read_pyproject,
)
from scaffold.project.pyproject_file import Pyproject, load_script
from scaffold.project.python_versions import read_pipfile_python, read_pythons
from scaffold.project.requirement_parser import Reading
from scaffold.project.requirements import read_requirements
from scaffold.project.setup_files import read_setup, read_setup_name
from scaffold.project.source_selection import Choice, Kind


def _with_own(reading: Reading, own: OwnInstalls, itself: str) -> Reading:
    """Return a reading with what only the project's own Dockerfile names, but for the project."""
    known = {itself, *(asked.name or asked.path for asked in reading.asked)}
    known |= {package.name for package in (reading.lock.packages if reading.lock else ())}
    more = tuple(asked for asked in own.asked if (asked.name or asked.path) not in known)
    texts = ", ".join(one.text for one in more)
    notes = (f"{more[0].origin} installs {texts}; the image does the same",) if more else ()
    return replace(reading, asked=(*reading.asked, *more), notes=(*reading.notes, *notes))


def _useless_options(choice: Choice) -> UsageError:
    where = ", ".join(choice.names) or "nothing"
    return UsageError(
        f"extras and groups stand in pyproject.toml or a lock, but {where} is read here",
        hint="leave out --extra and --group",
    )


def read_choice(
    folder: ProjectFolder,
    choice: Choice,
    *,
    extras: Sequence[str],
    groups: Sequence[str],
    environ: Mapping[str, str] | None,
    own: OwnInstalls | None,
    name: str,
    build: BuildMetadata | None,
) -> Reading:
    """Return what is asked for, with what the project's ``own`` Dockerfile installs besides.

    ``name`` is the project's. Where no extras and groups are given, those of that Dockerfile hold.
    """
    told: tuple[str, ...] = ()
    if choice.kind in {Kind.FILES, Kind.NOTHING}:
        if extras or groups:
            raise _useless_options(choice)
    elif own and not (extras or groups):
        known_extras, known_groups = list_optional(folder.pyproject)
        by_extra = own.chosen("extra", name, known_extras)
        by_group = own.chosen("group", name, known_groups)
        extras, groups = tuple(by_extra), tuple(by_group)
        told = (*by_extra.values(), *by_group.values())
    read = _read(
        folder.root, choice, folder.pyproject, extras=extras, groups=groups, environ=environ
    )
    read = settle_computed(read, folder.root, build, extras=extras)
    if own is None:
        return read
    itself = canonicalize_name(read_setup_name(folder.root) or name)
    return _with_own(replace(read, notes=(*read.notes, *told)), own, itself)


def _read(
    root: Path,
    choice: Choice,
    pyproject: Pyproject | None,
    *,
    extras: Sequence[str],
    groups: Sequence[str],
    environ: Mapping[str, str] | None,
) -> Reading:
    if choice.kind == Kind.FILES:
        return read_requirements(root, choice.names, environ=environ)
    if choice.kind == Kind.PIPFILE:
        reading = read_pipfile(root, choice.names[0], groups=groups)
        return replace(reading, pythons=read_pipfile_python(root))
    if choice.kind == Kind.SETUP:
        if groups:
            raise _useless_options(choice)
        return read_setup(root, extras=extras)
    if choice.kind in {Kind.CONDA, Kind.SCRIPT}:
        conda = choice.kind == Kind.CONDA
        name = choice.names[0]
        return read_conda(root, name, environ=environ) if conda else _read_script(root, name)
    if choice.kind == Kind.LOCK:
        return _locked(root, choice.names[0], pyproject, extras=extras, groups=groups)
    return read_pyproject(pyproject, extras=extras, groups=groups) if pyproject else Reading()


def _read_script(root: Path, name: str) -> Reading:
    script = load_script(root, name)
    if script is None:
        raise UsageError(
            f"{name} has no block of script metadata", hint="name a requirements file, or add one"
        )
    return replace(read_pyproject(script), pythons=read_pythons(root, script))


def _locked(
    root: Path,
    name: str,
    pyproject: Pyproject | None,
    *,
    extras: Sequence[str],
    groups: Sequence[str],
) -> Reading:
    lock = read_lock(root, name, extras=extras, groups=groups)
    if lock.lock is not None and lock.lock.kind == "pipfile":
        return replace(lock, pythons=read_pipfile_python(root))
    if pyproject is None or not needs_pyproject(name):
        return lock
    asked = read_pyproject(pyproject, extras=extras, groups=groups)
    if lock.asked and is_made_by_build(pyproject) and not (extras or groups):
        # What the build would say, the lock remembers.
        asked = replace(asked, asked=lock.asked, problems=())
    return replace(asked, lock=lock.lock, files=(*asked.files, *lock.files))
