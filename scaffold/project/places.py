"""The places of the nodes of all modules: what one knows of the system holds in the others."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeGuard

from scaffold.assembler.syntax import walk
from scaffold.project.conditions import PROBES, Conditions, Place, is_probe
from scaffold.project.source_modules import Module
from scaffold.project.syntax import (
    FUNCTIONS,
    SETS,
    Function,
    names_of,
    targets_of,
)


def _find_flags(modules: Sequence[Module]) -> frozenset[str]:
    """Return the full names of functions and values that tell whether something is installed.

    A function returns what a probe such as ``find_spec`` says, or True or False from an attempt to
    import; a value is what such a function or a probe returns, or is set in such an attempt.
    """
    found: set[str] = set()
    for module in modules:
        probes = any(called in PROBES for called, _ in module.calls())
        if probes or any(map(_imports, module.of(ast.Try))):
            asking = (one for one in module.of(*FUNCTIONS) if _is_asking(one, module))
            found.update(module.dotted(ast.Name(id=one.name)) for one in asking)
    names = {one.rpartition(".")[2] for one in found}
    for module in modules:
        tries = [node for node in module.of(ast.Try) if _imports(node)]
        set_there = (one for node in tries for one in walk(node) if _is_set(one))
        probes = any(called in PROBES for called, _ in module.calls())
        if not probes:
            named = chain(
                (one.id for one in module.of(ast.Name)), (x.attr for x in module.of(ast.Attribute))
            )
            probes = not names.isdisjoint(named) or not names.isdisjoint(module.names)
        set_so = (
            node
            for node in module.of(*SETS)
            if probes
            and node.value is not None
            and any(
                is_probe(one, module.dotted) or module.dotted(one) in found
                for one in walk(node.value)
            )
        )
        for node in (*set_there, *set_so):
            targets = targets_of(node)
            found.update(module.dotted(one) for one in targets if isinstance(one, ast.Name))
    return frozenset(found)


def _is_asking(function: Function, module: Module) -> bool:
    inside = walk(function)
    returned = [one.value for one in inside if isinstance(one, ast.Return) and one.value]
    probes = (is_probe(node, module.dotted) for value in returned for node in walk(value))
    truths = all(isinstance(one, ast.Constant) and isinstance(one.value, bool) for one in returned)
    tries = any(isinstance(one, ast.Try) and _imports(one) for one in inside)
    return any(probes) or bool(returned and truths and tries)


def _imports(node: ast.Try) -> bool:
    """Tell whether a try statement attempts an import and handles that it fails."""
    return any(isinstance(one, ast.Import | ast.ImportFrom) for one in node.body) and any(
        handler.type is None or "Import" in (name := ast.unparse(handler.type)) or "Module" in name
        for handler in node.handlers
    )


def _is_set(node: ast.AST) -> TypeGuard[ast.Assign | ast.AnnAssign]:
    """Tell whether a statement sets a name to True, False or None."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return isinstance(value, ast.Constant) and value.value in {True, False, None}


def find_places(modules: Sequence[Module]) -> dict[str, dict[int, Place]]:
    """Return the places of each file's nodes."""
    flags = _find_flags(modules)

    def read(module: Module, systems: Mapping[str, object]) -> dict[int, Place]:
        return Conditions(module.dotted, module.values, flags, systems).places(
            module.tree, module.of(ast.Assign)
        )

    places = {module.file: read(module, {}) for module in modules}
    systems = dict(pair for module in modules for pair in _systems_of(module, places[module.file]))
    last = {name.rpartition(".")[2] for name in systems}
    for module in modules if systems else ():
        named = chain(
            (node for node in module.of(ast.Name) if node.id in last),
            (node for node in module.of(ast.Attribute) if node.attr in last),
        )
        if any(module.dotted(node) in systems for node in named):
            places[module.file] = read(module, systems)
    return places


def _systems_of(module: Module, places: Mapping[int, Place]) -> Iterator[tuple[str, object]]:
    """Yield the full names of a module's values and functions that tell of the system.

    Such a value is what a test for it gives, or is set again only where another system is.
    """
    conditions = Conditions(module.dotted, module.values)
    yield from _set_elsewhere(module, places)
    tests = {name: one for name, one in module.values.items() if not isinstance(one, ast.Constant)}
    for function in module.top:
        if isinstance(function, Function):
            last = function.body[-1]
            alone = len(function.body) - (ast.get_docstring(function) is not None) == 1
            if alone and isinstance(last, ast.Return) and last.value is not None:
                tests[function.name] = last.value
    for name, test in tests.items():
        value = conditions.known(test)
        if value is not None:
            yield module.dotted(ast.Name(id=name)), value


def _set_elsewhere(module: Module, places: Mapping[int, Place]) -> Iterator[tuple[str, object]]:
    """Yield the constants that a module gives another value only on other systems."""
    given: dict[str, list[tuple[object, bool]]] = {}
    for node in module.of(ast.Assign):
        if isinstance(node.value, ast.Constant):
            for name in names_of(node):
                given.setdefault(name, []).append((node.value.value, id(node) in places))
    for name, rows in given.items():
        here = {value for value, runs in rows if runs}
        if len(here) == 1 and not all(runs for _, runs in rows):
            yield module.dotted(ast.Name(id=name)), here.pop()
