"""Write a new project: whole or not at all, and never over what the user has."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from scaffold.init.project_templates import Answers, fill
from scaffold.init.questions import is_project_file
from scaffold.init.template_source import open_template
from scaffold.model.errors import Detail, FileConflictError, PathUnreadableError

_SHOWN = 8


def create_project(
    source: str,
    destination: Path,
    answers: Answers,
    *,
    trusted: bool = False,
    rename: Callable[[Path, Path], object] = os.replace,
) -> tuple[str, ...]:
    """Make a project of a template and return its files, relative to ``destination``, sorted.

    ``source`` is as in ``open_template``, ``answers`` by the names of its ``questions``; without an
    answer the default holds. Our templates take the folder's name for the project's. Hooks and
    extensions of other people's templates run only where ``trusted``. Raises what
    ``check_destination``, ``open_template`` and ``questions`` raise.
    """
    check_destination(destination)
    with open_template(source) as template:
        if template.own:
            answers = {"name": _folder_name(destination), **answers}
        with _beside(destination) as drafts:
            made = fill(template, answers, drafts, trusted=trusted)
            _drop_leftovers(made)
            return _move(made, destination, drafts / "replaced", rename, force=False)


def place_project(
    made: Path,
    destination: Path,
    *,
    force: bool = False,
    rename: Callable[[Path, Path], object] = os.replace,
) -> tuple[str, ...]:
    """Copy a project into a folder, whole or not at all; return the files it has there, sorted.

    What a folder without a project holds, such as a README, stays, and the project's file of that
    name is left out. In a folder with other files FileConflictError is raised and nothing written.
    ``force`` lays the project over all of them, replacing those of the same name. Raises
    PathUnreadableError too.
    """
    if not force:
        check_destination(destination)
    with _beside(destination) as drafts:
        copy = shutil.copytree(made, drafts / "project", symlinks=True)
        return _move(copy, destination, drafts / "replaced", rename, force=force)


def check_destination(destination: Path) -> None:
    """Raise FileConflictError where a project would lie among somebody's files."""
    if not os.path.lexists(destination):
        return
    if not destination.is_dir():
        raise FileConflictError(f"{destination} is a file", hint="name a folder")
    found = sorted(entry.name for entry in destination.iterdir() if is_project_file(entry.name))
    if found:
        rest = [Detail(text=f"and {len(found) - _SHOWN} more")] if len(found) > _SHOWN else []
        raise FileConflictError(
            f"{destination} is not empty; nothing was written",
            details=[*(Detail(text=name) for name in found[:_SHOWN]), *rest],
            hint="name a new folder, or lay the project over these files with --force",
        )


def _folder_name(destination: Path) -> str:
    """Return a project's name made of its folder's."""
    kept = (c if c.isascii() and c.isalnum() else "-" for c in destination.resolve().name.lower())
    return "-".join(filter(None, "".join(kept).split("-"))) or "app"


@contextmanager
def _beside(destination: Path) -> Iterator[Path]:
    """Give a folder on the same file system as the goal, so that renaming is enough."""
    parent = destination if destination.is_dir() else destination.absolute().parent
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        drafts = Path(tempfile.mkdtemp(prefix=".leanscaffold-", dir=parent))
    except OSError as error:
        raise PathUnreadableError(
            f"cannot write to {parent}: {error.strerror or error}", hint="check its permissions"
        ) from error
    try:
        yield drafts
    except BaseException as error:
        shutil.rmtree(drafts, ignore_errors=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise PathUnreadableError(
                f"cannot write {destination}: {error.strerror or error}",
                hint="nothing was changed; check the folder's permissions and the space left",
            ) from error
        raise
    shutil.rmtree(drafts, ignore_errors=True)


def _drop_leftovers(folder: Path) -> None:
    """Remove what a hook may have compiled."""
    for cache in [path for path in folder.rglob("__pycache__") if path.is_dir()]:
        shutil.rmtree(cache)


def _move(
    made: Path,
    destination: Path,
    replaced: Path,
    rename: Callable[[Path, Path], object],
    *,
    force: bool,
) -> tuple[str, ...]:
    """Move a whole project to its place, from a folder on the same file system."""
    names = sorted(path.relative_to(made).as_posix() for path in _walk(made))
    if not destination.is_dir():
        rename(made, destination)
        return tuple(names)
    files = tuple(name for name in names if force or not os.path.lexists(destination / name))
    _move_in(made, destination, files, replaced, rename)
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        links = (name for name in folders if (Path(root) / name).is_symlink())
        yield from (Path(root) / name for name in (*names, *links))


def _move_in(
    made: Path,
    destination: Path,
    files: Sequence[str],
    replaced: Path,
    rename: Callable[[Path, Path], object],
) -> None:
    """Move files into a folder one by one; on any failure, all of it is undone."""
    folders: list[Path] = []
    moved: list[tuple[Path, Path | None]] = []
    try:
        for number, name in enumerate(files):
            goal = destination / name
            for folder in reversed(goal.relative_to(destination).parents[:-1]):
                if not (destination / folder).exists():
                    (destination / folder).mkdir()
                    folders.append(destination / folder)
            kept = _set_aside(goal, replaced / str(number), rename)
            moved.append((goal, kept))
            rename(made / name, goal)
    except BaseException:
        for goal, kept in reversed(moved):
            with suppress(OSError):
                goal.unlink(missing_ok=True)
                if kept is not None:
                    kept.replace(goal)
        for folder in reversed(folders):
            with suppress(OSError):
                folder.rmdir()
        raise


def _set_aside(goal: Path, kept: Path, rename: Callable[[Path, Path], object]) -> Path | None:
    if not os.path.lexists(goal):
        return None
    if goal.is_dir() and not goal.is_symlink():
        raise FileConflictError(f"{goal} is a folder", hint="move it away: a file goes there")
    kept.parent.mkdir(exist_ok=True)
    rename(goal, kept)
    return kept
