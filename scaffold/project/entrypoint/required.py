"""Arguments that a program does not start without, as its parser declares them."""

import ast
from collections.abc import Iterator, Sequence

from scaffold.model.project import Start
from scaffold.project.source_modules import Module, argument

_CLICK = ("click.option", "click.argument", "typer.Option", "typer.Argument")


def name_required(start: Start, modules: Sequence[Module]) -> tuple[str, ...]:
    """Return a note for each required argument that the command does not have."""
    given = {word.partition("=")[0] for word in start.command}
    values = [word for word in _arguments(start.command) if not word.startswith("-")]
    notes = []
    for module in _started(start.command, modules):
        for names, where in _required(module):
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


def _required(module: Module) -> Iterator[tuple[list[str], ast.Call]]:
    calls = list(module.calls())
    if any(name.endswith(".add_subparsers") for name, _ in calls):
        return  # whose arguments depend on the command
    for name, call in calls:
        names = [text for text in map(module.text, call.args) if text]
        parses = isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"
        if not names or not (parses or name in _CLICK):
            continue
        needed = module.literal(argument(call, "required"))
        optional = [argument(call, key) for key in ("default", "nargs", "action")]
        is_option = names[0].startswith("-")
        if needed is True or (
            not is_option and needed is None and not any(one is not None for one in optional)
        ):
            yield [one for one in names if one.startswith("-") or not is_option], call
