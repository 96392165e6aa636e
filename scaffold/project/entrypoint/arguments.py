"""What a start command is given, what its parser asks for, and where its server listens."""

import ast
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from scaffold.assembler.syntax import walk
from scaffold.model.project import Found, Origin, Start
from scaffold.project.entrypoint import EVERYWHERE, remark
from scaffold.project.entrypoint.apps import follow, is_aside
from scaffold.project.entrypoint.argv import name_missing
from scaffold.project.entrypoint.commands import find_commands, list_commands
from scaffold.project.entrypoint.listening import find_listening
from scaffold.project.entrypoint.ports import as_port
from scaffold.project.reached import Reached, starts
from scaffold.project.settings_patterns import find_patterns
from scaffold.project.source_modules import Module, by_name, imported_tops
from scaffold.project.syntax import (
    FUNCTIONS,
    READS,
    SETS,
    Function,
    argument,
    first_of,
    items_of,
    method_of,
    names_of,
    owner_of,
    parameters_of,
    positional_of,
    texts_in,
)
from scaffold.project.text_io import text_of

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
    values = [word for word in _arguments(command) if not word.startswith("-")]
    notes = []
    for module in _started(command, modules):
        commands = find_commands(module, modules)
        if commands and not values and not _default_command(module):
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


_CONFIGURES = re.compile(r"[^/]+\.(?:ini|conf|cfg|ya?ml|toml|json)")


def name_configurations(
    start: Start, modules: Sequence[Module], files: Sequence[str]
) -> Iterator[str]:
    """Yield a note on each file of settings that the application reads and the project lacks.

    It lies there as a pattern (``config.ini.dist``), or is the default of an option.
    """
    known = {file.rpartition("/")[2] for file in files} | {""}
    patterns = find_patterns(files)
    given = " ".join(start.command)
    words = {word.partition("=")[0] for word in start.command}
    told = set[str]()
    for path in _list_settings(start):
        if path not in files:
            yield f"the command names {path}, which the project lacks: mount it, or put it there"
    for module in modules:
        for text, node in module.texts:
            name = text.rpartition("/")[2]
            wanted = name in patterns and name not in told and _CONFIGURES.fullmatch(name)
            if wanted and name not in given:
                told.add(name)
                yield (
                    f"{module.origin(node)} names {name}, which the project lacks "
                    f"({patterns[name]} is its pattern): mount it, or put it there"
                )
    for module in _started(start.command, modules):
        for _, call in module.calls():
            options = [text for one in call.args if (text := module.text(one)).startswith("-")]
            option = next((one for one in options if one.startswith("--")), "")
            default = module.text(argument(call, "default"))
            name = default.rpartition("/")[2]
            configures = re.search("conf|settings", option) and _CONFIGURES.fullmatch(name)
            if configures and name not in known | told and not set(options) & words:
                yield (
                    f"{module.origin(call)} reads {default}, which the project lacks: mount it, or "
                    f"name another with {option}"
                )


def _list_settings(start: Start) -> Iterator[str]:
    """Yield the files of settings that a command names below the project."""
    for before, word in pairwise(start.command):
        beside = not word.startswith(("/", "-", "$")) and not before.startswith("--out")
        if beside and _CONFIGURES.fullmatch(word.rpartition("/")[2]):
            yield posixpath.normpath(posixpath.join(start.folder, word))


