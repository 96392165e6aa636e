"""Follows what a script does for certain with the arguments of a command; nothing is run."""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from scaffold.model.project import Origin
from scaffold.project.source_modules import Module, is_main_guard
from scaffold.project.syntax import (
    FUNCTIONS,
    Function,
    is_none,
    last_name,
    owner_of,
    parameters_of,
    positional_of,
)

_UNKNOWN: Any = object()
_MOST = 200  # functions that are followed
_COMPARES: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, row: one in row,
    ast.NotIn: lambda one, row: one not in row,
}
# What only says something, and what ends the program besides.
_TELLS = re.compile(
    r"(?i)print\w*|\w*(?:usage|help|syntax)\w*|write|flush|s?echo|debug|info|warn(?:ing)?"
    r"|critical|exception|log|format|basename|\w*exit|quit|error"
)
_EXITS = frozenset({"exit", "_exit", "quit"})
_PARSER = re.compile(r"(?i)pars")
_CATCHES = frozenset({"IndexError", "LookupError", "ValueError", "Exception", "BaseException"})


def find_end(
    module: Module, modules: Sequence[Module], words: Sequence[str], name: str = ""
) -> Origin | None:
    """Return where a script ends at once with its arguments, None where nothing tells that.

    ``name`` is the function that is called, empty where the file itself is run.
    """
    functions = {
        f"{one.name or one.file}.{function.name}": (one, function)
        for one in modules
        for function in one.tree.body
        if isinstance(function, FUNCTIONS)
    }
    run = _Run(functions=functions, words=[module.file, *words])
    try:
        run.block(_Frame(module=module), module.tree.body, main=not name, last=not name)
        if name in functions:
            run.call(name, ())
    except _EndedError as ended:
        return ended.origin
    except (_StoppedError, RecursionError):
        pass
    return None


