"""The project reader: a folder as a ``Project``. Nothing of the project is ever run."""

import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import InvalidName, canonicalize_name

from scaffold.model.errors import (
    ConfigInvalidError,
    Detail,
    RequirementsInvalidError,
    UsageError,
)
from scaffold.model.image import count_waste
from scaffold.model.options import DOCKERFILE
from scaffold.model.project import Asked, Found, Origin, OwnPackage, Project, Use, When
from scaffold.project.checkout import name_left_out
from scaffold.project.choice_reader import read_choice
from scaffold.project.computed import BuildMetadata
from scaffold.project.elsewhere import find_elsewhere, find_for_installing
from scaffold.project.entrypoint.processes import read_told_extras
from scaffold.project.entrypoint.scripts import project_scripts
from scaffold.project.entrypoint.source_facts import SourceFacts, read_sources
from scaffold.project.heavy_files import find_heavy
from scaffold.project.locks import FORMATS, compare
from scaffold.project.own_package import read_own_package
from scaffold.project.path_projects import follow, project_name
from scaffold.project.project_files import find_environments, list_files
from scaffold.project.project_folder import ProjectFolder, open_folder
from scaffold.project.pyproject import (
    asks,
    list_offered,
    list_optional,
)
from scaffold.project.pyproject_file import Pyproject, find_scripts
from scaffold.project.python_versions import read_pythons, without_patch
from scaffold.project.repositories import settle_repositories
from scaffold.project.requirement_parser import Reading, unique
from scaffold.project.requirements import installs_whole
from scaffold.project.secrets import find_lists_with_passwords, find_opened, notes_on_ignore
from scaffold.project.setup_files import list_setup_extras
from scaffold.project.source_selection import REQUIREMENT_FILES, Choice, Evidence, Kind, choose
from scaffold.project.text_io import relative
from scaffold.project.workspace import find_workspace, rebase
from scaffold.state.trace_file import read_trace

if TYPE_CHECKING:
    from scaffold.project.repositories import Address, Checkout

_NAME = re.compile(r"[^A-Za-z0-9._-]")
_COMPOSED = ("compose.yml", "docker-compose.yaml", "docker-compose.yml")
_LOOKED_FOR = (
    f"pyproject.toml, {', '.join(one.name for one in FORMATS)}, requirements.txt,"
    " requirements.in, requirements/*.txt and *.py"
)


def read_project(
    root: Path,
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    requirements: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    context: Path | None = None,
    dockerfile: str = DOCKERFILE,
    repositories: Callable[["Address"], "Checkout"] | None = None,
    build: BuildMetadata | None = None,
) -> Project:
    """Return what a project folder says of its dependencies, its Python and how it starts.

    ``requirements`` are files to read instead of what the folder offers, relative to it.
    ``context`` is the folder that the build sees where that is one above: then what the build
    reads is relative to it; ``dockerfile`` what it builds by. ``repositories`` fetches what is
    asked for by git and no lock knows; without it that is refused. ``build`` tells the metadata of
    a folder that computes what it requires; without it that is refused as well.
    Raises RequirementsInvalidError with all bad lines, ConfigInvalidError, PathUnreadableError,
    and UsageError for an extra, a group or a folder that makes no sense.
    """
    folder = open_folder(root, context, dockerfile, os.environ if environ is None else environ)
    choice = choose(
        folder.names,
        folder.pyproject,
        named=requirements,
        optional=bool(extras or groups),
        evidence=_evidence(folder),
        above=_lock_above(folder.root),
    )
    name = _name(folder.root, folder.pyproject)
    read = read_choice(
        folder,
        choice,
        extras=extras,
        groups=groups,
        environ=environ,
        own=None if requirements else folder.own,
        name=name.value,
        build=build,
    )
    reading = compare(follow(folder.root, read, context=folder.context))
    if any(one.url for one in reading.asked):
        reading = settle_repositories(reading, repositories)
    if reading.problems:
        raise _invalid(tuple(dict.fromkeys(reading.problems)))
    if choice.kind == Kind.NOTHING and not any(path.endswith(".py") for path in folder.paths):
        raise UsageError(
            f"{folder.root.name or folder.root} is not a Python project",
            hint=f"run `leanscaffold init` to start one; looked for {_LOOKED_FOR}",
        )
    project = _describe(folder, choice, reading, name)
    return project if folder.is_context else rebase(project, relative(folder.context, folder.root))


