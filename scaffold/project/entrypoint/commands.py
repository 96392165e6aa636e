"""The commands that a parser of the application divides its work into."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from scaffold.model.project import Origin
from scaffold.project.entrypoint.apps import assigned_call
from scaffold.project.source_modules import Module
from scaffold.project.syntax import FUNCTIONS, argument, method_of, owner_of

# What a parser is told to do where a command is missing.
_HELPS = ("print_help", "print_usage", "format_help", "error", "exit")


def find_commands(module: Module, modules: Sequence[Module]) -> Mapping[str, Origin]:
    """Return the commands of a module's parser with their places, registered by any ``modules``."""
    return {name: where.origin(node) for name, where, node in list_commands(module, modules)}


def list_commands(
    module: Module, modules: Sequence[Module]
) -> Iterator[tuple[str, Module, ast.AST]]:
    """Yield the commands of argparse's subparsers, a click group or a typer app, with their place.

    A typer app with one command, and a group that does something without any, take none.
    """
    functions = [*module.of(*FUNCTIONS)]
    groups = {
        one.name for one in functions if any(_is_group(module, d) for d in one.decorator_list)
    }
    apps = {
        name
        for names, call in map(assigned_call, module.top)
        if module.called(call) == "typer.Typer"
        for name in names
    }
    found: list[tuple[str, Module, ast.AST]] = [
        (text, module, call)
        for _, call in module.calls()
        if method_of(call) == "add_parser" and (text := module.text(argument(call, "name", 0)))
    ]
    if len(found) == 1 and not _needs_command(module):
        found = []
    owners = {f"{module.name or module.file}.{name}" for name in groups | apps}
    if owners:
        found += [(name, one, node) for one in modules for name, node in _of_owners(one, owners)]
    parted = any(isinstance(x, ast.Call) and method_of(x) == "add_typer" for *_, x in found)
    if len(found) > 1 or not apps or parted:
        yield from found


def _of_owners(module: Module, owners: AbstractSet[str]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the commands that a module registers with groups or apps, by their dotted names."""
    for function in module.of(*FUNCTIONS):
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            if _is_registering(module, decorator, owners):
                named = module.text(argument(call, "name", 0)) if call else ""
                yield named or _as_command(function.name), function
    for _, call in module.calls():
        inner = call.func if isinstance(call.func, ast.Call) else None
        if inner is not None and call.args and _is_registering(module, inner, owners):
            named = module.text(argument(inner, "name", 0))
            yield named or _as_command(module.dotted(call.args[0])), call
        elif module.dotted(owner_of(call)) in owners:
            if method_of(call) == "add_command" and call.args:
                named = module.text(argument(call, "name", 1))
                yield named or _as_command(module.dotted(call.args[0])), call
            elif method_of(call) == "add_typer" and (named := module.text(argument(call, "name"))):
                yield named, call


def _is_registering(module: Module, node: ast.expr, owners: AbstractSet[str]) -> bool:
    """Tell whether this is ``cli.command`` or ``cli.group()`` of one of the owners."""
    owner, _, method = (module.called(node) or module.dotted(node)).rpartition(".")
    return method in {"command", "group"} and owner in owners


def _as_command(name: str) -> str:
    return name.rpartition(".")[2].replace("_", "-")


def _needs_command(module: Module) -> bool:
    """Tell whether argparse's only command is required, or the help is shown without it.

    What is dispatched by a default of the subparser (``args.func(args)``) fails without it.
    """
    methods = [
        (method_of(call), ast.unparse(owner), call)
        for _, call in module.calls()
        if (owner := owner_of(call)) is not None
    ]
    divided = {of: call for name, of, call in methods if name == "add_subparsers"}
    by_default = {
        keyword.arg
        for name, _, call in methods
        if name == "set_defaults"
        for keyword in call.keywords
    }
    return (
        any(module.literal(argument(call, "required")) is True for call in divided.values())
        or any(of in divided for name, of, _ in methods if name in _HELPS)
        or any(name in by_default for name, _, _ in methods)
    )


def _is_group(module: Module, decorator: ast.expr) -> bool:
    call = decorator if isinstance(decorator, ast.Call) else None
    alone = argument(call, "invoke_without_command") if call else None
    return module.dotted(call.func if call else decorator) == "click.group" and alone is None
