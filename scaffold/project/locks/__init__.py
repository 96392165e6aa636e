"""Lock files, one module per format; a lock's versions are what gets installed."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from scaffold.project.requirement_parser import Reading

_BESIDE_PYPROJECT = frozenset({"uv.lock", "poetry.lock", "pdm.lock"})


def is_lock(name: str) -> bool:
    """Tell whether a file is a lock that can be read, by its name."""
    file = PurePosixPath(name).name
    if not file.startswith("pylock."):
        return file in {*_BESIDE_PYPROJECT, "Pipfile.lock"}
    from packaging.pylock import is_valid_pylock_path  # noqa: PLC0415 - slow to import

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
    # Each format is imported when there is such a lock: most projects have one at most.
    match PurePosixPath(name).name:
        case "uv.lock":
            from scaffold.project.locks.uv import read_uv_lock  # noqa: PLC0415

            return read_uv_lock(root, name)
        case "poetry.lock":
            from scaffold.project.locks.poetry import read_poetry_lock  # noqa: PLC0415

            return read_poetry_lock(root, name)
        case "pdm.lock":
            from scaffold.project.locks.pdm import read_pdm_lock  # noqa: PLC0415

            return read_pdm_lock(root, name)
        case "Pipfile.lock":
            from scaffold.project.locks.pipfile import read_pipfile_lock  # noqa: PLC0415

            return read_pipfile_lock(root, name, groups=groups)
        case _:
            from scaffold.project.locks.pylock import read_pylock  # noqa: PLC0415

            return read_pylock(root, name, extras=extras, groups=groups)