def _describe(folder: ProjectFolder, choice: Choice, reading: Reading, name: Found[str]) -> Project:
    """Return the project with how it starts, what it uses, and what its files weigh."""
    root, paths, pyproject = folder.root, folder.paths, folder.pyproject
    private = find_lists_with_passwords(root, (*paths, *reading.files))
    opened = find_opened(root, paths)
    packages = _own_packages(root, reading.asked, paths)
    # What is asked for has to be there; the project itself runs from its sources all the same.
    refused = [one for one in packages if one.path == "." and one.problem]
    facts = read_sources(
        root, files=paths, installed=_installed(reading), roots=tuple(one.root for one in packages)
    )
    pythons = tuple(map(without_patch, (*read_pythons(root, pyproject), *reading.pythons)))
    return Project(
        name=name,
        asked=reading.asked,
        constraints=reading.constraints,
        lock=reading.lock,
        pythons=pythons,
        start=facts.start,
        port=facts.port,
        health=facts.health,
        index=reading.index,
        uses=tuple(_without_own(facts.uses, root, packages)),
        source_paths=facts.source_paths,
        **_weigh(folder, {*(one.path for one in reading.distributions), *private}, packages),
        files=unique((*reading.files, *(found.origin.file for found in pythons))),
        warnings=notes_on_ignore(folder.ignore.theirs, paths),
        notes=(
            *facts.unused,
            *choice.notes,
            *reading.notes,
            *_unasked(reading, facts, list_optional(pyproject)[1]),
            *facts.notes,
            *_name_settings(facts),
            *_notes_on_files(opened, packages, refused),
        ),
        environments=find_environments(root),
        trace=read_trace(root),
        distributions=reading.distributions,
        listed=choice.kind != Kind.NOTHING and (choice.kind != Kind.PYPROJECT or _lists(pyproject)),
        private=private,
        opened=opened,
        own_image=folder.own.image,
        volumes=facts.volumes,
        left_steps=facts.left_steps,
        front_end=facts.front_end if folder.is_context else None,
        packages=tuple(one for one in packages if one not in refused),
        offered=(*list_offered(pyproject), *list_setup_extras(root)),
        told_extras=tuple(read_told_extras(root)),
        **_surroundings(folder),
    )


def _weigh(
    folder: ProjectFolder, left_out: Collection[str], packages: Sequence[OwnPackage]
) -> dict[str, Any]:
    """Return the fields of a project that say how many bytes of its files go into the image."""
    kept = [pair for pair in folder.listed if pair[0] not in left_out]
    read = sum((folder.root / path).stat().st_size for one in packages for path in one.reads)
    return {
        "app_bytes": sum(size for _, size in kept) + read,
        "app_waste": count_waste(kept),
        "app_sources": sum(size for path, size in folder.listed if path.endswith(".py")),
        "app_modules": sum(path.endswith(".py") for path in folder.paths),
        "app_served": sum(size for path, size in folder.listed if "/static/" in f"/{path}"),
        "models": find_heavy(folder.root, kept),
    }


def _surroundings(folder: ProjectFolder) -> dict[str, Any]:
    """Return the fields of a project that say what lies beside and around its files."""
    return {
        "elsewhere": find_elsewhere(folder.paths),
        "unfetched": tuple(name_left_out(folder.root, folder.listed)),
        "ignore_file": folder.ignore.ours,
        "ignore": folder.ignore.patterns,
        "ignore_source": folder.ignore.theirs,
        "composed": next((one for one in _COMPOSED if (folder.context / one).is_file()), ""),
    }


def _lock_above(root: Path) -> str:
    """Return the lock of the workspace that a folder is a member of, empty if there is none."""
    workspace = find_workspace(root)
    if workspace is None or not (workspace / "uv.lock").is_file():
        return ""
    return relative(root, workspace / "uv.lock")


def _evidence(folder: ProjectFolder) -> Evidence:
    root, names = folder.root, folder.names
    files = [name for name in REQUIREMENT_FILES if name in names]
    return Evidence(
        whole=frozenset(name for name in files if installs_whole(root, name)),
        installed=folder.own.files,
        scripts=find_scripts(root, sorted(name for name in names if "/" not in name)),
        beside=find_for_installing(root, folder.paths),
    )


def _own_packages(
    root: Path, asked: Sequence[Asked], files: Sequence[str]
) -> tuple[OwnPackage, ...]:
    """Return the project, where it is a package, and the folders in it that are asked for."""
    folders = {".": False}
    for one in asked:
        path = posixpath.normpath(one.path) if one.path else "."
        if path != "." and (root / path).is_dir():
            named = not one.origin.file.endswith((".toml", ".lock"))
            folders[path] = folders.get(path, False) or named
    found = []
    for path, named in folders.items():
        inside = files
        if path.startswith("../"):  # what lies beside a member of a workspace
            inside = [f"{path}/{name}" for name, _ in list_files(root / path)]
        found.append(read_own_package(root, path, inside, named=named))
    return tuple(one for one in found if one is not None)


