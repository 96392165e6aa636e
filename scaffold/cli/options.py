"""The options that ``plan`` and ``generate`` share, declared once."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from scaffold.choices import BYTECODE, COMPILE, OBJECTIVES
from scaffold.errors import ConfigInvalidError

if TYPE_CHECKING:
    from scaffold.config import Request

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


def _text(section: str, *names: str, metavar: str, help: str, **settings: Any) -> Callable[[F], F]:  # noqa: A002 - click's word
    return click.option(
        *names, cls=SectionedOption, section=section, metavar=metavar, help=help, **settings
    )


def _switch(section: str, name: str, *, help: str) -> Callable[[F], F]:  # noqa: A002 - click's word
    return click.option(name, cls=SectionedOption, section=section, is_flag=True, help=help)


_TARGET, _PROJECT, _CHOICE, _APP, _INDEX = (
    "Target",
    "Project",
    "Choice",
    "Application",
    "Index and knowledge",
)

_REQUEST_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _text(
        _TARGET,
        "--target",
        multiple=True,
        metavar="ARCH",
        help="amd64, arm64, arm/v7, arm/v6, 386, ppc64le, s390x or riscv64, in any spelling; "
        "repeatable.",
    ),
    _text(
        _TARGET,
        "--device",
        metavar="NAME",
        help="A device's profile (see `leanscaffold devices`); the other options override it.",
    ),
    _text(_TARGET, "--max-size", metavar="SIZE", help="Most bytes on disk: 500MB, 1.5GiB."),
    _text(_TARGET, "--max-download", metavar="SIZE", help="Most bytes to pull."),
    _text(_TARGET, "--memory", metavar="SIZE", help="The device's memory."),
    _text(
        _PROJECT,
        "--requirement",
        "-r",
        multiple=True,
        metavar="FILE",
        help="Requirements file, relative to PATH; repeatable.",
    ),
    _text(_PROJECT, "--extra", multiple=True, metavar="NAME", help="Optional dependencies."),
    _text(_PROJECT, "--group", multiple=True, metavar="NAME", help="Dependency group."),
    _text(
        _PROJECT,
        "--swap",
        multiple=True,
        metavar="A=B",
        help="Install B where the project asks for A; repeatable.",
    ),
    _switch(_PROJECT, "--apply-swaps", help="Take every swap that keeps the behaviour."),
    _text(_CHOICE, "--python", metavar="MINOR", help="Python version, such as 3.12."),
    _text(_CHOICE, "--base", metavar="ID|FAMILY", help="Only this base image or family."),
    _text(
        _CHOICE,
        "--objective",
        metavar="|".join(OBJECTIVES),
        help="What to prefer.  [default: size]",
    ),
    _switch(_CHOICE, "--require-shell", help="Only base images with a shell."),
    _text(
        _CHOICE,
        "--allow-compile",
        metavar="|".join(COMPILE),
        help="How long a build may compile on the device's CPU.  [default: minutes]",
    ),
    _text(
        _CHOICE,
        "--bytecode",
        metavar="|".join(BYTECODE),
        help="Compiled bytecode: none, beside the sources, or instead of them where proven.  "
        "[default: only]",
    ),
    _text(_APP, "--cmd", metavar="COMMAND", help="How the application starts."),
    _text(_APP, "--port", metavar="PORT", help="The port it listens on."),
    _text(_APP, "--health", metavar="PATH", help="The path that answers while it is well."),
    _text(
        _INDEX, "--index-url", metavar="URL", help="Package index instead of the configured one."
    ),
    _text(_INDEX, "--extra-index-url", multiple=True, metavar="URL", help="One more index."),
    _text(
        _INDEX,
        "--ca",
        metavar="FILE",
        help="Certificates (PEM) that the index needs, and a build.",
    ),
    _text(
        _INDEX,
        "--registry",
        multiple=True,
        metavar="NAME=PREFIX",
        help="Where base images come from.",
    ),
    _text(
        _INDEX, "--knowledge", multiple=True, metavar="DIR", help="Your own facts, on top of ours."
    ),
    _switch(_INDEX, "--offline", help="Only the lock, the cache and the bundled knowledge."),
)

_REQUEST_NAMES = (
    *("target", "device", "max_size", "max_download", "memory", "requirement", "extra", "group"),
    *("swap", "apply_swaps", "python", "base", "objective", "require_shell", "allow_compile"),
    *("bytecode", "cmd", "port", "health", "index_url", "extra_index_url", "ca", "registry"),
    *("knowledge", "offline"),
)


def request_options(command: "Callable[Concatenate[Request, P], R]") -> Callable[P, R]:
    """Give a command all options of a request; it gets them parsed, as its first argument."""

    @wraps(command)
    def with_request(*args: P.args, **values: P.kwargs) -> R:
        from scaffold.config import parse_request  # noqa: PLC0415 - not for --help

        asked = {name: values.pop(name) for name in _REQUEST_NAMES}
        return command(parse_request(asked), *args, **values)

    for option in reversed(_REQUEST_OPTIONS):
        option(with_request)
    return with_request


def asked_options(command: "Callable[Concatenate[Mapping[str, Any], P], R]") -> Callable[P, R]:
    """Give a command all options of a request as its first argument, by name and not parsed.

    What was not asked for is None, False or empty.
    """

    @wraps(command)
    def with_asked(*args: P.args, **values: P.kwargs) -> R:
        return command({name: values.pop(name) for name in _REQUEST_NAMES}, *args, **values)

    for option in reversed(_REQUEST_OPTIONS):
        option(with_asked)
    return with_asked


def read_options(argv: Sequence[str]) -> dict[str, Any]:
    """Return the options of a request that a command line holds, as ``asked_options`` does.

    Raises ConfigInvalidError for what is no such option.
    """

    @click.command()
    def recorded(**_: object) -> None:
        """Parse only."""

    for option in reversed(_REQUEST_OPTIONS):
        option(recorded)
    try:
        return dict(recorded.make_context("leanscaffold.json", list(argv)).params)
    except click.ClickException as error:
        raise ConfigInvalidError(
            f"leanscaffold.json holds options that cannot be used: {error.format_message()}",
            hint="write it anew: leanscaffold generate --force",
        ) from error


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
