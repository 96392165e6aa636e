"""Lock files, one module per format; a lock's versions are what gets installed."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from packaging.pylock import is_valid_pylock_path

from scaffold.project.locks.pdm import read_pdm_lock
from scaffold.project.locks.pipfile import read_pipfile_lock
from scaffold.project.locks.poetry import read_poetry_lock
from scaffold.project.locks.pylock import read_pylock
from scaffold.project.locks.uv import read_uv_lock
from scaffold.project.requirement_parser import Reading

_BESIDE_PYPROJECT = {
    "uv.lock": read_uv_lock,
    "poetry.lock": read_poetry_lock,
    "pdm.lock": read_pdm_lock,
}


def is_lock(name: str) -> bool:
    """Tell whether a file is a lock that can be read, by its name."""
    file = PurePosixPath(name).name
    if not file.startswith("pylock."):
        return file in {*_BESIDE_PYPROJECT, "Pipfile.lock"}

    return is_valid_pylock_path(Path(file))


def needs_pyproject(name: str) -> bool:
    """Tell whether what is asked for stands in pyproject.toml, not in the lock."""
    return PurePosixPath(name).name in _BESIDE_PYPROJECT


def read_lock(
    root: Path, name: str, *, extras: Sequence[str] = (), groups: Sequence[str] = ()
) -> Reading:
    """Return a lock: its packages and, where the lock itself has them, what is asked for.

    Extras and groups only matter for the latter. Raises RequirementsInvalidError with file and
    line for a lock that is cut off or broken.
    """
    file = PurePosixPath(name).name
    if file in _BESIDE_PYPROJECT:
        return _BESIDE_PYPROJECT[file](root, name)
    if file == "Pipfile.lock":
        return read_pipfile_lock(root, name, groups=groups)
    return read_pylock(root, name, extras=extras, groups=groups)
