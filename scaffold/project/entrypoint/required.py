"""Commands and arguments that a program does not start without, as its parser declares them."""

import ast
import shlex
from collections.abc import Iterator, Sequence

from scaffold.model.project import Start
from scaffold.project.entrypoint.apps import assigned_call
from scaffold.project.source_modules import Function, Module, argument

_CLICK = ("click.option", "click.argument", "typer.Option", "typer.Argument")
# What a command that goes on running is usually called.
_SERVES = ("serve", "run", "start", "server", "startserver", "daemon", "listen", "worker", "up")


def name_required(start: Start, modules: Sequence[Module]) -> tuple[str, ...]:
    """Return a note for each required argument, and for a command, that is not given."""
    given = {word.partition("=")[0] for word in start.command}
    values = [word for word in _arguments(start.command) if not word.startswith("-")]
    notes = []
    for module in _started(start.command, modules):
        commands = dict(_commands(module))
        if commands and not values:
            first = next((one for one in _SERVES if one in commands), next(iter(commands)))
            known = ", ".join(commands)
            command = shlex.join((*start.command, first))
            origin = module.origin(commands[first])
            notes.append(f"{origin} takes a command ({known}): name one, as with --cmd {command!r}")
        for names, where in () if commands else _required(module):
            options = [name for name in names if name.startswith("-")]
            if (options and not given & set(options)) or (not options and not values):
                origin = module.origin(where)
                notes.append(f"{origin} requires {names[-1]}: name the whole command with --cmd")
    return tuple(dict.fromkeys(notes))


def _arguments(command: Sequence[str]) -> Sequence[str]:
    at = 2 if command[1:2] and command[1] in {"-m", "-c"} else 1
    return command[at + 1 :]


def _started(command: Sequence[str], modules: Sequence[Module]) -> Iterator[Module]:
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
        if one not in first and one.name and any(v.startswith(f"{one.name}.") for v in called):
            yield one


def _commands(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the commands of argparse's subparsers, a click group or a typer app, with their place.

    A typer app with one command, and a group that does something without any, take none.
    """
    functions = [node for node in module.nodes if isinstance(node, Function)]
    groups = {
        one.name for one in functions if any(_is_group(module, d) for d in one.decorator_list)
    }
    apps = {
        name
        for names, call in map(assigned_call, module.top)
        if call is not None and module.dotted(call.func) == "typer.Typer"
        for name in names
    }
    found: list[tuple[str, ast.AST]] = [
        (text, call)
        for _, call in module.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_parser"
        if (text := module.text(argument(call, "name", 0)))
    ]
    for function in functions:
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            func = call.func if call else decorator
            if not isinstance(func, ast.Attribute) or func.attr != "command":
                continue
            if isinstance(func.value, ast.Name) and func.value.id in groups | apps:
                named = module.text(argument(call, "name", 0)) if call else ""
                found.append((named or function.name.replace("_", "-"), function))
    if len(found) > 1 or not apps:
        yield from found


def _is_group(module: Module, decorator: ast.expr) -> bool:
    call = decorator if isinstance(decorator, ast.Call) else None
    alone = argument(call, "invoke_without_command") if call else None
    return module.dotted(call.func if call else decorator) == "click.group" and alone is None


def _required(module: Module) -> Iterator[tuple[list[str], ast.Call]]:
    for name, call in module.calls():
        names = [text for text in map(module.text, call.args) if text]
        parses = isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"
        if not names or not (parses or name in _CLICK):
            continue
        needed = module.literal(argument(call, "required"))
        if isinstance(first := call.args[0], ast.Constant) and first.value is Ellipsis:
            needed = True
        optional = [argument(call, key) for key in ("default", "nargs", "action")]
        is_option = names[0].startswith("-")
        if needed is True or (
            not is_option and needed is None and not any(one is not None for one in optional)
        ):
            yield [one for one in names if one.startswith("-") or not is_option], call
