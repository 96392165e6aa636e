"""The options that ``plan`` and ``generate`` share, declared once."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from scaffold.cli.shell_completion import completing, completing_choices
from scaffold.config.option import Setting
from scaffold.config.options import SETTINGS
from scaffold.model.errors import ConfigInvalidError, PathUnreadableError

if TYPE_CHECKING:
    from scaffold.cli.services import Services
    from scaffold.config.option_sources import Given
    from scaffold.config.request import Request
    from scaffold.model.resolution import Reason
    from scaffold.state.record import Record

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


_LAST = "Output"


class SectionedOption(click.Option):
    """An option that ``--help`` shows below a heading."""

    def __init__(self, *args: Any, section: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose ``--help`` groups its options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one block of options per heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record:
                sections.setdefault(getattr(param, "section", _LAST), []).append(record)
        for heading in sorted(sections, key=_LAST.__eq__):
            with formatter.section(heading):
                formatter.write_dl(sections[heading])


def _declared(setting: Setting) -> Callable[[Any], Any]:
    """Return click's option of a setting. What is not asked is None, or an empty tuple."""
    names = (setting.flag, setting.short) if setting.short else (setting.flag,)
    if setting.kind == "switch":
        return click.option(
            *names,
            cls=SectionedOption,
            section=setting.section,
            is_flag=True,
            default=None,
            help=setting.help,
        )
    return click.option(
        *names,
        cls=SectionedOption,
        section=setting.section,
        multiple=setting.repeatable,
        shell_complete=completing_choices(setting.choices)
        if setting.choices
        else completing(setting.completes),
        metavar=setting.metavar or "|".join(setting.choices),
        help=setting.help,
    )


def _with_settings(command: F) -> F:
    for setting in reversed(SETTINGS):
        _declared(setting)(command)
    return command


def lasting_options(
    command: "Callable[Concatenate[Request, tuple[Reason, ...], P], R]",
) -> Callable[P, R]:
    """Give a command all options of a request, parsed, and remarks on those that were recorded.

    What leanscaffold.json recorded fills what is still open, unless ``--anew`` is given.
    """

    @wraps(command)
    def with_lasting(*args: P.args, **values: P.kwargs) -> R:
        outside: Services = click.get_current_context().obj
        request, remarks = take_request(outside, values)
        return command(request, remarks, *args, **values)

    anew = click.option(
        "--anew", is_flag=True, help="Do not go by what leanscaffold.json recorded."
    )
    return _with_settings(anew(with_lasting))


def given_options(
    command: "Callable[Concatenate[Mapping[str, Given], P], R]",
) -> Callable[P, R]:
    """Give a command what is asked of each setting, by its name, each with who says so.

    The environment and the project's pyproject.toml count as asked.
    """

    @wraps(command)
    def with_given(*args: P.args, **values: P.kwargs) -> R:
        return command(take_given(click.get_current_context().obj, values), *args, **values)

    return _with_settings(with_given)


def take_request(
    outside: "Services", values: dict[str, Any]
) -> "tuple[Request, tuple[Reason, ...]]":
    """Take the request out of a command's values: see ``lasting_options``."""
    from scaffold.cli.planning import is_of_member  # noqa: PLC0415
    from scaffold.config.option_sources import overlay, remark_recorded, request_of  # noqa: PLC0415

    anew = values.pop("anew")
    given = take_given(outside, values)
    root = _folder_of(values["path"])
    record = None if anew else outside.read_record(root)
    named = given.get("package")
    if record and named and not is_of_member(record, root, str(named.raw)):
        record = None  # what holds for one member of a workspace says nothing about another
    held = overlay(given.values(), given_in(record))
    return request_of(held), remark_recorded(held)


def take_given(outside: "Services", values: dict[str, Any]) -> "dict[str, Given]":
    """Take the options of a request out of a command's values, over what else names them."""
    from scaffold.config.option_sources import overlay, read_environment, read_flags  # noqa: PLC0415
    from scaffold.project.path_projects import locate  # noqa: PLC0415 - not for --help

    path = values.get("path")
    if isinstance(path, Path) and not values.get("package"):
        place = locate(path)
        values["path"], values["package"] = place.root, place.package or None
    asked = {setting.parameter: values.pop(setting.parameter, None) for setting in SETTINGS}
    flags = read_flags(asked)
    table = outside.read_settings(_folder_of(path)) if path else ()
    return overlay(flags, read_environment(outside.environment()), table)


def _folder_of(path: Path) -> Path:
    """Return the project's folder, where a command may get a file in it as well."""
    return path.parent if path.is_file() else path


def given_in(record: "Record | None") -> "tuple[Given, ...]":
    """Return what an earlier run recorded and still holds; see ``read_options``."""
    from scaffold.config.option_sources import read_recorded  # noqa: PLC0415 - not for --help

    return read_recorded(read_options(record.lasting if record else ()))


def read_options(argv: Sequence[str]) -> dict[str, Any]:
    """Return the options of a request that a command line holds, as click has them.

    Raises ConfigInvalidError for what is no such option.
    """

    @click.command()
    def recorded(**_: object) -> None:
        """Parse only."""

    _with_settings(recorded)
    try:
        return dict(recorded.make_context("leanscaffold.json", list(argv)).params)
    except click.ClickException as error:
        raise ConfigInvalidError(
            f"leanscaffold.json holds options that cannot be used: {error.format_message()}",
            hint="write it anew: leanscaffold generate --force",
        ) from error


def require_folder(path: Path) -> None:
    """Raise PathUnreadableError where a command that reads little would not notice a wrong name."""
    if not path.is_dir():
        raise PathUnreadableError(f"{path} is not a folder", hint="name the folder of a project")


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Say nothing on stderr but errors.")
verbose_option = click.option("--verbose", "-v", is_flag=True, help="Every base and every Python.")
# What cannot be read is told by those who read it, with the exit code for that.
path_argument = click.argument(
    "path", type=click.Path(path_type=Path, readable=False), default=Path()
)
knowledge_option = click.option(
    "--knowledge", multiple=True, metavar="DIR", help="Your own facts, on top of ours."
)
offline_option = click.option(
    "--offline", is_flag=True, help="Only the cache and the bundled knowledge."
)
