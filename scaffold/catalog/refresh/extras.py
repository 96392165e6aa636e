"""What only those install who make knowledge anew."""

from collections.abc import Callable
from importlib.util import find_spec

from scaffold.model.errors import UsageError


def require(module: str, why: str, find: Callable[[str], object] = find_spec) -> None:
    """Raise UsageError for a module that is not installed; ``why`` is a sentence without end."""
    if find(module) is None:
        raise UsageError(
            f"{why}, which is not installed", hint="pip install 'leanscaffold[knowledge]'"
        )
