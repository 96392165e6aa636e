"""The command line: one short file per command, and the one place where errors are printed."""

import codecs
import gc
import importlib
import json
import os
import platform
import shutil
import sys
import textwrap
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click

from scaffold import __version__
from scaffold.cli.commands import COMMANDS, HEADINGS
from scaffold.model.errors import (
    EXIT_CODES,
    INTERNAL,
    INTERRUPTED,
    NOTHING_FITS,
    LeanscaffoldError,
    PathUnreadableError,
    UsageError,
    clean,
    did_you_mean,
)
from scaffold.model.options import PROGRAM
from scaffold.report.invocation import as_called, called_as

# What stands for signs that a terminal's encoding lacks.
_PLAIN = {"✓": "+", "✗": "x", "±": "+-", "·": "-", "•": "*", "…": "...", "→": "->"}
COMPLETING = "_LEANSCAFFOLD_COMPLETE"  # click's, set by the script that `completion` prints


class ReportingGroup(click.Group):
    """A group that prints every error and ends with its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; that nobody reads on (`| head`) is no failure, as click has it."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_stdout()
            return 0
        return result

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run a command line and exit; errors end up on stderr, with ``--json`` on stdout too."""
        argv = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        root = click.Context(self, info_name=extra.get("prog_name", self.name))
        try:
            code = super().main(argv, *rest, **extra)
        except LeanscaffoldError as error:
            code = _report(error, argv, root)
        except click.exceptions.NoArgsIsHelpError as error:
            _say(error.format_message())
            code = error.exit_code
        except click.ClickException as error:
            code = _report(_from_click(error, argv), argv, root)
        except (click.Abort, KeyboardInterrupt):
            _say("interrupted")
            code = INTERRUPTED
        except OSError as error:
            # Libraries derive errors of their own from it; only the system's have a number.
            code = (
                _report_crash(argv)
                if error.errno is None
                else _report(_from_system(error), argv, root)
            )
        except Exception:  # noqa: BLE001 - the boundary: whatever it is becomes a report
            code = _report_crash(argv)
        sys.exit(code if isinstance(code, int) else 0)


class Commands(ReportingGroup):
    """The group of all commands."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order in which people need them."""
        return [*COMMANDS]

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands below their headings."""
        for heading, group in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(str(one.name), one.get_short_help_str(100)) for one in group])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse what no command is called: click only knows those already imported."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise click.exceptions.NoSuchCommand(args[0], ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the exit codes below the commands."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in sorted(EXIT_CODES.items())])


def _report(error: LeanscaffoldError, argv: Sequence[str], root: click.Context) -> int:
    lines = [f"error[{error.code}]: {error.cause}"]
    lines += [f"  {detail}" for detail in error.details]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    if error.exit_code > NOTHING_FITS:  # the hints of others say all that is known
        lines.append(f"more: leanscaffold explain {error.code}")
    _say(_wrap(clean(as_called("\n".join(lines), root))))
    if "--json" in argv:
        details = [asdict(detail) for detail in error.details]
        body = {"code": error.code, "cause": error.cause, "hint": error.hint, "details": details}
        _print_json({"version": 1, "error": body})
    return error.exit_code


def _from_click(error: click.ClickException, argv: Sequence[str]) -> LeanscaffoldError:
    """Return click's own error in our words; its exit code stays 2."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    command = next((word for word in argv[:1] if word in COMMANDS), "")
    path = f"{PROGRAM} {command}".rstrip()
    if ctx:
        path = PROGRAM + ctx.command_path.removeprefix(ctx.find_root().info_name or "")
    hint = f"{path} --help"
    message = error.message.rstrip(".")
    near = ""
    if isinstance(error, click.exceptions.NoSuchOption) and ctx:
        options = [name for one in ctx.command.get_params(ctx) for name in one.opts]
        near = did_you_mean(error.option_name, (name for name in options if name[:2] == "--"))
    elif isinstance(error, click.exceptions.NoSuchCommand):
        near = did_you_mean(error.command_name, COMMANDS)
    elif isinstance(error, click.MissingParameter):
        name = error.param.make_metavar(ctx) if error.param and ctx else "parameter"
        kind = (
            f"option {error.param.opts[0]}" if isinstance(error.param, click.Option) else "argument"
        )
        message = f"missing {kind} {name}"
    elif isinstance(error, click.BadParameter) or not message:
        message = error.format_message().rstrip(".")
    hint = f"{near} See {hint}" if near else hint
    return UsageError(message[:1].lower() + message[1:], hint=hint)


def _from_system(error: OSError) -> LeanscaffoldError:
    """Return the error for a full disk, a file that vanished and the like, whoever met it."""
    what = f"cannot use {error.filename}" if error.filename else "cannot write the result"
    return PathUnreadableError(
        f"{what}: {error.strerror or error}", hint="check its permissions and the space left"
    )


def _report_crash(argv: Sequence[str]) -> int:
    """Print what somebody who has to find the mistake needs, ready to paste."""
    trace = traceback.format_exc()
    versions = (
        f"leanscaffold {__version__}, Python {platform.python_version()}, "
        f"click {importlib.import_module('importlib.metadata').version('click')}, "
        f"{platform.system()} {platform.machine()}"
    )
    hint = "please report it with everything above"
    _say(
        f"{trace}\n{versions}\narguments: {json.dumps(list(argv))}\n\n"
        f"error[internal]: this is a bug in leanscaffold, not in your project\nhint: {hint}"
    )
    if "--json" in argv:
        cause = trace.strip().splitlines()[-1]
        body = {"code": "internal", "cause": cause, "hint": hint, "details": []}
        _print_json({"version": 1, "error": body})
    return INTERNAL


def _wrap(text: str) -> str:
    """Return text with its lines broken between words, on a terminal; elsewhere as it is."""
    if not sys.stderr.isatty():
        return text
    width = shutil.get_terminal_size().columns
    broken = (
        textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [line]
        for line in text.split("\n")
    )
    return "\n".join(part for parts in broken for part in parts)


def _say(text: str) -> None:
    with suppress(OSError):  # nobody reads on, or the terminal is gone
        click.echo(text, err=True)


def _print_json(document: object) -> None:
    with suppress(BrokenPipeError):
        click.echo(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False))


def _drop_stdout() -> None:
    """Close what nobody reads, so that the interpreter's last flush stays quiet too."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    PROGRAM,
    cls=Commands,
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Build small container images of Python projects for small devices.

    Reads the project, chooses a base image that fits the device, predicts the image's size, and
    writes a Dockerfile.
    """


def main() -> None:
    """Run the command line of this process."""
    if COMPLETING in os.environ:
        importlib.import_module("scaffold.cli.completion").teach_shells()
    # Index pages make hundreds of thousands of values that all stay: looking for garbage among
    # them again and again takes a tenth of a plan.
    gc.set_threshold(100_000, 50, 50)
    codecs.register_error("plain", _spell_plainly)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:  # a terminal without Unicode gets plain signs, not a crash
            reconfigure(errors="plain")
    try:
        packages = Path(__file__).parents[2]
        cli.main(prog_name=called_as(sys.argv[0], os.environ, packages, which=shutil.which))
    except SystemExit as end:
        _leave(end.code)


def _spell_plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in lost), error.end


def _leave(code: object) -> NoReturn:
    """End the process now, even if threads still wait for an index that does not answer."""
    waiting = [thread for thread in threading.enumerate() if not thread.daemon]
    if len(waiting) > 1:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 0)
    sys.exit(code if isinstance(code, int) else 0)
