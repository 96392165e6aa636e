"""What the sources have computed where: the device that a call names by a literal, and no other."""

import ast
import re
from collections.abc import Iterator

from scaffold.assembler.syntax import walk
from scaffold.project.source_modules import FUNCTIONS, Module, argument, is_main_guard

# Keywords that take the name of a device, and functions that take it first or second.
_KEYWORDS = ("device", "device_map", "device_name", "map_location")
_FIRST = frozenset({"to", "device", "set_default_device", "set_device"})
_SECOND = frozenset({"compile_model"})
_PROVIDERS = "providers"
_METHODS = frozenset({"cuda"})  # model.cuda()
# What a module that chooses the device asks; all that it names then is one of several.
_CHOOSES = frozenset(
    {
        *("is_available", "is_built", "device_count", "get_available_providers", "get_providers"),
        *("available_devices", "get_device_properties", "list_physical_devices", "mem_get_info"),
    }
)
_NAME = re.compile(r"[A-Za-z]\w*(?::\d+|\.\d+)?")


def find_asked_devices(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield (device, node) for each call that names one device, and that nothing decides about.

    A number (``device=0``) means something else to each package: it is yielded with the top-level
    name of each package that may be meant, as ``package:0``.
    """
    if any(node.attr in _CHOOSES for node in module.of(ast.Attribute)):
        return
    found = [
        (name, call) for called, call in module.calls() for name in _of_call(module, called, call)
    ]
    decided = _decided(module) if found else set()
    yield from ((name, call) for name, call in found if id(call) not in decided)


def _decided(module: Module) -> set[int]:
    """Return what runs only if something is so, by ``id``: in a branch, or behind a way out."""
    whole: list[ast.AST] = [
        one for one in module.of(ast.If, ast.IfExp, ast.Match) if not is_main_guard(one)
    ]
    whole += [
        function
        for function in module.of(*FUNCTIONS)
        for one in walk(function)
        if isinstance(one, ast.If) and isinstance(one.body[-1], ast.Return | ast.Raise)
    ]
    return {id(node) for one in whole for node in walk(one)}


def _of_call(module: Module, called: str, call: ast.Call) -> Iterator[str]:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = method or called.rpartition(".")[2]
    if method in _METHODS and not call.keywords and len(call.args) <= 1:
        yield method
        return
    named = [argument(call, keyword) for keyword in _KEYWORDS]
    named += call.args[:1] if name in _FIRST else call.args[1:2] if name in _SECOND else []
    for node in named:
        value = module.literal(node)
        if isinstance(value, str) and _NAME.fullmatch(value):
            yield value
        elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            yield from (f"{top}:{value}" for top in _packages(module, called))
    providers = module.literal(argument(call, _PROVIDERS))
    if isinstance(providers, list) and len(providers) == 1 and isinstance(providers[0], str):
        yield providers[0]


def _packages(module: Module, called: str) -> set[str]:
    """Return the packages of which a function may be: its own, or any for an object's method."""
    tops = {source.partition(".")[0] for source in module.names.values()}
    top = called.partition(".")[0]
    return {top} if top in tops else tops
