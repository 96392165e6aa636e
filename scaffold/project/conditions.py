"""Under what conditions the nodes of a module run, as far as every image has the same."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from scaffold.assembler.syntax import INNER, walk
from scaffold.project.syntax import (
    names_of,
)

# What these are in every image; what depends on the architecture or the Python is left open.
_KNOWN: Mapping[str, object] = {
    "sys.platform": "linux",
    "os.name": "posix",
    "platform.system": "Linux",
    "six.PY2": False,
    "six.PY3": True,
    "typing.TYPE_CHECKING": False,
    "typing_extensions.TYPE_CHECKING": False,
}
# What tells which Python runs, by the part of its version.
_VERSIONS: Mapping[str, str] = {
    "sys.version_info": "whole",
    "sys.version_info.major": "major",
    "sys.version": "texts",
    "platform.python_version": "texts",
    "platform.python_version_tuple": "texts",
    "sys.hexversion": "hex",
}
PROBES = frozenset(
    {
        *("shutil.which", "os.path.exists", "os.path.isfile", "importlib.util.find_spec"),
        *("ctypes.util.find_library", "os.access"),
    }
)
_LEAVES = frozenset({"sys.exit", "exit", "quit", "os._exit"})
_EVERYTHING = "Exception"
_COMPARES: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: lt,
    ast.LtE: le,
    ast.Eq: eq,
    ast.NotEq: ne,
    ast.GtE: ge,
    ast.Gt: gt,
}
# What runs of these, or whether, is not what runs around them; and the fields of statements.
_DECIDES = frozenset(
    {
        *(ast.If, ast.IfExp, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.BoolOp),
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda),
    }
)
_BLOCKS = frozenset({"body", "orelse"})
_OLDEST = (3, 10)  # Python in a base; a release of it is more, as (3, 10, 4) > (3, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a node stands.

    ``function``: it runs when something is called, ``main``: below ``if __name__ == "__main__"``,
    ``asked``: a condition that asks for it, or a handler, decides whether it runs, ``chosen``: any
    other condition that is not the same in every container. ``handles`` are the exceptions that do
    not end the program, by their last names.
    """

    function: bool = False
    main: bool = False
    asked: bool = False
    chosen: bool = False
    handles: frozenset[str] = frozenset()

    def survives(self, *exceptions: str) -> bool:
        """Tell whether one of these exceptions, each with its bases, does not end the program."""
        return not self.handles.isdisjoint({*exceptions, _EVERYTHING, "BaseException"})


