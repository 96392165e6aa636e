"""What a start command is given, what its parser asks for, and where its server listens."""

import ast
import shlex
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from scaffold.assembler.syntax import walk
from scaffold.model.project import Found, Start
from scaffold.project.entrypoint.argv import name_missing
from scaffold.project.entrypoint.commands import find_commands
from scaffold.project.entrypoint.parser_options import default_command
from scaffold.project.source_modules import Module
from scaffold.project.syntax import (
    FUNCTIONS,
    argument,
    method_of,
)

_CLICK = ("click.option", "click.argument", "typer.Option", "typer.Argument")
# What a command that goes on running is usually called.
SERVES = ("serve", "run", "start", "server", "startserver", "daemon", "listen", "worker", "up")


_SHOWS = frozenset({"--help", "--version", "-h", "-V"})


def without_help(start: Found[Start]) -> Found[Start]:
    """Return a start that does its work: what an image says by default may only show its help."""
    *command, last = start.value.command
    if last not in _SHOWS or len(command) < 2:  # noqa: PLR2004 - Python and what it runs
        return start
    told = f"{start.origin} only shows {last}: name what it is to do with --cmd"
    value = replace(start.value, command=tuple(command), lacks=(*start.value.lacks, told))
    return replace(start, value=value)


def name_required(command: Sequence[str], modules: Sequence[Module]) -> tuple[str, ...]:
    """Return a note for each required argument, and for a command, that is not given."""
    given = {word.partition("=")[0] for word in command}
    values = [word for word in arguments_of(command) if not word.startswith("-")]
    notes = []
    for module in list_started(command, modules):
        commands = find_commands(module, modules)
        if commands and not values and not default_command(module):
            first = next((one for one in SERVES if one in commands), next(iter(commands)))
            known = ", ".join(commands)
            origin = commands[first]
            notes.append(
                f"{origin} takes a command ({known}): "
                f"name one, as with --cmd {shlex.join((*command, first))!r}"
            )
        parted = any(method_of(call) == "add_subparsers" for _, call in module.calls())
        for names, where in () if commands or parted else _required(module):
            options = [name for name in names if name.startswith("-")]
            if (options and not given & set(options)) or (not options and not values):
                origin = module.origin(where)
                notes.append(f"{origin} requires {names[-1]}: name the whole command with --cmd")
    if not notes and (by_hand := name_missing(command, modules, SERVES)):
        notes.append(by_hand)
    return tuple(dict.fromkeys(notes))


def arguments_of(command: Sequence[str]) -> Sequence[str]:
    """Return what a command gives the script or module that Python runs."""
    at = 2 if command[1:2] and command[1] in {"-m", "-c"} else 1
    return command[at + 1 :]


def list_started(command: Sequence[str], modules: Sequence[Module]) -> Iterator[Module]:
    """Yield the module that a command starts, and those of the project whose parser it calls."""
    words = list(command)
    name = words[2] if words[1:2] == ["-m"] else ""
    if words[1:2] == ["-c"]:
        name = words[2].partition("from ")[2].partition(" ")[0]
    first = [
        one
        for one in modules
        if one.file in words or (name and one.name in {name, f"{name}.__main__"})
    ]
    yield from first
    called = {value for one in first for value in one.names.values()}
    for one in modules:
        taken = {v.removeprefix(f"{one.name}.") for v in called if v.startswith(f"{one.name}.")}
        if one not in first and one.name and taken and not _parses_for_itself(one, taken):
            yield one


def _parses_for_itself(module: Module, taken: AbstractSet[str]) -> bool:
    """Tell whether a script's arguments are its own: what others take of it parses none."""
    parsing = {
        node.name
        for node in module.of(*FUNCTIONS)
        if any(isinstance(x, ast.Attribute) and x.attr == "add_argument" for x in walk(node))
    }
    return module.is_script and bool(parsing) and parsing.isdisjoint(taken)


def _required(module: Module) -> Iterator[tuple[list[str], ast.Call]]:
    of_commands = set(_list_of_commands(module))
    for name, call in module.calls():
        if id(call) in of_commands:
            continue
        names = [text for text in map(module.text, call.args) if text]
        if not names or not (method_of(call) == "add_argument" or name in _CLICK):
            continue
        needed = module.literal(argument(call, "required"))
        if isinstance(first := call.args[0], ast.Constant) and first.value is Ellipsis:
            needed = True
        optional = [argument(call, key) for key in ("default", "nargs", "action")]
        # typer's first argument is the default.
        is_option = name.startswith("typer.") or any(one.startswith("-") for one in names)
        if needed is True or (
            not is_option and needed is None and not any(one is not None for one in optional)
        ):
            yield [one for one in names if one.startswith("-") or not is_option], call


def _list_of_commands(module: Module) -> Iterator[int]:
    """Yield the ids of decorators of commands, where a group of click's does without one."""
    functions = [*module.of(*FUNCTIONS)]
    groups = [
        one
        for one in functions
        if any(module.called(call) == "click.group" for call in one.decorator_list)
    ]
    for one in functions if groups else ():
        yield from (id(call) for call in one.decorator_list if one not in groups)
