"""Requirements that are folders or files of the project itself: what they ask for in turn."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.utils import canonicalize_name

from scaffold.index.project_files import find_project_file, identify
from scaffold.model.errors import Detail, LeanscaffoldError, UsageError
from scaffold.model.project import PROJECT_FILES, Asked, Origin, ProjectFile
from scaffold.project.checkout import GET_SUBMODULES, list_empty_submodules
from scaffold.project.pyproject import read_pyproject
from scaffold.project.pyproject_file import Pyproject, load_pyproject
from scaffold.project.requirement_parser import Reading, both, local_path, unique
from scaffold.project.requirements import read_requirements
from scaffold.project.setup_files import read_setup
from scaffold.project.text_io import relative
from scaffold.project.workspace import HIGHEST, find_workspace

_OF_WINDOWS = re.compile(r"/[A-Za-z]:/")  # a path with its drive, as a file: URL has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """``root`` is what the build sees, ``package`` names the member in it, empty for the root."""

    root: Path
    package: str = ""


def locate(path: Path) -> Location:
    """Return where the build of a folder starts: above it, if it needs what lies beside it.

    A member of a uv workspace starts at the workspace's root, a project with dependencies by path
    (``../libs/common``) at the folder that holds them all.
    """
    if not path.is_dir():
        return Location(root=path)
    folder = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as the build sees them
    try:
        root = find_workspace(folder) or _common_root(folder)
    except LeanscaffoldError:
        return Location(root=path)  # whoever reads the project tells what is wrong with it
    if root is None or root == folder:
        return Location(root=path)
    # Short where the user's own path was: the root is shown in messages.
    above = os.path.relpath(root, folder)
    name, _ = project_name(load_pyproject(folder)) or (folder.name, None)
    shown = path / above if not path.is_absolute() else root
    return Location(root=Path(os.path.normpath(shown)), package=name)


def _common_root(folder: Path) -> Path | None:
    """Return the folder that holds a project and all that it needs by path, None where it does."""
    reached, waiting = {folder}, [folder]
    while waiting:
        for path in _paths_of(waiting.pop()):
            if path.is_dir() and path not in reached:
                reached.add(path)
                waiting.append(path)
    root = Path(os.path.commonpath(reached))
    steps = len(folder.relative_to(root).parts)
    return root if 0 < steps <= HIGHEST and root != Path(root.anchor) else None


def _paths_of(folder: Path) -> Iterator[Path]:
    pyproject = load_pyproject(folder)
    asked = [*read_pyproject(pyproject).asked] if pyproject is not None else []
    if (folder / "requirements.txt").is_file():
        asked += read_requirements(folder, ["requirements.txt"]).asked
    for one in asked:
        if one.path:
            yield Path(os.path.normpath(folder / one.path))


def follow(root: Path, reading: Reading, *, context: Path | None = None) -> Reading:
    """Return a reading with the dependencies of its local projects, each with its own origin.

    The project itself (``.``) is dropped, its dependencies stay: the application is copied anyway.
    A path that is not there, is no project, or lies outside of ``context``, which is what the build
    sees (the folder itself unless given), is a problem.
    """
    seen = {("pyproject.toml", "")} if "pyproject.toml" in reading.files else set()
    walk = _Walk(root=root, context=context or root, locked=reading.lock is not None, seen=seen)
    walk.take(reading.asked, marker="")
    linked = list_linked(root, reading.index.find_links)
    return replace(
        reading,
        asked=tuple(dict.fromkeys(walk.asked)),
        files=unique((*reading.files, *walk.files)),
        notes=unique((*reading.notes, *walk.notes)),
        problems=(*reading.problems, *walk.problems),
        distributions=tuple(dict.fromkeys((*walk.distributions, *linked))),
    )


def project_name(pyproject: Pyproject | None) -> tuple[str, Origin] | None:
    """Return the name that a pyproject.toml gives its project, as it stands there."""
    if pyproject is not None:
        for keys in (("project",), ("tool", "poetry")):
            name = pyproject.table(*keys).get("name")
            if name:
                return str(name), pyproject.origin(*keys, "name")
    return None


def list_linked(root: Path, links: Sequence[str]) -> Iterator[ProjectFile]:
    """Yield the wheels and sdists in the folders of ``--find-links`` that lie in the project."""
    for link in links:
        path = local_path(link) if link.lower().startswith("file:") else link
        place = relative(root, root / path)
        if "://" in path or place.split("/", maxsplit=1)[0] == ".." or not (root / place).exists():
            continue
        here = [root / place] if (root / place).is_file() else sorted((root / place).iterdir())
        for file in here:
            found = find_project_file(root, relative(root, file)) if file.is_file() else None
            if found is not None:
                yield found


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The state of one pass: it goes from local project to local project and gathers."""

    root: Path
    context: Path
    locked: bool
    seen: set[tuple[str, str]]
    asked: list[Asked] = field(default_factory=list)
    problems: list[Detail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    distributions: list[ProjectFile] = field(default_factory=list)

    def take(self, asked: Sequence[Asked], *, marker: str) -> None:
        for one in asked:
            item = replace(one, marker=both(marker, one.marker)) if marker else one
            if not item.path:
                self.asked.append(item)
                continue
            wrong = self._wrong(item.path)
            if wrong:
                self.problems.append(item.origin.problem(wrong))
            elif (self.root / item.path).is_file():
                self._file(item)
            else:
                self._folder(item)

    def _wrong(self, path: str) -> str:
        outside = relative(self.context, self.root / path).split("/", maxsplit=1)[0] == ".."
        if outside and not (self.root / path).exists():
            whole = os.path.normpath(self.root / path)
            return (
                f"{whole.lstrip('/') if _OF_WINDOWS.match(whole) else whole} does not exist here, "
                "as where `pip freeze` named a folder of another computer: write the name with its "
                "version, as `pip list --format=freeze` prints it"
            )
        if outside or Path(path).is_absolute():
            return (
                f"{path} lies outside the project's folder, which is all that the build sees:"
                " move it inside, or run on the folder above"
            )
        place = self.root / path
        if path.removeprefix("./") in list_empty_submodules(self.root):
            return f"{path} is a submodule that was not checked out: {GET_SUBMODULES}"
        if not place.exists():
            return f"{path} does not exist"
        if place.is_dir() and not any(
            (place / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg")
        ):
            return f"{path} is not a Python project: it has neither pyproject.toml nor setup.py"
        return ""

    def _file(self, item: Asked) -> None:
        """Take exactly this file: its version and hash stand for it, and no index is asked."""
        found = find_project_file(self.root, item.path)
        known = identify(found.file.filename) if found else None
        if found is not None and known is not None and item.name in {"", found.name}:
            self.distributions.append(found)
            pinned = replace(
                item,
                name=found.name,
                path="",
                specifier=f"=={known[1]}",
                index=PROJECT_FILES,
                hashes=(f"sha256:{found.file.sha256}",),
            )
            self.asked.append(pinned)
            return
        text = f"{item.path} is not a wheel or sdist of {item.name}: its name says another"
        if not found:
            text = f"{item.path} is neither a wheel nor an sdist: its name does not say what it is"
        self.problems.append(item.origin.problem(text))

    def _folder(self, item: Asked) -> None:
        file = "pyproject.toml" if item.path == "." else f"{item.path}/pyproject.toml"
        pyproject = load_pyproject(self.root, file)
        if item.path != ".":
            named = project_name(pyproject)
            name = canonicalize_name(named[0] if named else Path(item.path).name)
            self.asked.append(item if item.name else replace(item, name=name))
        if pyproject is None or not pyproject.data.keys() & {"project", "tool"}:
            self._old(item)
            return
        for extra in (*item.extras, ""):
            if (file, extra) not in self.seen:
                self.seen.add((file, extra))
                self._dependencies(pyproject, item, [extra] if extra else [])

    def _old(self, item: Asked) -> None:
        """Take what setup.cfg and setup.py ask for; a lock has all of it already."""
        if self.locked:
            return
        for extra in (*item.extras, ""):
            if (item.path, extra) not in self.seen:
                self.seen.add((item.path, extra))
                reading = read_setup(self.root, item.path, extras=[extra] if extra else [])
                self.files += reading.files
                self.problems += reading.problems
                self.take(reading.asked, marker=item.marker)

    def _dependencies(self, pyproject: Pyproject, item: Asked, extras: Sequence[str]) -> None:
        try:
            reading = read_pyproject(pyproject, extras=extras)
        except UsageError as error:
            self.problems.append(item.origin.problem(f"{error.cause}; {error.hint}"))
            return
        self.files += reading.files
        self.problems += reading.problems
        self.take(reading.asked, marker=item.marker)
