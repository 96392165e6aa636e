"""What a command is asked for: its options over variables, pyproject.toml and the record."""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from scaffold.config.option_sources import Given
from scaffold.model.errors import PathUnreadableError
from scaffold.model.options import Request
from scaffold.model.resolution import Reason
from scaffold.operations.request import take_given, take_request
from scaffold.operations.services import Services

P = ParamSpec("P")
R = TypeVar("R")


class RequestCall(NamedTuple):
    """What a command about a project is asked for, with remarks on the options of it."""

    outside: Services
    request: Request
    remarks: tuple[Reason, ...]
    path: Path


class GivenCall(NamedTuple):
    """What is asked of each setting by flags, variables and pyproject.toml, of a project."""

    outside: Services
    given: Mapping[str, Given]
    path: Path


def with_request(
    command: Callable[Concatenate[RequestCall, P], R],
) -> Callable[Concatenate[Services, P], R]:
    """Give a command the request of its options, and remarks on those that were recorded.

    What leanscaffold.json recorded fills what is still open, unless ``--anew`` is given.
    """

    @wraps(command)
    def run(outside: Services, /, *args: P.args, **values: P.kwargs) -> R:
        request, remarks = take_request(outside, values)
        path: Any = values.pop("path")
        return command(RequestCall(outside, request, remarks, path), *args, **values)

    return run


def with_given(
    command: Callable[Concatenate[GivenCall, P], R],
) -> Callable[Concatenate[Services, P], R]:
    """Give a command what is asked of each setting by flags, variables and pyproject.toml."""

    @wraps(command)
    def run(outside: Services, /, *args: P.args, **values: P.kwargs) -> R:
        given = take_given(outside, values)
        path: Any = values.pop("path")
        return command(GivenCall(outside, given, path), *args, **values)

    return run


def require_folder(path: Path) -> None:
    """Raise PathUnreadableError where a command that reads little would not notice a wrong name."""
    if not path.is_dir():
        raise PathUnreadableError(f"{path} is not a folder", hint="name the folder of a project")
