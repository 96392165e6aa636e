"""Paths that expressions of the sources stand for, also through settings and other modules."""

import ast
import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from scaffold.project.entrypoint.apps import follow
from scaffold.project.source_modules import Module, by_name
from scaffold.project.syntax import (
    FUNCTIONS,
    READS,
    argument,
    last_name,
    method_of,
    names_of,
    parameters_of,
    positional_of,
)

_PATHS = frozenset({"pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath"})
_SAME = frozenset(
    {
        *("os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "str"),
        *("os.path.expandvars", *_PATHS),
    }
)
_UNCHANGED = frozenset({"resolve", "absolute", "as_posix"})
_HERE = frozenset({"os.getcwd", "pathlib.Path.cwd"})
_OPTIONS = frozenset({"add_argument", "option"})
_DEEPEST = 20  # deeper than anybody nests paths

# Where an expression stands, and the expression.
Given = tuple[Module, ast.expr]


@dataclass(frozen=True, kw_only=True)
class KnownValues:
    """What names stand for across the ``modules`` of a project, as far as it is one value.

    Options that ``command`` gives stand for nothing; ``environment`` is what the image sets.
    """

    modules: Sequence[Module]
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> Mapping[str, Module]:
        """Modules by their names."""
        return by_name(self.modules)

    def constant(self, dotted: str) -> Given | None:
        """Return what a module gives a name at its top, through re-exports."""
        owner, _, name = follow(dotted, self.by_name).rpartition(".")
        module = self.by_name.get(owner)
        value = module.values.get(name) if module is not None else None
        return (module, value) if module is not None and value is not None else None

    def attribute(self, file: str, name: str) -> Given | None:
        """Return what fields of classes, options and ``self`` are given in a file, or in all."""
        return _given_once(self._attributes, file, name) or _given_once(self._attributes, "", name)

    def parameter(self, file: str, name: str) -> Given | None:
        """Return the default of an option, or of a parameter that no call of the project gives."""
        return _given_once(self._parameters, file, name)

    @cached_property
    def _options(self) -> Mapping[str, Sequence[tuple[str, ast.expr]]]:
        given = {word.partition("=")[0] for word in self.command}
        return {module.file: tuple(_options(module, given)) for module in self.modules}

    @cached_property
    def _attributes(self) -> Mapping[tuple[str, str], Sequence[Given]]:
        found: defaultdict[tuple[str, str], list[Given]] = defaultdict(list)
        for module in self.modules:
            for name, node in (*self._options[module.file], *_fields(module)):
                found[module.file, name].append((module, node))
                found["", name].append((module, node))
        return found

    @cached_property
    def _parameters(self) -> Mapping[tuple[str, str], Sequence[Given]]:
        called = _arguments_given(self.modules)
        found: defaultdict[tuple[str, str], list[Given]] = defaultdict(list)
        for module in self.modules:
            for name, node in (*self._options[module.file], *_parameters(module, called)):
                found[module.file, name].append((module, node))
        return found


def _given_once(
    found: Mapping[tuple[str, str], Sequence[Given]], file: str, name: str
) -> Given | None:
    given = found.get((file, name), ())
    alike = len(given) == 1 or len({ast.unparse(node) for _, node in given}) == 1
    return given[0] if alike and given else None


def _options(module: Module, given: Collection[str]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the options of a command line that have a default, by the name of their value."""
    for called, call in module.calls():
        name = method_of(call) or called
        default = argument(call, "default") if name in _OPTIONS else None
        texts = [text for node in call.args if (text := module.text(node))]
        if default is None or not texts or not set(texts).isdisjoint(given):
            continue
        longest = max(texts, key=lambda text: (text.startswith("--"), not text.startswith("-")))
        plain = [text for text in texts if text.isidentifier() and name == "option"]
        told = module.text(argument(call, "dest")) or next(iter(plain), longest)
        yield told.lstrip("-").replace("-", "_"), default


def _fields(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield what fields of classes and attributes of ``self`` are given."""
    for owner in module.of(ast.ClassDef):
        for one in owner.body:
            if isinstance(one, ast.AnnAssign | ast.Assign) and one.value is not None:
                for name in names_of(one):
                    yield name, _default_of_field(module, one.value)
    for target, value, _ in module.given:
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
            yield target.attr, value


def _default_of_field(module: Module, value: ast.expr) -> ast.expr:
    """Return the default that ``Field(default=…)`` and its like declare."""
    if isinstance(value, ast.Call) and module.called(value).lower().endswith("field"):
        return argument(value, "default", 0) or value
    return value


def _arguments_given(modules: Sequence[Module]) -> dict[str, tuple[int, frozenset[str]]]:
    """Return of each function, by its last name, how many arguments calls give, and which."""
    found: dict[str, tuple[int, frozenset[str]]] = {}
    for module in modules:
        for _, call in module.calls():
            name = last_name(call)
            most, names = found.get(name, (0, frozenset()))
            unknown = any(isinstance(one, ast.Starred) for one in call.args)
            named = frozenset(one.arg or "**" for one in call.keywords)
            most = max(most, len(call.args), _DEEPEST if unknown else 0)
            found[name] = (most, names | named)
    return found


def _parameters(
    module: Module, called: Mapping[str, tuple[int, frozenset[str]]]
) -> Iterator[tuple[str, ast.expr]]:
    """Yield the defaults of parameters that no call of the project gives."""
    makers = {
        id(function): owner.name
        for owner in module.of(ast.ClassDef)
        for function in owner.body
        if isinstance(function, FUNCTIONS) and function.name == "__init__"
    }
    for function in module.of(*FUNCTIONS):
        most, names = called.get(makers.get(id(function), function.name), (0, frozenset()))
        positional = positional_of(function)
        own = 1 if positional[:1] in (["self"], ["cls"]) else 0
        for place, (name, default) in enumerate(parameters_of(function).items()):
            taken = place < len(positional) and place - own < most
            if default is not None and not taken and names.isdisjoint({name, "**"}):
                yield name, default


class PathReader:
    """Reads the paths that expressions of one module stand for, in a container's file system.

    ``folder`` of the project is where the application runs.
    """

    def __init__(self, module: Module, known: KnownValues, folder: str = ".") -> None:
        self._module = module
        self._known = known
        self._folder = folder
        self._from = folder
        self._followed: set[int] = set()

    def path(self, node: ast.expr | None, *, whole: bool = False) -> str | None:
        """Return a path, absolute or relative to the root; None where it is not known.

        ``whole``: a plain text is no path, as what methods are called on.
        """
        text = self.text(node)
        plain = isinstance(self._module.named(node), ast.Constant)
        return None if not text or (whole and plain) else self.settle(text)

    def settle(self, text: str) -> str | None:
        """Return a path without dots; None for what lies elsewhere, or in memory."""
        if text.startswith((":memory:", "file:")):
            return None
        path = posixpath.normpath(posixpath.join(self._from, text))
        return None if path.startswith(("..", "~")) or "://" in text or "\n" in text else path

    def text(  # noqa: PLR0911 - one a kind of expression
        self, node: ast.expr | None, depth: int = 0
    ) -> str | None:
        """Return what an expression is as a text, as far as it is one."""
        if node is None or depth > _DEEPEST:
            return None
        self._from = self._from if depth else self._folder
        deeper = depth + 1
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                self._from = "."
                return self._module.file
            value = self._module.values.get(node.id)
            return self._elsewhere(node, deeper) if value is None else self.text(value, deeper)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
            between = "/" if isinstance(node.op, ast.Div) else ""
            return self._joined([node.left, node.right], between, deeper)
        if isinstance(node, ast.JoinedStr):
            return self._joined(node.values, "", deeper)
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value, deeper)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, deeper)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return self.text(node.values[-1], deeper)
        return self._called(node, deeper) if isinstance(node, ast.Call) else None

    def _attribute(self, node: ast.Attribute, depth: int) -> str | None:
        if node.attr == "instance_path":
            return self._instance_folder()
        inner = self.text(node.value, depth) if node.attr == "parent" else None
        if inner is not None:
            return posixpath.dirname(inner) or "."
        return self._elsewhere(node, depth)

    def _elsewhere(self, node: ast.Name | ast.Attribute, depth: int) -> str | None:
        """Return what a name of another module, a setting, an option or a parameter stands for."""
        known, file = self._known, self._module.file
        found = known.constant(self._module.dotted(node))
        if found is None and isinstance(node, ast.Attribute):
            found = known.attribute(file, node.attr)
        elif found is None and isinstance(node, ast.Name) and node.id not in self._module.names:
            found = known.parameter(file, node.id)
        if found is None or id(found[1]) in self._followed:
            return None
        before, self._module = self._module, found[0]
        self._followed.add(id(found[1]))
        try:
            return self.text(found[1], depth)
        finally:
            self._module = before
            self._followed.remove(id(found[1]))

    def _instance_folder(self) -> str:
        """Return where Flask and Quart keep an instance: beside the module, or its top package."""
        self._from = "."
        top = self._module.name.partition(".")[0] if "." in self._module.name else ""
        inside = top or self._module.file.endswith("/__init__.py")
        folder = posixpath.dirname(self._module.file)
        return posixpath.join(self._module.root if inside else folder, "instance")

    def _joined(self, nodes: "list[ast.expr]", between: str, depth: int) -> str | None:
        parts = [self.text(node, depth) for node in nodes]
        if any(part is None for part in parts):
            return None
        texts = [part or "" for part in parts]
        return posixpath.join(*texts) if between else "".join(texts)

    def _called(  # noqa: PLR0911 - one a kind of call
        self, call: ast.Call, depth: int
    ) -> str | None:
        called = self._module.dotted(call.func)
        if called in _HERE or (called in _PATHS and not call.args):
            return "."
        if called == "os.path.join" or (called in _PATHS and len(call.args) > 1):
            return self._joined(call.args, "/", depth)
        if called in _SAME or called.rpartition(".")[2] == "str":
            return self.text(call.args[0], depth) if call.args else None
        if called == "os.path.dirname" and call.args:
            inner = self.text(call.args[0], depth)
            return None if inner is None else posixpath.dirname(inner) or "."
        if called in READS:
            name = self._module.text(call.args[0] if call.args else None)
            told = self._known.environment.get(name)
            return self.text(argument(call, "default", 1), depth) if told is None else told
        if isinstance(call.func, ast.Attribute):
            inner = self.text(call.func.value, depth)
            if inner is not None and call.func.attr == "joinpath":
                return self._joined([call.func.value, *call.args], "/", depth)
            return inner if call.func.attr in _UNCHANGED else None
        return None