class _EndedError(Exception):
    """The program ends for want of arguments."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(str(origin))
        self.origin = origin


class _StoppedError(Exception):
    """The program, or a function of it, ends for another reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """A module or function that is followed; ``known`` are its names with what argv gives."""

    module: Module
    known: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Run:
    """Follows the statements that run for certain, as far as ``sys.argv`` alone decides."""

    functions: Mapping[str, tuple[Module, Function]]
    words: list[str]
    followed: set[str] = field(default_factory=set)

    def block(
        self, frame: _Frame, body: Sequence[ast.stmt], *, main: bool = False, last: bool = False
    ) -> None:
        """Follow statements; ``last`` tells that nothing runs after them."""
        for at, statement in enumerate(body):
            self.statement(frame, statement, main=main, last=last and at == len(body) - 1)

    def statement(self, frame: _Frame, node: ast.stmt, *, main: bool, last: bool) -> None:
        """Follow one statement. Raises what ends the program or the function."""
        if isinstance(node, ast.If):
            self.branch(frame, node, main=main, last=last)
        elif isinstance(node, ast.Try):
            self.attempt(frame, node, last=last)
        elif isinstance(node, ast.With | ast.AsyncWith) and not _suppresses(node):
            self.block(frame, node.body, last=last)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = self.value(frame, node.value)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self.assign(frame, target, value)
        elif isinstance(node, ast.Return | ast.Raise | ast.Expr):
            self.children(frame, node)
            if not isinstance(node, ast.Expr) or _exits(node.value):
                raise _StoppedError
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            self.forget(frame, node)

    def branch(self, frame: _Frame, node: ast.If, *, main: bool, last: bool) -> None:
        """Follow what a test leads to, if that is known."""
        guard = is_main_guard(node)
        value = main if guard else self.value(frame, node.test)
        if value is _UNKNOWN:
            self.forget(frame, node)
            return
        taken = node.body if value else node.orelse
        if not guard and taken and self.only_tells(frame.module, taken, last=last):
            raise _EndedError(frame.module.origin(node))
        self.block(frame, taken, last=last or (guard and bool(value)))

    def attempt(self, frame: _Frame, node: ast.Try, *, last: bool) -> None:
        """Follow a body whose failure may be handled, and then what it says."""
        try:
            self.block(frame, node.body)
        except _EndedError:
            for handler in node.handlers:
                kinds = ast.walk(handler.type) if handler.type else ()
                names = {one.id for one in kinds if isinstance(one, ast.Name)}
                if handler.type is None or names & _CATCHES:
                    if self.only_tells(frame.module, handler.body, last=last):
                        raise
                    self.forget(frame, node)
                    return
            raise
        self.block(frame, [*node.orelse, *node.finalbody], last=last)

    def only_tells(self, module: Module, body: Sequence[ast.stmt], *, last: bool) -> bool:
        """Tell whether statements say something and end the program, and nothing else."""
        calls = [one for part in body for one in ast.walk(part) if isinstance(one, ast.Call)]
        plain = (ast.Expr, ast.Assign, ast.Return, ast.Raise, ast.Pass)
        if not calls or not all(isinstance(one, plain) for one in body):
            return False
        raises = isinstance(body[-1], ast.Raise)
        if not raises and not all(_TELLS.fullmatch(last_name(one)) for one in calls):
            return False
        return last or raises or isinstance(body[-1], ast.Return) or self.ends(module, body[-1])

    def ends(self, module: Module, node: ast.stmt) -> bool:
        """Tell whether a statement exits, also by a function of the project that does."""
        call = node.value if isinstance(node, ast.Expr) else None
        known = self.functions.get(module.called(call))
        inner = known[1].body[-1] if known else node
        return any(isinstance(one, ast.Expr) and _exits(one.value) for one in (node, inner))

    def call(self, name: str, given: Sequence[Any]) -> None:
        """Follow a function of the project, once: each calls others."""
        if name in self.followed or len(self.followed) == _MOST:
            return
        self.followed.add(name)
        module, function = self.functions[name]
        names, defaults = positional_of(function), parameters_of(function)
        known = {name: None for name in names if is_none(defaults[name])}
        known |= dict(zip(names, given, strict=False))
        frame = _Frame(module=module, known={k: v for k, v in known.items() if v is not _UNKNOWN})
        with suppress(_StoppedError):
            self.block(frame, function.body, last=True)

    def value(self, frame: _Frame, node: ast.AST) -> Any:
        """Return what an expression is by argv alone. Raises for an argument that is missing."""
        follows: Callable[..., Any] = _VALUES.get(type(node), _Run.children)
        return follows(self, frame, node)

    def constant(self, _frame: _Frame, node: ast.Constant) -> Any:
        return node.value

    def unknown(self, _frame: _Frame, _node: ast.expr) -> Any:
        return _UNKNOWN

    def name(self, frame: _Frame, node: ast.Name | ast.Attribute) -> Any:
        if isinstance(node, ast.Name) and node.id in frame.known:
            return frame.known[node.id]
        known = frame.module.dotted(node) == "sys.argv"
        return [*self.words] if known else self.children(frame, node)

    def unary(self, frame: _Frame, node: ast.UnaryOp) -> Any:
        """Return what ``not`` and ``-`` make of a known value."""
        value = self.value(frame, node.operand)
        if isinstance(node.op, ast.Not) and value is not _UNKNOWN:
            return not value
        return -value if isinstance(node.op, ast.USub) and isinstance(value, int) else _UNKNOWN

    def either(self, frame: _Frame, node: ast.BoolOp) -> Any:
        """Return the value that decides, as ``and`` and ``or`` do."""
        value = _UNKNOWN
        for one in node.values:
            value = self.value(frame, one)
            if value is _UNKNOWN or bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def chosen(self, frame: _Frame, node: ast.IfExp) -> Any:
        test = self.value(frame, node.test)
        side = node.body if test else node.orelse
        return _UNKNOWN if test is _UNKNOWN else self.value(frame, side)

    def row(self, frame: _Frame, node: ast.List | ast.Tuple) -> Any:
        return [self.value(frame, one) for one in node.elts]

    def children(self, frame: _Frame, node: ast.AST) -> Any:
        for one in ast.iter_child_nodes(node):
            if isinstance(one, ast.expr | ast.keyword | ast.FormattedValue):
                self.value(frame, one)
        return _UNKNOWN

    def result(self, frame: _Frame, node: ast.Call) -> Any:
        """Return what a call gives: of ``len``, getopt and parsers; others are followed."""
        if (owner := owner_of(node)) is not None:
            self.value(frame, owner)
        given = [self.value(frame, one) for one in node.args]
        for keyword in node.keywords:
            self.value(frame, keyword.value)
        name = frame.module.dotted(node.func)
        if isinstance(node.func, ast.Name) and node.func.id == "len" and len(given) == 1:
            return len(given[0]) if isinstance(given[0], list) else _UNKNOWN
        if name.startswith("getopt.") and given and given[0] == []:
            return [[], []]
        if last_name(node) == "parse_args" and not given and len(self.words) == 1:
            return [_UNKNOWN, []]  # optparse's; argparse's is not unpacked
        if name in self.functions:
            self.call(name, given)
        return _UNKNOWN

    def part(self, frame: _Frame, node: ast.Subscript) -> Any:
        row = self.value(frame, node.value)
        if not isinstance(row, list):
            return _UNKNOWN
        if isinstance(node.slice, ast.Slice):
            ends = [node.slice.lower, node.slice.upper, node.slice.step]
            at = [None if one is None else self.value(frame, one) for one in ends]
            known = all(one is None or isinstance(one, int) for one in at)
            return row[slice(*at)] if known else _UNKNOWN
        index = self.value(frame, node.slice)
        if not isinstance(index, int):
            return _UNKNOWN
        if not -len(row) <= index < len(row):
            raise _EndedError(frame.module.origin(node))
        return row[index]

    def compare(self, frame: _Frame, node: ast.Compare) -> Any:
        """Return what one comparison of known values gives."""
        sides = [self.value(frame, one) for one in (node.left, *node.comparators)]
        compares = _COMPARES[type(node.ops[0])]
        if len(sides) > 2 or any(one is _UNKNOWN for one in sides):  # noqa: PLR2004 - a < b < c
            return _UNKNOWN
        try:
            return compares(*sides)
        except TypeError:
            return _UNKNOWN

    def assign(self, frame: _Frame, target: ast.expr, value: Any) -> None:
        """Keep what a name is, item by item of what is unpacked."""
        if isinstance(target, ast.Name):
            frame.known.pop(target.id, None)
            whole = isinstance(value, list) and _UNKNOWN not in value
            if whole or (isinstance(value, str) and value in self.words):
                frame.known[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            starred = any(isinstance(one, ast.Starred) for one in target.elts)
            if isinstance(value, list) and not starred and len(value) != len(target.elts):
                raise _EndedError(frame.module.origin(target))
            unpacked = value if isinstance(value, list) and not starred else None
            for at, one in enumerate(target.elts):
                self.assign(frame, one, unpacked[at] if unpacked else _UNKNOWN)

    def forget(self, frame: _Frame, node: ast.AST) -> None:
        """Drop the names that statements assign which may or may not run."""
        for one in ast.walk(node):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                frame.known.pop(one.id, None)


def _suppresses(node: ast.With | ast.AsyncWith) -> bool:
    opened = [one.context_expr for one in node.items]
    return any(isinstance(one, ast.Call) and last_name(one) == "suppress" for one in opened)


def _exits(call: ast.AST) -> bool:
    if not isinstance(call, ast.Call):
        return False
    name, owner = last_name(call), owner_of(call)
    parser = name == "error" and owner is not None and _PARSER.search(ast.unparse(owner))
    return name in _EXITS or bool(parser)


_VALUES: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Constant: _Run.constant,
    ast.Name: _Run.name,
    ast.Attribute: _Run.name,
    ast.Subscript: _Run.part,
    ast.UnaryOp: _Run.unary,
    ast.BoolOp: _Run.either,
    ast.IfExp: _Run.chosen,
    ast.Compare: _Run.compare,
    ast.List: _Run.row,
    ast.Tuple: _Run.row,
    ast.Call: _Run.result,
    **dict.fromkeys((ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp), _Run.unknown),
}