class Conditions:
    """Reads one module. ``dotted`` tells what a name stands for, ``values`` names assigned once.

    ``flags`` are the full names that tell whether something is installed, ``systems`` those that
    are the same in every image.
    """

    def __init__(
        self,
        dotted: Callable[[ast.AST], str],
        values: Mapping[str, ast.expr],
        flags: AbstractSet[str] = frozenset(),
        systems: Mapping[str, object] | None = None,
    ) -> None:
        self._dotted = dotted
        self._known = {**_KNOWN, **(systems or {})}
        self._values = values
        self._flags = flags

    def places(self, tree: ast.Module, assignments: Iterable[ast.Assign]) -> dict[int, Place]:
        """Return the place of each node, by its id; nodes that never run have none."""
        self._values = {**self._systems(assignments), **self._values}
        found: dict[int, Place] = {}
        waiting: list[tuple[ast.AST, Place]] = [(tree, Place())]
        while waiting:
            first, place = waiting.pop()
            alike = [first]
            for node in alike:
                found[id(node)] = place
                kind = node.__class__
                if kind in _DECIDES:
                    waiting.extend(self._inside(node, place))
                    continue
                for field in INNER.get(kind, ()):
                    value = getattr(node, field)
                    if not isinstance(value, list):
                        alike.append(value)
                    elif field in _BLOCKS:
                        alike.extend(one for one, _ in self._block(value, place))
                    else:
                        alike += value
        return found

    def _systems(self, assignments: Iterable[ast.Assign]) -> dict[str, ast.expr]:
        """Return the names that are given the system, and nothing else, be it more than once."""
        given: dict[str, list[ast.expr]] = {}
        for node in assignments:
            for name in names_of(node):
                given.setdefault(name, []).append(node.value)
        return {
            name: values[0]
            for name, values in given.items()
            if all(self._is_known(one) and isinstance(self._value(one), str) for one in values)
            and len({ast.dump(one) for one in values}) == 1
        }

    def _is_known(self, node: ast.expr) -> bool:
        return self._dotted(node.func if isinstance(node, ast.Call) else node) in self._known

    def _inside(self, node: ast.AST, place: Place) -> Iterator[tuple[ast.AST, Place]]:
        if isinstance(node, ast.If | ast.IfExp):
            yield from self._branches(node, place)
        elif isinstance(node, ast.Try | ast.TryStar):
            yield from self._attempt(node, place)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            body = node.body if isinstance(node.body, list) else [node.body]
            within = {id(one) for one in body}
            outside = (one for one in ast.iter_child_nodes(node) if id(one) not in within)
            yield from ((one, place) for one in outside)
            yield from self._block(body, replace(place, function=True, handles=frozenset()))
        elif isinstance(node, ast.With | ast.AsyncWith):
            caught = frozenset(
                name
                for item in node.items
                if isinstance(item.context_expr, ast.Call)
                and self._dotted(item.context_expr.func).endswith("suppress")
                for argument in item.context_expr.args
                for name in self._names(argument)
            )
            yield from ((item, place) for item in node.items)
            yield from self._block(node.body, replace(place, handles=place.handles | caught))
        elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            # What follows is taken where the first gives nothing, so the first may fail.
            yield node.values[0], replace(place, asked=True)
            yield from ((one, place) for one in node.values[1:])
        else:
            yield from ((one, place) for one in ast.iter_child_nodes(node))

    def _block(self, nodes: Sequence[ast.AST], place: Place) -> Iterator[tuple[ast.AST, Place]]:
        """Yield the nodes up to one that surely leaves the block."""
        for node in nodes:
            yield node, place
            taken = node.body if isinstance(node, ast.If) and self.known(node.test) is True else ()
            if taken and isinstance(taken[-1], ast.Return | ast.Raise | ast.Continue | ast.Break):
                return

    def _branches(self, node: ast.If | ast.IfExp, place: Place) -> Iterator[tuple[ast.AST, Place]]:
        known = self.known(node.test)
        test = walk(node.test)
        asks = place.asked or self._asks(test)
        # Who asks for a program and ends without it needs it all the same.
        ends = isinstance(node, ast.If) and self._gives_up(node.body)
        yield node.test, replace(place, asked=place.asked or (asks and not ends))
        main = any(isinstance(one, ast.Name) and one.id == "__name__" for one in test)
        chosen = place.chosen or (known is None and not main)
        inner = replace(place, asked=asks, main=place.main or main, chosen=chosen)
        # What follows «if not installed» stands where something is.
        asked = asks if _is_negated(node.test) else place.asked
        other = replace(place, asked=asked, chosen=chosen)
        branches = ((node.body, known is not False, inner), (node.orelse, known is not True, other))
        for branch, runs, where in branches:
            if runs:
                nodes = branch if isinstance(branch, list) else [branch]
                yield from self._block(nodes, where)

    def _attempt(
        self, node: ast.Try | ast.TryStar, place: Place
    ) -> Iterator[tuple[ast.AST, Place]]:
        caught = {
            name
            for handler in node.handlers
            if not self._gives_up(handler.body)
            for name in (self._names(handler.type) if handler.type else [_EVERYTHING])
        }
        yield from self._block(node.body, replace(place, handles=place.handles | caught))
        for handler in node.handlers:
            yield handler, replace(place, asked=True)
        yield from self._block(node.orelse, replace(place, asked=place.asked or bool(caught)))
        yield from self._block(node.finalbody, place)

    def _gives_up(self, body: Sequence[ast.stmt]) -> bool:
        """Tell whether a handler ends the program all the same."""
        last = body[-1] if body else None
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            name = self._dotted(last.value.func)
            return name in _LEAVES or name.rpartition(".")[2] in {"exit", "quit"}
        return isinstance(last, ast.Raise)

    def _names(self, node: ast.expr) -> list[str]:
        nodes = node.elts if isinstance(node, ast.Tuple) else [node]
        return [self._dotted(one).rpartition(".")[2] for one in nodes]

    def _asks(self, inside: Sequence[ast.AST]) -> bool:
        """Tell whether the nodes of a condition ask for what is there."""
        named = (node.id for node in inside if isinstance(node, ast.Name))
        values = (walk(self._values[name]) for name in named if name in self._values)
        return any(
            self._dotted(inner) in self._flags or is_probe(inner, self._dotted)
            for inner in chain(inside, chain.from_iterable(values))
        )

    def known(self, test: ast.expr) -> bool | None:
        """Return what a condition is in every container, None where that depends."""
        if isinstance(test, ast.BoolOp):
            parts = [self.known(one) for one in test.values]
            deciding = isinstance(test.op, ast.Or)
            if deciding in parts:
                return deciding
            return None if None in parts else not deciding
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.known(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return self._compare(test.left, test.ops[0], test.comparators[0])
        value = self._value(test)
        return value if isinstance(value, bool) else None

    def _compare(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool | None:
        part = self._version_part(left)
        if part:
            return _for_every_python(operator, right, part)
        one = self._value(left)
        texts = right.elts if isinstance(right, ast.List | ast.Tuple | ast.Set) else [right]
        others = [self._value(text) for text in texts]
        if not isinstance(one, str) or not all(isinstance(other, str) for other in others):
            return None
        single = texts[0] is right
        if isinstance(operator, ast.Eq | ast.NotEq) and single:
            return (one == others[0]) is isinstance(operator, ast.Eq)
        if isinstance(operator, ast.In | ast.NotIn):
            inside = one in str(others[0]) if single else one in others
            return inside is isinstance(operator, ast.In)
        return None

    def _version_part(self, node: ast.expr, steps: int = 5) -> str:
        """Return which part of the running Python's version a node is, or nothing.

        ``whole`` is ``sys.version_info``, or its first numbers; ``major`` 3, ``text`` "3", ``hex``
        ``sys.hexversion``. Names are followed so many ``steps``.
        """
        part = _VERSIONS.get(self._dotted(node.func if isinstance(node, ast.Call) else node), "")
        if part or not steps:
            return part
        if isinstance(node, ast.Name) and node.id in self._values:
            return self._version_part(self._values[node.id], steps - 1)
        if isinstance(node, ast.Attribute) and node.attr == "major":
            return "major" if self._version_part(node.value, steps - 1) == "whole" else ""
        if not isinstance(node, ast.Subscript):
            return ""
        inner = self._version_part(node.value, steps - 1)
        if isinstance(node.slice, ast.Slice):
            start = node.slice.lower
            first = start is None or (isinstance(start, ast.Constant) and start.value == 0)
            return inner if inner == "whole" and first and node.slice.step is None else ""
        first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        return {"whole": "major", "texts": "text"}.get(inner, "") if first else ""

    def _value(self, node: ast.expr) -> object:
        """Return a text or truth value that is the same in every container, or None."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name) and node.id in self._values:
            inner = self._values[node.id]
            known = self.known(inner)
            return self._value(inner) if known is None else known
        if isinstance(node, ast.Call):
            return self._called(node)
        return self._known.get(self._dotted(node))

    def _called(self, call: ast.Call) -> object:
        name = self._dotted(call.func)
        if name in self._known:
            return self._known[name]
        if name.rpartition(".")[2] == "getattr" and len(call.args) == 3:  # noqa: PLR2004
            frozen = self._dotted(call.args[0]) == "sys" and self._value(call.args[1]) == "frozen"
            return False if frozen else None
        if not isinstance(call.func, ast.Attribute):
            return None
        text = self._value(call.func.value)
        if isinstance(text, str) and call.func.attr in {"lower", "upper", "casefold"}:
            return str(getattr(text, call.func.attr)())
        if isinstance(text, str) and call.func.attr == "startswith" and call.args:
            first = call.args[0]
            nodes = first.elts if isinstance(first, ast.Tuple) else [first]
            starts = [self._value(one) for one in nodes]
            known = all(isinstance(one, str) for one in starts)
            return text.startswith(tuple(map(str, starts))) if known else None
        return None


def _for_every_python(operator: ast.cmpop, right: ast.expr, part: str) -> bool | None:
    """Return what ``sys.version_info < (3, 9)`` is for every Python that an image may have."""
    try:
        asked = ast.literal_eval(right)
    except ValueError:
        return None
    if part in {"major", "text"}:
        compare = _COMPARES.get(type(operator))
        major = _OLDEST[0] if part == "major" else str(_OLDEST[0])
        return compare(major, asked) if compare and type(asked) is type(major) else None
    if part == "hex":
        asked = (asked >> 24, asked >> 16 & 0xFF) if isinstance(asked, int) else None
    numbers = isinstance(asked, tuple) and all(isinstance(one, int) for one in asked)
    if not numbers or asked > _OLDEST:
        return None
    if isinstance(operator, ast.Eq | ast.NotEq):
        return isinstance(operator, ast.NotEq) if asked < _OLDEST[:1] else None
    if isinstance(operator, ast.Lt | ast.LtE):
        return False
    return True if isinstance(operator, ast.Gt | ast.GtE) else None


def is_probe(node: ast.AST, dotted: Callable[[ast.AST], str]) -> bool:
    """Tell whether a node asks whether something is there."""
    return isinstance(node, ast.Call) and dotted(node.func) in PROBES


def _is_negated(test: ast.expr) -> bool:
    """Tell whether a condition holds where something is absent (``not x``, ``x is None``)."""
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.Is | ast.Eq)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
