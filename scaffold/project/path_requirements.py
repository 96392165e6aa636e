"""Packages that lie in the project: which of them a target installs, and where from."""

import posixpath
import re
from collections.abc import Iterable

from scaffold.model.errors import Detail, RequirementsInvalidError
from scaffold.model.project import Asked, Project
from scaffold.model.resolution import Pinned
from scaffold.model.target import Environment
from scaffold.resolver.cache import marker_holds
from scaffold.resolver.tags import marker_environment

# COPY gives other characters a meaning: variables, wildcards, quotes, escapes.
_MOUNTABLE = re.compile(r"[\w@+.][\w@+./-]*")
_PLAIN = re.compile(r"[\w@+.,=~ -][\w@+.,=~/ -]*")


def local_paths(project: Project, environment: Environment, release: str) -> tuple[str, ...]:
    """Return the paths of the local files for an environment, relative, sorted.

    Folders are not among them: they are installed with the application (``own_packages``). Raises
    RequirementsInvalidError, with all of them, for paths that an image build cannot reach.
    """
    files = (".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2")
    return tuple(p for p in wanted_paths(project, environment, release) if p.endswith(files))


def wanted_paths(project: Project, environment: Environment, release: str) -> tuple[str, ...]:
    """Return the paths of all local packages for an environment, relative, sorted.

    The project itself (``-e .``) is not among them. Raises RequirementsInvalidError, with all of
    them, for paths that an image build cannot reach.
    """
    wanted: set[str] = set()
    problems: list[Detail] = []
    for asked in project.asked:
        path = posixpath.normpath(asked.path) if asked.path else "."
        if path in {".", project.folder} or not _holds(asked, environment, release):
            continue
        if why := _refuse(path):
            problems.append(asked.origin.problem(why))
        wanted.add(path)
    if problems:
        raise RequirementsInvalidError(
            "some local packages cannot get into an image",
            details=problems,
            hint="move them into the project's folder, under a plain name",
        )
    return tuple(sorted(wanted))


def file_paths(project: Project, packages: Iterable[Pinned]) -> tuple[str, ...]:
    """Return the wheels and sdists of the project, sorted. Raises RequirementsInvalidError."""
    paths = {one.file.sha256: one.path for one in project.distributions}
    wanted = sorted({paths[p.file.sha256] for p in packages if p.file.sha256 in paths})
    problems = [
        Detail(text=f"{path!r} has characters in it that a mount gives a meaning of its own")
        for path in wanted
        if _MOUNTABLE.fullmatch(path) is None
    ]
    if problems:
        raise RequirementsInvalidError(
            "some files of the project cannot get into a build",
            details=problems,
            hint="move them into a folder with a plain name",
        )
    return tuple(wanted)


def wanted_repositories(
    project: Project, environment: Environment, release: str
) -> tuple[Asked, ...]:
    """Return the requirements that are built from repositories for an environment, by name."""
    found = {
        asked.name: asked
        for asked in project.asked
        if asked.build_from and _holds(asked, environment, release)
    }
    return tuple(found[name] for name in sorted(found))


def list_indexed(project: Project) -> list[str]:
    """Return the names that an index is asked for: not those of packages in the project."""
    local = {asked.name for asked in project.asked if asked.path or asked.build_from}
    return [asked.name for asked in project.asked if asked.name not in local]


def _holds(asked: Asked, environment: Environment, release: str) -> bool:
    values = tuple(marker_environment(environment, release=release).items())
    return not asked.marker or marker_holds(asked.marker, values, "")


def _refuse(path: str) -> str:
    if path.startswith(("/", "../")) or path == "..":
        return f"{path} is outside of the project's folder, which is all a build can see"
    if _PLAIN.fullmatch(path) is None:
        return f"{path!r} has characters in it that a Dockerfile gives a meaning of its own"
    return ""
