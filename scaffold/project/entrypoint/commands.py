"""The commands that a parser of the application divides its work into."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from scaffold.model.project import Origin
from scaffold.project.entrypoint.apps import assigned_call
from scaffold.project.source_modules import FUNCTIONS, Module, argument

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
        if call is not None and module.dotted(call.func) == "typer.Typer"
        for name in names
    }
    found: list[tuple[str, Module, ast.AST]] = [
        (text, module, call)
        for _, call in module.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_parser"
        if (text := module.text(argument(call, "name", 0)))
    ]
    if len(found) == 1 and not _needs_command(module):
        found = []
    owners = {f"{module.name or module.file}.{name}" for name in groups | apps}
    if owners:
        found += [(name, one, node) for one in modules for name, node in _of_owners(one, owners)]
    parted = any(
        getattr(getattr(node, "func", None), "attr", "") == "add_typer" for *_, node in found
    )
    if len(found) > 1 or not apps or parted:
        yield from found


def _of_owners(module: Module, owners: AbstractSet[str]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the commands that a module registers with groups or apps, by their dotted names."""
    for function in module.of(*FUNCTIONS):
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            if _is_registering(module, call.func if call else decorator, owners):
                named = module.text(argument(call, "name", 0)) if call else ""
                yield named or _as_command(function.name), function
    for _, call in module.calls():
        inner = call.func if isinstance(call.func, ast.Call) else None
        if inner is not None and call.args and _is_registering(module, inner.func, owners):
            named = module.text(argument(inner, "name", 0))
            yield named or _as_command(module.dotted(call.args[0])), call
        elif isinstance(call.func, ast.Attribute) and module.dotted(call.func.value) in owners:
            if call.func.attr == "add_command" and call.args:
                named = module.text(argument(call, "name", 1))
                yield named or _as_command(module.dotted(call.args[0])), call
            elif call.func.attr == "add_typer" and (named := module.text(argument(call, "name"))):
                yield named, call


def _is_registering(module: Module, func: ast.expr, owners: AbstractSet[str]) -> bool:
    """Tell whether this is ``cli.command`` or ``cli.group`` of one of the owners."""
    if not isinstance(func, ast.Attribute) or func.attr not in {"command", "group"}:
        return False
    return module.dotted(func.value) in owners


def _as_command(name: str) -> str:
    return name.rpartition(".")[2].replace("_", "-")


def _needs_command(module: Module) -> bool:
    """Tell whether argparse's only command is required, or the help is shown without it.

    What is dispatched by a default of the subparser (``args.func(args)``) fails without it.
    """
    methods = [
        (call.func.attr, ast.unparse(call.func.value), call)
        for _, call in module.calls()
        if isinstance(call.func, ast.Attribute)
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
