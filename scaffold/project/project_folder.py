"""The folder of a project as it is before anything in it is understood."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scaffold.model.errors import (
    PathUnreadableError,
    UsageError,
)
from scaffold.project.own_dockerfile import OwnInstalls, read_own_installs
from scaffold.project.project_files import OwnIgnore, list_files, read_own_ignore
from scaffold.project.pyproject_file import Pyproject, load_pyproject


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFolder:
    """The folder of a project: ``names`` lie at its top, ``listed`` go into the image, with sizes.

    ``context`` is what the build sees, ``own`` what the project's own Dockerfile installs.
    """

    root: Path
    context: Path
    names: frozenset[str]
    pyproject: Pyproject | None
    listed: tuple[tuple[str, int], ...]
    ignore: OwnIgnore
    own: OwnInstalls

    @property
    def paths(self) -> list[str]:
        """Return the files that go into the image."""
        return [path for path, _ in self.listed]

    @property
    def is_context(self) -> bool:
        """Tell whether the build sees this folder, and not one above."""
        return self.context == self.root


def open_folder(
    root: Path, context: Path | None, dockerfile: str, environ: Mapping[str, str]
) -> ProjectFolder:
    """Return what lies in a folder. Raises UsageError, ConfigInvalidError, PathUnreadableError."""
    root = Path(os.path.abspath(root))  # noqa: PTH100 (links stay as the build sees them)
    _refuse_home(root, environ.get("HOME", ""))
    names, pyproject = _names(root), load_pyproject(root)
    context = Path(os.path.abspath(context)) if context else root  # noqa: PTH100
    listed = list_files(root, context=context, dockerfile=dockerfile)
    ignore = read_own_ignore(context, dockerfile)
    own = read_own_installs(root, sorted({*(path for path, _ in listed), *names}))
    return ProjectFolder(
        root=root,
        context=context,
        names=names,
        pyproject=pyproject,
        listed=listed,
        ignore=ignore,
        own=own,
    )


def _refuse_home(root: Path, home: str) -> None:
    if os.path.realpath(root) in {root.anchor, os.path.realpath(home or root.anchor)}:
        raise UsageError(
            f"{root} is a home folder or a whole machine, not a project",
            hint="name the folder of the project",
        )


def _names(root: Path) -> frozenset[str]:
    """Return the names of files in the folder, and in ``requirements/``."""
    try:
        names = {path.name for path in root.iterdir() if not path.is_dir()}
        if (root / "requirements").is_dir():
            names |= {f"requirements/{path.name}" for path in (root / "requirements").iterdir()}
    except NotADirectoryError as error:
        raise PathUnreadableError(f"{root} is not a folder", hint="name the folder") from error
    except OSError as error:
        raise PathUnreadableError(
            f"cannot read the folder {error.filename or root}: {error.strerror}",
            hint="check the spelling and the permissions",
        ) from error
    return frozenset(names)
