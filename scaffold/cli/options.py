"""The options of commands as click has them, and commands that show them below headings."""

import importlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from scaffold.model.options import BY_NAME, SETTINGS, Setting
from scaffold.operations.services import real_services

T = TypeVar("T")
_LAST = "Output"


class Option(click.Option):
    """An option below a heading of ``--help``; ``-h`` leaves out what is not ``frequent``."""

    def __init__(
        self, *args: Any, section: str = _LAST, frequent: bool = True, **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self.section = section
        self.frequent = frequent


class Command(click.Command):
    """A command that groups its options below headings, where they have several."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one block of options per heading."""
        self.write_options(ctx, formatter, short=False)

    def write_options(
        self, ctx: click.Context, formatter: click.HelpFormatter, *, short: bool
    ) -> None:
        """Write all options, or those that are asked for most."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record and (not short or getattr(param, "frequent", True)):
                sections.setdefault(getattr(param, "section", _LAST), []).append(record)
        for heading in sorted(sections, key=_LAST.__eq__):
            with formatter.section(heading if len(sections) > 1 else "Options"):
                formatter.write_dl(sections[heading])


def _show_short_help(ctx: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's
    if asked and not ctx.resilient_parsing:
        assert isinstance(ctx.command, Command)  # noqa: S101 - no other has the option
        formatter = ctx.make_formatter()
        ctx.command.format_usage(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(ctx.command.get_short_help_str(100))
        ctx.command.write_options(ctx, formatter, short=True)
        formatter.write_paragraph()
        formatter.write_text(f"`{ctx.command_path} --help` says more, with all options.")
        click.echo(formatter.getvalue(), nl=False)
        ctx.exit()


def completing(kind: str | tuple[str, ...]) -> Callable[..., Any] | None:
    """Return what offers one of a few words, or of a kind, to a shell; None for nothing."""

    def complete(_: click.Context, __: click.Parameter, typed: str) -> Any:
        return importlib.import_module("scaffold.cli.completion").complete(kind, typed)

    return complete if kind else None


def option(*names: str, **settings: Any) -> Option:
    """Return an option with a value."""
    return Option(names, **settings)


def flag(*names: str, help: str, **settings: Any) -> Option:  # noqa: A002 - click's word
    """Return a switch that is off unless given."""
    return Option(names, is_flag=True, help=help, **settings)


def command(
    name: str, summary: str, text: str, *params: click.Parameter, module: str = ""
) -> Command:
    """Return a command; the function of its name in its module of ``scaffold.cli`` does the work.

    It gets the services, and the values by their names. That module is imported when it runs.
    """

    def run(**values: Any) -> Any:
        outside = click.get_current_context().obj
        if outside is None:
            outside = real_services()
        work = importlib.import_module(f"scaffold.cli.{module or name}")
        return getattr(work, name)(outside, **values)

    long = GIVEN[0] in params
    return Command(
        name,
        callback=run,
        help=text,
        short_help=summary,
        params=[*params, *((SHORT,) if long else ())],
    )


def _setting(setting: Setting, **other: Any) -> Option:
    """Return click's option of a setting. What is not asked is None, or an empty tuple."""
    names = (setting.flag, setting.short) if setting.short else (setting.flag,)
    shared: dict[str, Any] = {
        "section": setting.section,
        "frequent": setting.frequent,
        "help": setting.help,
        **other,
    }
    if setting.kind == "switch":
        return option(*names, is_flag=True, **{"default": None, **shared})
    return option(
        *names,
        multiple=setting.repeatable,
        shell_complete=completing(setting.choices or setting.completes),
        metavar=setting.metavar or "|".join(setting.choices),
        **shared,
    )


# Each fills the field of BuildOptions, or below of VerifyOptions, that has its name or ``field``.
_BUILD: dict[str, dict[str, Any]] = {
    "--tag": {"metavar": "NAME", "help": "Name of the image.  [default: the project's name]"},
    "--push": {
        "is_flag": True,
        "help": "Push to the registry in --tag; the engine's own builder keeps the image as well.",
    },
    "--builder": {
        "frequent": False,
        "metavar": "NAME",
        "help": "Builder to use instead of buildx's current one.",
    },
    "--cache-from": {
        "frequent": False,
        "multiple": True,
        "metavar": "SOURCE",
        "help": "Cache source, in buildx's syntax; {arch} stands for the target; repeatable.",
    },
    "--cache-to": {
        "frequent": False,
        "multiple": True,
        "metavar": "GOAL",
        "help": "Cache destination, in buildx's syntax; {arch} stands for the target; repeatable.",
    },
    "--attest": {
        "frequent": False,
        "is_flag": True,
        "help": "Attach provenance and an SBOM to the image; needs --push or --to.",
    },
    "--no-cache": {"field": "fresh", "is_flag": True, "help": "Do not use the build cache."},
}

_VERIFY: dict[str, dict[str, Any]] = {
    "--image": {"metavar": "REF", "help": "Verify this existing image instead of building."},
    "--on": {
        "field": "engine",
        "metavar": "ENGINE",
        "help": "Run on this engine: ssh://user@device[:port], or a docker context.",
    },
    "--network": {"is_flag": True, "help": "Run the app with a network; by default it has none."},
    "--env": {
        "field": "environment",
        "multiple": True,
        "metavar": "NAME=VALUE",
        "help": "Environment variable for the app; repeatable.",
    },
    "--writable": {
        "frequent": False,
        "multiple": True,
        "metavar": "FOLDER",
        "help": "Folder that will be a volume; /tmp and the home are always writable; repeatable.",
    },
    "--timeout": {
        "frequent": False,
        "type": click.FloatRange(min=0, min_open=True),
        "metavar": "SECONDS",
        "help": "Time limit for a start.  [default: 60; 10 for a command]",
    },
    "--runs": {
        "frequent": False,
        "type": click.IntRange(1, 100),
        "metavar": "N",
        "help": "Number of starts to measure; the median counts.  [default: 3; 1 under emulation]",
    },
    "--quick": {"is_flag": True, "help": "Skip rebuilds and the second run."},
    "--keep": {"is_flag": True, "help": "Do not remove the built image."},
}


def verify_params(section: str, *only: str) -> tuple[Option, ...]:
    """Return all or some options of a proof; see ``read_proof_wishes``."""
    return tuple(
        _filling(name, section, **settings)
        for name, settings in _VERIFY.items()
        if not only or name in only
    )


def _filling(name: str, section: str, *, field: str = "", **settings: Any) -> Option:
    return option(name, *([field] if field else []), section=section, **settings)


def take_options(kind: type[T], values: dict[str, Any]) -> T:
    """Take the fields of a dataclass out of a command's values; what is not asked is its own."""
    taken = {one.name: values.pop(one.name, None) for one in fields(cast("Any", kind))}
    return kind(**{name: value for name, value in taken.items() if value is not None})


SHORT = option(
    "-h",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_short_help,
    help="Show the most used options and exit.",
)
GIVEN = tuple(map(_setting, SETTINGS))
REQUEST = (*GIVEN, flag("--anew", help="Ignore the options in leanscaffold.json."))
BUILD = tuple(_filling(name, "Build", **settings) for name, settings in _BUILD.items())
# What cannot be read is told by those who read it, with the exit code for that.
PATH = click.Argument(["path"], type=click.Path(path_type=Path, readable=False), default=Path())
JSON = flag("--json", "as_json", help="Print JSON on stdout.")
QUIET = flag("--quiet", "-q", help="Print only errors to stderr.")
VERBOSE = flag("--verbose", "-v", help="Show every base and every Python.")
FORCE = flag("--force", help="Overwrite files that you wrote or edited.")
REMAKE = flag("--force", help="Generate again, overwriting files that you wrote or edited.")
# Of commands that read no project: there are no recorded options to fill what is not asked.
KNOWLEDGE = _setting(BY_NAME["knowledge"], section=_LAST)
OFFLINE = _setting(BY_NAME["offline"], section=_LAST, default=False)
