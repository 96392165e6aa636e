"""The keep-list that ``leanscaffold trace`` left in a project."""

from pathlib import Path

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.trace import Trace
from scaffold.project.dockerignore import TRACE
from scaffold.state.trace_file import parse_trace


def read_trace(root: Path) -> Trace | None:
    """Return the keep-list of a project, None where it has none. Raises ConfigInvalidError."""
    path = root / TRACE
    if not path.exists():
        return None
    try:
        return parse_trace(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigInvalidError(
            f"{TRACE} cannot be used: {error}",
            hint="make it anew (leanscaffold trace), or delete it",
        ) from error