def name_mounted(
    modules: Sequence[Module], mounted: Mapping[str, str], reached: Reached
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return notes on the modules that the image lacks: those that every start imports, and others.

    ``mounted`` says why of each.
    """
    found: dict[str, tuple[bool, str]] = {}
    for module in modules if mounted else ():
        for top, node in (*imported_tops(module.imports), *_imported_by_name(module)):
            if top in mounted and not is_aside(module):
                place = reached.places[module.file].get(id(node))
                sure = (
                    module.file in reached.starting
                    and place is not None
                    and starts(place, main=module.file == reached.first)
                )
                note = (
                    f"{module.origin(node)} imports {top}, which the image lacks "
                    f"({mounted[top]}): mount it, or put it there"
                )
                if top not in found or (sure and not found[top][0]):
                    found[top] = (sure, note)
    sure_ones = tuple(note for sure, note in found.values() if sure)
    return sure_ones, tuple(note for sure, note in found.values() if not sure)


def _imported_by_name(module: Module) -> Sequence[tuple[str, ast.AST]]:
    """Return the texts of a module that imports something by a name that is a text."""
    imports = {"importlib.import_module", "__import__"}
    return module.texts if any(called in imports for called, _ in module.calls()) else ()


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


def _decorators(module: Module) -> Iterator[ast.Call]:
    found = (one for function in module.of(*FUNCTIONS) for one in function.decorator_list)
    return (one for one in found if isinstance(one, ast.Call))


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


_LOOPBACK = re.compile(r"(?i)(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)(:\d+)?")
# What says that an option is for where to listen, and not for what to ask.
_BINDS = re.compile(r"--?(?:bind|listen|interface)\b")
_SAYS = re.compile(r"(?i)\b(?:listen|bind|expose)|0\.0\.0\.0|\bserve (?:on|at|from)\b")
_ASKS = re.compile(r"(?i)mqtt|broker|connect to|redis|database|upstream|\bremote (?:host|server)")
_SETTINGS = (".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """An option of a parser: ``command`` is the one of several that takes it, if any."""

    names: tuple[str, ...]
    dest: str
    default: ast.expr | None
    module: Module
    node: ast.AST
    command: str = ""
    help: str = ""

    @property
    def listens(self) -> bool | None:
        """Tell whether it is for where to listen, None where nothing says so."""
        if any(map(_BINDS.match, self.names)) or _SAYS.search(self.help):
            return True
        return False if _ASKS.search(self.help) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Local:
    """An address that only its own machine reaches, and what gives another, if anything."""

    text: str
    origin: Origin
    option: _Option | None = None
    variable: str = ""


def option_port(
    start: Found[Start], modules: Sequence[Module], reached: Reached
) -> Found[int] | None:
    """Return the port of an option that something listens on: that of the command, or its default.

    So counts ``--port`` where the option for the address was given.
    """
    words = start.value.command
    started = [*_started(words, modules)]
    order = [one for one in modules if one.file in reached.all] if reached.first else started
    listening = {
        _identifier(module, (isinstance(node, ast.Call) and first_of(node)) or node)
        for module, _, node, _, _ in find_listening(modules, order)
        if node is not None
    }
    own = {one.file for one in started}
    for module in (*started, *(one for one in order if one.file not in own)):
        options = [*_options(module)]
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
        words = _arguments(value.command)
        given = [word for word in words if not word.startswith("-")]
        default = _default_command(option.module)
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
    def options(self) -> list[_Option]:
        return [option for module in self._order for option in _options(module)]

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

    def _option(self, name: str) -> _Option | None:
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


def _default_command(module: Module) -> str:
    """Return the command that a click group runs where none is named, if it is one with a name."""
    calls = (call for call in _decorators(module) if module.called(call) == "click.group")
    return next((text for one in calls if (text := module.text(argument(one, "default")))), "")


def _options(module: Module) -> Iterator[_Option]:
    """Yield the options of argparse, optparse, click, typer, absl, tornado and docopt."""
    taking = {id(function): name for name, _, function in list_commands(module, (module,))}
    run = {
        first.id
        for called, call in module.calls()
        if called in {"typer.run", "fire.Fire"} and isinstance(first := first_of(call), ast.Name)
    }
    for called, call in module.calls():
        texts = [text for text in map(module.text, call.args) if text]
        adds = method_of(call) in {"add_argument", "add_option"}
        if adds and texts and texts[0].startswith("-"):
            owner, command = module.named(owner_of(call)), ""
            if isinstance(owner, ast.Call) and module.called(owner).endswith(".add_parser"):
                command = module.text(argument(owner, "name", 0))
            yield _option(module, call, texts, argument(call, "default"), command)
        elif called in {"tornado.options.define", "absl.flags.DEFINE_string"} and texts:
            default = argument(call, "default", 1)
            yield _option(module, call, [f"--{texts[0]}"], default, "")
    for function in module.of(*FUNCTIONS):
        command = taking.get(id(function), "")
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and module.called(decorator) == "click.option":
                texts = [text for text in map(module.text, decorator.args) if text]
                default = argument(decorator, "default")
                yield _option(module, decorator, texts, default, command)
        told = any(method_of(one) == "command" for one in function.decorator_list)
        if told or function.name in run:
            yield from _of_typer(module, function, command)
    text = ast.get_docstring(module.tree) or ""
    for found in re.finditer(r"(--[\w-]+)[= ]<?\w+>?.*?\[default: ([^\]]+)\]", text):
        constant = ast.Constant(value=found[2])
        yield _option(module, module.tree.body[0], [found[1]], constant, "")


def _of_typer(module: Module, function: Function, command: str) -> Iterator[_Option]:
    known = [*function.args.posonlyargs, *function.args.args]
    for one, value in zip(reversed(known), reversed(function.args.defaults), strict=False):
        call = next(
            (
                node
                for node in ast.walk(one.annotation or one)
                if isinstance(node, ast.Call) and module.called(node) == "typer.Option"
            ),
            value if isinstance(value, ast.Call) else None,
        )
        texts = [module.text(text) for text in call.args] if call else []
        default = argument(call, "default", 0) if call is not None and call is value else value
        names = [text for text in texts if text.startswith("-")] or [f"--{one.arg}"]
        option = _option(module, one, names, default, command)
        yield replace(option, dest=one.arg, help=_help(module, call) if call else "")


def _option(
    module: Module, node: ast.AST, texts: Sequence[str], default: ast.expr | None, command: str
) -> _Option:
    call = node if isinstance(node, ast.Call) else None
    names = tuple(text.partition("/")[0] for text in texts if text.startswith("-"))
    long = [one for one in names if one.startswith("--")] or list(names) or [""]
    given = module.text(argument(call, "dest")) if call else ""
    named = next((text for text in texts if not text.startswith("-")), "")
    dest = given or named or long[0].lstrip("-").replace("-", "_")
    return _Option(
        names=names,
        dest=dest,
        default=default,
        module=module,
        node=node,
        command=command,
        help=_help(module, call) if call else "",
    )


def _help(module: Module, call: ast.Call) -> str:
    node = argument(call, "help")
    if isinstance(node, ast.Constant | ast.Name):
        return module.text(node)
    return " ".join(texts_in(node))
