"""What a command is asked for: its options over variables, pyproject.toml and the record."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from scaffold.cli.options import GIVEN
from scaffold.cli.services import Services
from scaffold.config.option_sources import (
    Given,
    overlay,
    read_environment,
    read_flags,
    read_recorded,
    remark_recorded,
    request_of,
)
from scaffold.model.errors import (
    ConfigInvalidError,
    Detail,
    FileConflictError,
    PathUnreadableError,
    UsageError,
)
from scaffold.model.options import SETTINGS, Request
from scaffold.model.resolution import Reason
from scaffold.project.path_projects import locate
from scaffold.project.workspace import find_member
from scaffold.state.record import Record, package_of

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
    """Give a command what is asked of each setting, by its name, each with who says so.

    The environment and the project's pyproject.toml count as asked.
    """

    @wraps(command)
    def run(outside: Services, /, *args: P.args, **values: P.kwargs) -> R:
        return command(outside, take_given(outside, values), *args, **values)

    return run


def take_request(outside: Services, values: dict[str, Any]) -> tuple[Request, tuple[Reason, ...]]:
    """Take the request out of a command's values: see ``with_request``."""
    anew = values.pop("anew")
    given = take_given(outside, values)
    root = _folder_of(values["path"])
    record = None if anew else outside.files.read_record(root)
    named = given.get("package")
    if record and named and not is_of_member(record, root, str(named.raw)):
        record = None  # what holds for one member of a workspace says nothing about another
    held = overlay(given.values(), given_in(record))
    return request_of(held), remark_recorded(held)


def take_given(outside: Services, values: dict[str, Any]) -> dict[str, Given]:
    """Take the options of a request out of a command's values, over what else names them."""
    path = values.get("path")
    if isinstance(path, Path) and not values.get("package"):
        place = locate(path)
        values["path"], values["package"] = place.root, place.package or None
    asked = {setting.parameter: values.pop(setting.parameter, None) for setting in SETTINGS}
    flags = read_flags(asked)
    table = outside.projects.read_settings(_folder_of(path)) if path else ()
    return overlay(flags, read_environment(outside.host.environment()), table)


def _folder_of(path: Path) -> Path:
    """Return the project's folder, where a command may get a file in it as well."""
    return path.parent if path.is_file() else path


def given_in(record: Record | None) -> tuple[Given, ...]:
    """Return what an earlier run recorded and still holds; see ``read_options``."""
    return read_recorded(read_options(record.lasting if record else ()))


def combine_options(given: Mapping[str, Given], record: Record | None) -> Request:
    """Return the request of what is given, with recorded options for all it does not name.

    A device named now replaces the recorded targets as well.
    """
    return request_of(overlay(given.values(), given_in(record)))


def read_options(argv: Sequence[str]) -> dict[str, Any]:
    """Return the options of a request that a command line holds, as click has them.

    Raises ConfigInvalidError for what is no such option.
    """
    recorded = click.Command("recorded", params=[*GIVEN])
    try:
        return dict(recorded.make_context("leanscaffold.json", list(argv)).params)
    except click.ClickException as error:
        raise ConfigInvalidError(
            f"leanscaffold.json holds options that cannot be used: {error.format_message()}",
            hint="write it again: leanscaffold generate --force",
        ) from error


def require_folder(path: Path) -> None:
    """Raise PathUnreadableError where a command that reads little would not notice a wrong name."""
    if not path.is_dir():
        raise PathUnreadableError(f"{path} is not a folder", hint="name the folder of a project")


def is_of_member(record: Record, root: Path, package: str) -> bool:
    """Tell whether a run was for this member of a workspace; an empty name is its root."""
    there = package_of(record.options)
    if there == package:
        return True
    try:
        return bool(there and package) and find_member(root, there) == find_member(root, package)
    except UsageError:
        return False


def refuse_other_member(record: Record | None, path: Path, package: str) -> None:
    """Raise FileConflictError where the files that are there build another member."""
    if record and not is_of_member(record, path, package):
        raise FileConflictError(
            f"the generated files in {path} are of {record.project}; nothing was written",
            details=[Detail(file=name, text=f"builds {record.project}") for name in record.files],
            hint=f"--force makes them those of {package or 'the root'}; to have both, "
            "generate each in a checkout of its own (git worktree add)",
        )