def _without_own(uses: Sequence[Use], root: Path, packages: Sequence[OwnPackage]) -> Iterator[Use]:
    """Yield all but starts of the project's own scripts, where it is installed as a package."""
    own = project_scripts(root)[1] if any(one.path == "." for one in packages) else {}
    yield from (one for one in uses if one.code != "runs-program" or one.value not in own)


def _name_settings(facts: SourceFacts) -> Iterator[str]:
    """Yield one note on the variables that the sources have no default for."""
    given = dict(facts.start.value.environment) if facts.start else {}
    needed = [one for one in facts.uses if one.code == "needs-setting" and one.value not in given]
    needed = [one for one in needed if one.when is not When.MAYBE]
    if needed:
        names = ", ".join(dict.fromkeys(one.value for one in needed))
        yield f"{needed[0].origin} has no default for what the environment has to set: {names}"


def _notes_on_files(
    opened: Sequence[Found[str]], packages: Sequence[OwnPackage], refused: Sequence[OwnPackage]
) -> Iterator[str]:
    """Yield notes on files that are opened, and on packages of the project's own."""
    for file in opened:
        yield (
            f"{file.origin} opens {file.value}: it goes into the image, with what is secret in it"
        )
    for one in refused:
        yield f"{one.name} is not installed as a package: {one.problem}"
    for one in packages:
        if one.versioned and one not in refused:
            yield (
                f"{one.name} takes its version from version control: `leanscaffold build` passes "
                "that of the last tag on (by hand: --build-arg PACKAGE_VERSION=1.2.3)"
            )


# What brings a server along that nobody has to name (each package's own metadata, 2026-11).
_BRINGS = {
    "fastapi[all]": "uvicorn",
    "fastapi[standard]": "uvicorn",
    "fastapi[standard-no-fastapi-cloud-cli]": "uvicorn",
    "litestar[full]": "uvicorn",
    "litestar[standard]": "uvicorn",
    "uvicorn-worker": "uvicorn",
    "channels[daphne]": "daphne",
    "quart": "hypercorn",
}


def _installed(reading: Reading) -> frozenset[str]:
    """Return the names that get installed, as far as they are known before a resolution.

    A lock that knows its edges knows all; else a few servers come with what is asked for.
    """
    edges = {
        package.name: [
            *(package.requires or ()),
            *(text for _, texts in package.extra_requires for text in texts),
        ]
        for package in (reading.lock.packages if reading.lock else ())
    }
    waiting = [asked.name for asked in reading.asked]
    spelled = {f"{asked.name}[{extra}]" for asked in reading.asked for extra in asked.extras}
    waiting += [_BRINGS[name] for name in sorted({*waiting, *spelled} & set(_BRINGS))]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [canonicalize_name(_NAME.split(text)[0]) for text in edges.get(name, ())]
    return frozenset(found)


def _unasked(reading: Reading, facts: SourceFacts, groups: Sequence[str]) -> tuple[str, ...]:
    """Return a note where sources import packages and nothing says which to install."""
    imported = sorted({use.value for use in facts.uses if use.code == "imports"})
    if reading.asked or not imported:
        return ()
    names = ", ".join(imported)
    way = f"name a group with --group: {', '.join(groups)}" if groups else ""
    way = way or "list packages in requirements.txt"
    return (f"nothing is installed: no file asks for {names}; {way}",)


def _lists(pyproject: Pyproject | None) -> bool:
    """Tell whether a pyproject.toml says what to install, be it nothing."""
    return pyproject is not None and bool(
        "dependencies" in pyproject.table("project") or asks(pyproject)
    )


def _invalid(problems: Sequence[Detail]) -> RequirementsInvalidError:
    files = unique(problem.file or "" for problem in problems)
    lines = "1 line" if len(problems) == 1 else f"{len(problems)} lines"
    return RequirementsInvalidError(
        f"{lines} of {', '.join(files)} cannot be used",
        hint="correct them and run again; nothing was left out or written",
        details=problems,
    )


def _name(root: Path, pyproject: Pyproject | None) -> Found[str]:
    named = project_name(pyproject)
    if named is None:
        text = re.sub(r"[^A-Za-z0-9._-]+", "-", root.name).strip("-._") or "app"
        return Found(value=text, origin=Origin(file=".", detail="the folder's name"))
    name, origin = named
    try:
        canonicalize_name(name, validate=True)
    except InvalidName as error:
        raise ConfigInvalidError(
            f"{origin.file} names its project in a way that no package can be named",
            hint="use letters, digits, and - _ . between them",
            details=[origin.problem(f"{name!r} is not a name")],
        ) from error
    return Found(value=name, origin=origin)
