"""Monorepos: the folder that a build has to see, and the member of it that is the application."""

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail, RequirementsInvalidError, UsageError
from scaffold.model.project import Project
from scaffold.project.pyproject_file import Pyproject, load_pyproject
from scaffold.project.text_io import relative, suggestion

_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
HIGHEST = 6  # folders above a member
_DEEPEST = 3  # folders below the root in which members are looked for
_SKIPPED = {"node_modules", "site-packages", "__pycache__", "tests", "docs", "examples"}


def find_workspace(folder: Path) -> Path | None:
    """Return the root of the uv workspace that a folder is a member of, None for no member."""
    for above in list(folder.parents)[:HIGHEST]:
        pyproject = load_pyproject(above)
        if pyproject is not None and folder in workspace_members(pyproject):
            return above
    return None


def workspace_members(pyproject: Pyproject) -> tuple[Path, ...]:
    """Return the folders of a uv workspace's members, the root aside."""
    table = ("tool", "uv", "workspace")
    left_out = {
        folder
        for pattern in pyproject.listed(*table, "exclude")
        for folder in pyproject.folder.glob(str(pattern))
    }
    return tuple(
        dict.fromkeys(
            folder
            for pattern in pyproject.listed(*table, "members")
            for folder in sorted(pyproject.folder.glob(str(pattern)))
            if folder not in left_out and (folder / "pyproject.toml").is_file()
        )
    )


def find_member(root: Path, package: str) -> str:
    """Return the folder of a member by name or path, from the root. Raises UsageError."""
    if (root / package).is_dir() and package not in {"", ".", ".."}:
        inside = relative(root, root / package)
        if not inside.startswith("..") and any(_projects_in(root / package, depth=0)):
            return inside
    known = {_name_of(folder) or folder.name: folder for folder in _projects_in(root)}
    wanted = {canonicalize_name(name): folder for name, folder in known.items()}
    found = wanted.get(canonicalize_name(package))
    if found is None:
        raise UsageError(
            f"--package: no project below {root} is named {package!r}",
            hint=suggestion(package, known),
        )
    return relative(root, found)


def refuse_roots(root: Path) -> None:
    """Refuse a workspace's root that installs nothing. Raises RequirementsInvalidError."""
    pyproject = load_pyproject(root)
    members = workspace_members(pyproject) if pyproject is not None else ()
    if pyproject is None or not members or pyproject.table("project").get("dependencies"):
        return
    details = [
        Detail(text=f"--package {_name_of(member)}", file=relative(root, member))
        for member in members
    ]
    raise RequirementsInvalidError(
        f"{_name_of(root) or root.resolve().name} is a workspace of {len(members)} packages",
        details=details,
        hint="name the one that is the application, or run in its folder",
    )


def rebase(project: Project, folder: str) -> Project:
    """Return a member's project with what the build reads relative to the root of the build."""

    def from_root(path: str) -> str:
        return posixpath.normpath(posixpath.join(folder, path))

    # What lies beside the application is installed where the application's own modules are.
    beside = next((path for path in project.source_paths if path != "."), ".")
    return replace(
        project,
        folder=folder,
        packages=tuple(
            replace(
                one,
                path=from_root(one.path),
                reads=tuple(from_root(path) for path in one.reads),
                root=beside if one.root.startswith("../") else one.root,
            )
            for one in project.packages
        ),
        asked=tuple(
            replace(one, path=from_root(one.path)) if one.path else one for one in project.asked
        ),
        files=tuple(from_root(path) for path in project.files),
        environments=tuple(from_root(path) for path in project.environments),
        distributions=tuple(
            replace(one, path=from_root(one.path)) for one in project.distributions
        ),
    )


def _projects_in(root: Path, *, depth: int = _DEEPEST) -> Iterator[Path]:
    """Yield the folders, the root first, that hold a project."""
    if any((root / name).is_file() for name in _MARKS):
        yield root
    if depth == 0:
        return
    for folder in sorted(one for one in root.iterdir() if one.is_dir()):
        if not folder.name.startswith(".") and folder.name not in _SKIPPED:
            yield from _projects_in(folder, depth=depth - 1)


def _name_of(folder: Path) -> str:
    pyproject = load_pyproject(folder)
    if pyproject is None:
        return ""
    names = (pyproject.table(*keys).get("name") for keys in (("project",), ("tool", "poetry")))
    return next((str(name) for name in names if name), "")
