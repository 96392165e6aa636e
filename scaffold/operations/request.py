"""What is asked for: options over variables, pyproject.toml and the record."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaffold.config.option_sources import (
    Given,
    overlay,
    read_environment,
    read_flags,
    read_recorded,
    remark_recorded,
    request_of,
)
from scaffold.config.request import parse_argv
from scaffold.model.errors import Detail, FileConflictError, UsageError
from scaffold.model.options import SETTINGS, Request
from scaffold.model.resolution import Reason
from scaffold.operations.services import Services
from scaffold.project.path_projects import locate
from scaffold.project.workspace import find_member
from scaffold.state.record import Record, package_of


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
    """Return what an earlier run recorded and still holds; see ``parse_argv``."""
    return read_recorded(parse_argv(record.lasting if record else ()))


def combine_options(given: Mapping[str, Given], record: Record | None) -> Request:
    """Return the request of what is given, with recorded options for all it does not name.

    A device named now replaces the recorded targets as well.
    """
    return request_of(overlay(given.values(), given_in(record)))


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
