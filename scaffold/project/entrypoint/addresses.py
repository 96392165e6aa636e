"""Where the application listens, followed to what says so, and how the outside gets there."""

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from scaffold.model.project import Found, Origin, Start
from scaffold.project.entrypoint import EVERYWHERE, remark
from scaffold.project.entrypoint.apps import follow
from scaffold.project.entrypoint.arguments import arguments_of, list_started
from scaffold.project.entrypoint.listening import find_listening
from scaffold.project.entrypoint.parser_options import ParserOption, default_command, list_options
from scaffold.project.entrypoint.ports import as_port
from scaffold.project.reached import Reached
from scaffold.project.source_modules import Module, by_name
from scaffold.project.syntax import (
    FUNCTIONS,
    READS,
    SETS,
    argument,
    first_of,
    items_of,
    method_of,
    names_of,
    parameters_of,
    positional_of,
)
from scaffold.project.text_io import text_of

_LOOPBACK = re.compile(r"(?i)(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)(:\d+)?")
_SETTINGS = (".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Local:
    """An address that only its own machine reaches, and what gives another, if anything."""

    text: str
    origin: Origin
    option: ParserOption | None = None
    variable: str = ""


def option_port(
    start: Found[Start], modules: Sequence[Module], reached: Reached
) -> Found[int] | None:
    """Return the port of an option that something listens on: that of the command, or its default.

    So counts ``--port`` where the option for the address was given.
    """
    words = start.value.command
    started = [*list_started(words, modules)]
    order = [one for one in modules if one.file in reached.all] if reached.first else started
    listening = {
        _identifier(module, (isinstance(node, ast.Call) and first_of(node)) or node)
        for module, _, node, _, _ in find_listening(modules, order)
        if node is not None
    }
    own = {one.file for one in started}
    for module in (*started, *(one for one in order if one.file not in own)):
        options = [*list_options(module)]
        opened = {
            one.command
            for one in options
            if not {*one.names}.isdisjoint(words) and _loopback(module, one.default)
        }
        for one in options:
            listens = one.dest in listening and module.file in own
            if listens or (one.dest == "port" and one.command in opened):
                given = re.search(
                    rf"(?:^| )(?:{'|'.join(map(re.escape, one.names))})[ =](\d+)(?= |$)",
                    " ".join(words),
                )
                default = ast.Constant(value=int(given[1])) if given else one.default
                if port := as_port(module, default, one.node):
                    return port
    return None


def open_outside(
    start: Found[Start],
    root: Path,
    modules: Sequence[Module],
    files: Sequence[str],
    reached: Reached,
) -> Found[Start]:
    """Return a start whose server listens to more than its own machine, as far as it can be told.

    An option or a variable for the address is given and named; where there is none, or it is one
    of a command that nothing names, ``lacks`` says what to change.
    """
    command = start.value.command
    order = [one for one in modules if one.file in reached.all]
    if not reached.first or any(EVERYWHERE in word or word.endswith("::") for word in command):
        return start
    finder = _Finder(root, modules, order, files)
    known = []
    for module, call, _, host, closed in find_listening(modules, order):
        place = reached.places[module.file].get(id(call))
        if place is None or (place.main and module.file != reached.first):
            continue
        local = finder.find(module, host) if host is not None else None
        if host is None and closed:
            local = _Local(text="127.0.0.1", origin=module.origin(call))
        if local is None:
            return start  # one that is reached, or nobody knows
        known.append(local)
    told = [
        _Local(text=text, origin=one.module.origin(one.node), option=one)
        for one in finder.options
        if one.listens and (text := _loopback(one.module, one.default))
    ]
    for local in {str(one.origin): one for one in (*told, *known)}.values():
        start = _opened(start, local)
    return start


def _opened(start: Found[Start], local: _Local) -> Found[Start]:
    value, option = start.value, local.option
    to = re.sub(_LOOPBACK, rf"{EVERYWHERE}\1", local.text)
    where = f"{local.origin} listens on {local.text}"
    if option is not None:
        name = max(option.names, key=lambda one: one.startswith("--"))
        if name in value.command:
            return start
        words = arguments_of(value.command)
        given = [word for word in words if not word.startswith("-")]
        default = default_command(option.module)
        first = [option.command] if option.command and option.command not in given else []
        command = (*value.command, *first, name, to)
        if not first or (option.command == default and not given):
            value = replace(value, command=command)
            return Found(value=value, origin=remark(start.origin, f"{where}: {name} {to} added"))
        text = f"{where} unless told otherwise, as with --cmd {shlex.join(command)!r}"
    elif local.variable:
        if local.variable in dict(value.environment):
            return start
        environment = (*value.environment, (local.variable, to))
        told = f"{where}: {local.variable}={to} is set"
        return Found(
            value=replace(value, environment=environment), origin=remark(start.origin, told)
        )
    else:
        text = f"{where}, which nothing outside the container reaches: change it to {to}"
    return Found(value=replace(value, lacks=(*value.lacks, text)), origin=start.origin)


def _loopback(module: Module, node: ast.expr | None) -> str:
    text = module.text(node)
    return text if _LOOPBACK.fullmatch(text) else ""


class _Finder:
    """Follows an address to what gives it: a text, an option, a variable, a file of settings."""

    def __init__(
        self, root: Path, modules: Sequence[Module], order: Sequence[Module], files: Sequence[str]
    ) -> None:
        self._root, self._order, self._files = root, order, files
        self._found: dict[int, _Local | None] = {}
        self._by_name = by_name(modules)

    @cached_property
    def options(self) -> list[ParserOption]:
        return [option for module in self._order for option in list_options(module)]

    @cached_property
    def _settings(self) -> list[str]:
        literals = {text.rpartition("/")[2] for module in self._order for text, _ in module.texts}
        named = (file for file in self._files if file.rpartition("/")[2] in literals)
        return [file for file in named if file.endswith(_SETTINGS)]

    def find(self, module: Module, node: ast.expr | None) -> _Local | None:
        """Return the address if it surely is a local one."""
        if node is None:
            return None
        if id(node) not in self._found:
            self._found[id(node)] = None  # where it leads to itself, it leads nowhere
            self._found[id(node)] = self._find(module, node)
        return self._found[id(node)]

    def _find(self, module: Module, node: ast.expr) -> _Local | None:
        if isinstance(node, ast.Constant):
            text = _loopback(module, node)
            return _Local(text=text, origin=module.origin(node)) if text else None
        if isinstance(node, ast.BoolOp):
            last = self.find(module, node.values[-1])
            given = self._option(_identifier(module, node.values[0]))
            return replace(last, option=given) if last and given else last
        if isinstance(node, ast.Call) and module.called(node) in READS | {"decouple.config"}:
            text = _loopback(module, argument(node, "default", 1))
            variable, origin = module.text(first_of(node)), module.origin(node)
            return _Local(text=text, origin=origin, variable=variable) if text else None
        name = _identifier(module, node)
        option = self._option(name)
        if option is not None:
            local = self.find(option.module, option.default)
            return replace(local, option=option) if local else None
        return self._named(module, node, name) if name else None

    def _option(self, name: str) -> ParserOption | None:
        return next(
            (one for one in self.options if one.dest == name and one.listens is not False), None
        )

    def _named(self, module: Module, node: ast.expr, name: str) -> _Local | None:
        if isinstance(node, ast.Name) and name in module.values:
            return self.find(module, module.values[name])
        if isinstance(node, ast.Call):
            for one in (argument(node, "fallback"), argument(node, "default"), *node.args[1:]):
                text = _loopback(module, one)
                if text:
                    return self._of_settings(name) or _Local(text=text, origin=module.origin(node))
        owner, _, attribute = follow(module.dotted(node), self._by_name).rpartition(".")
        if owner in self._by_name and attribute in self._by_name[owner].values:
            other = self._by_name[owner]
            return self.find(other, other.values[attribute])
        parameter = self._parameter(module, node, name)
        return parameter or self._kept(name) or self._of_settings(name)

    def _parameter(self, module: Module, node: ast.expr, name: str) -> _Local | None:
        """Return what calls of the function around give its parameter, or the default of it."""
        line = node.lineno
        around = [
            one
            for one in sorted(module.of(*FUNCTIONS), key=lambda one: one.lineno)
            if one.lineno <= line <= (one.end_lineno or 0)
        ]
        for function in reversed(around) if isinstance(node, ast.Name) else ():
            defaults, names = parameters_of(function), positional_of(function)
            if name not in defaults:
                continue
            called = function.name if function.name != "__init__" else _class_of(module, function)
            at = names.index(name) - (names[:1] == ["self"]) if name in names else None
            given = [
                (one, value)
                for one in self._order
                for dotted, call in one.calls()
                if dotted.rpartition(".")[2] == called
                and (value := argument(call, name, at)) is not None
            ]
            if given:
                return self.find(*given[0])
            return self.find(module, defaults.get(name))
        return None

    def _kept(self, name: str) -> _Local | None:
        """Return what an attribute, a class's field or a dictionary's key of a name is given.

        Where another of that name is given another address, nobody knows which of them is read.
        """
        given = [
            (module, node, found)
            for module in self._order
            for node in module.nodes
            for found in _of_name(module, node, name)
        ]
        texts = (module.text(found) for module, _, found in given)
        if any(text and not _LOOPBACK.fullmatch(text) for text in texts):
            return None
        for module, node, found in given:
            if (local := self.find(module, found)) is not None:
                settings = isinstance(node, ast.ClassDef) and any(
                    "Settings" in module.dotted(base) for base in node.bases
                )
                if settings and not local.variable:
                    return replace(local, variable=name.upper())
                return (isinstance(node, ast.Dict) and self._of_settings(name)) or local
        return None

    def _of_settings(self, name: str) -> _Local | None:
        """Return the line of a file of the project's settings that gives a name such an address."""
        line = re.compile(rf"""^\s*["']?{re.escape(name)}["']?\s*[:=]\s*["']?([^\s"',]+)""")
        for file in self._settings:
            for number, text in enumerate(text_of(self._root, file).splitlines(), start=1):
                found = line.match(text)
                if found and _LOOPBACK.fullmatch(found[1]):
                    return _Local(text=found[1], origin=Origin(file=file, line=number))
        return None


def _of_name(module: Module, node: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what a class's field, an attribute or a dictionary's key of that name is given."""
    if isinstance(node, ast.ClassDef):
        for one in node.body:
            if isinstance(one, SETS) and one.value is not None and name in names_of(one):
                yield one.value
    elif isinstance(node, ast.Assign) and any(method_of(one) == name for one in node.targets):
        yield node.value
    yield from (value for key, value in items_of(node) if module.text(key) == name)


def _class_of(module: Module, function: ast.AST) -> str:
    return next((one.name for one in module.of(ast.ClassDef) if function in one.body), "")


def _identifier(module: Module, node: ast.expr) -> str:
    """Return the last name of what an expression reads: ``args.host``, ``config["host"]``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return module.text(node.slice)
    if isinstance(node, ast.Call):
        texts = [module.text(one) for one in node.args]
        return next((one for one in reversed(texts) if one and not _LOOPBACK.fullmatch(one)), "")
    return ""
