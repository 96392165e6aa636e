"""What a command is asked for: its options over variables, pyproject.toml and the record."""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from scaffold.config.option_sources import Given
from scaffold.model.errors import PathUnreadableError
from scaffold.model.options import Request
from scaffold.model.resolution import Reason
from scaffold.operations.request import take_given, take_request
from scaffold.operations.services import Services

P = ParamSpec("P")
R = TypeVar("R")


def with_request(
    command: Callable[Concatenate[Services, Request, tuple[Reason, ...], P], R],
) -> Callable[Concatenate[Services, P], R]:
    """Give a command the request of its options, and remarks on those that were recorded.

    What leanscaffold.json recorded fills what is still open, unless ``--anew`` is given.
    """

    @wraps(command)
    def run(outside: Services, /, *args: P.args, **values: P.kwargs) -> R:
        return command(outside, *take_request(outside, values), *args, **values)

    return run


def with_given(
    command: Callable[Concatenate[Services, Mapping[str, Given], P], R],
) -> Callable[Concatenate[Services, P], R]:
    """Give a command what is asked of each setting by flags, variables and pyproject.toml."""

    @wraps(command)
    def run(outside: Services, /, *args: P.args, **values: P.kwargs) -> R:
        return command(outside, take_given(outside, values), *args, **values)

    return run


def require_folder(path: Path) -> None:
    """Raise PathUnreadableError where a command that reads little would not notice a wrong name."""
    if not path.is_dir():
        raise PathUnreadableError(f"{path} is not a folder", hint="name the folder of a project")
