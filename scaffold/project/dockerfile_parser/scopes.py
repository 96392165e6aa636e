"""What holds at each instruction: variables, folder, user, shell, stage by stage."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scaffold.model.dockerfile import Instruction, Scope

_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?:(:?[-+?])([^}]*))?\}|([A-Za-z_]\w*))")
_PAIR = re.compile(r"([^\s=\"'$]+)=((?:\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'\\])*)", re.DOTALL)


_QUOTED = re.compile(r"\A\"([^\"]*)\"\Z")  # a default (${A:-"b"}): a shell takes the quotes away


def expand(text: str, look_up: Callable[[str], str | None], escape: str = "\\") -> str:
    """Return a text with its variables filled in; what nobody knows stays as it is written."""

    def fill(found: re.Match[str]) -> str:
        name = found[1] or found[4]
        value = look_up(name)
        if found[2] in {":-", "-"} and not value:
            return _NAME.sub(fill, _QUOTED.sub(r"\1", found[3]))
        if found[2] in {":+", "+"}:
            return _NAME.sub(fill, found[3]) if value else ""
        return found[0] if value is None else value

    pieces = re.split(rf"({re.escape(escape)}\$)", text)
    return "".join(
        "$" if number % 2 else _NAME.sub(fill, piece) for number, piece in enumerate(pieces)
    )


def names_in(text: str, escape: str = "\\") -> Iterator[tuple[str, bool, int]]:
    """Yield (name, has a default of its own, offset) of each variable in a text."""
    for found in _NAME.finditer(text):
        if found.start() == 0 or text[found.start() - 1] not in {escape, "$"}:
            yield found[1] or found[4], bool(found[2]), found.start()


def pairs_of(text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of ENV and LABEL, quotes removed; the old form has one pair and no ``=``."""
    if is_old_form(text):
        name, _, value = text.strip().partition(" ")
        return ((name, unquote(value.strip())),) if name else ()
    return tuple((found[1], unquote(found[2])) for found in _PAIR.finditer(text))


def is_old_form(text: str) -> bool:
    """Tell whether ENV is written without ``=``, as ``ENV name value``."""
    words = text.split(maxsplit=1)
    return bool(words) and "=" not in words[0]


def unquote(text: str) -> str:
    """Return a value without its quotes and escapes."""
    return re.sub(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'|\\(.)", _bare, text, flags=re.DOTALL)


def _bare(found: re.Match[str]) -> str:
    if found[1] is not None:
        return re.sub(r"\\([\"\\$])", r"\1", found[1])
    return found[2] if found[2] is not None else found[3]


# What a builder sets by itself; its values depend on the machine and on the target.
BUILT_IN = frozenset(
    f"{side}{what}"
    for side in ("TARGET", "BUILD")
    for what in ("PLATFORM", "OS", "ARCH", "VARIANT")
) | {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}


@dataclass(slots=True)
class Scopes:
    """Follows a file from top to bottom and keeps what each stage ended with."""

    escape: str
    head: dict[str, str | None] = field(default_factory=dict)
    ends: dict[int, Scope] = field(default_factory=dict)

    def before_stages(self, found: Sequence[Instruction]) -> Iterator[Instruction]:
        """Give the arguments before the first stage their scope."""
        for one in found:
            yield replace(one, scope=Scope(arguments=dict(self.head)))
            for name, value in argument_pairs(one.text):
                filled = None if value is None else self.fill_head(value)
                self.head[name] = filled

    def fill_head(self, text: str) -> str:
        """Fill in what was declared before the first stage."""
        return expand(text, self.head.get, self.escape)

    def of_stage(
        self, steps: Iterable[Instruction], number: int, parent: int | None
    ) -> Iterator[Instruction]:
        """Give the steps of a stage their scope; a stage continues where its parent ended."""
        scope = Scope() if parent is None else self.ends[parent]
        for one in steps:
            scoped = replace(one, scope=scope)
            if one.inner is not None:
                scoped = replace(scoped, inner=replace(one.inner, scope=scope))
            else:
                scope = self._after(one, scope)
            yield scoped
        self.ends[number] = scope

    def _after(self, one: Instruction, scope: Scope) -> Scope:
        def fill(text: str) -> str:
            return fill_in(text, scope, self.escape)

        match one.keyword:
            case "ENV":
                pairs = {name: fill(value) for name, value in pairs_of(one.text)}
                return replace(scope, environment={**scope.environment, **pairs})
            case "ARG":
                known = dict(scope.arguments)
                for name, value in argument_pairs(one.text):
                    known[name] = self.head.get(name) if value is None else fill(value)
                return replace(scope, arguments=known)
            case "WORKDIR":
                path = fill(unquote(one.text))
                return replace(scope, workdir=posixpath.join(scope.workdir or "/", path))
            case "USER":
                return replace(scope, user=fill(unquote(one.text)))
            case "SHELL" if one.words is not None:
                return replace(scope, shell=one.words)
        return scope


def fill_in(text: str, scope: Scope, escape: str = "\\") -> str:
    """Fill in the variables of a stage; ENV wins over ARG, as in a build."""

    def look_up(name: str) -> str | None:
        return scope.environment.get(name, scope.arguments.get(name))

    return expand(text, look_up, escape)


def argument_pairs(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield what ARG declares, None where it gives no default."""
    rest = text
    while rest.strip():
        head, equals, tail = rest.strip().partition("=")
        if not equals or " " in head or "\t" in head:
            name, _, rest = rest.strip().partition(" ")
            yield name, None
            continue
        pair = pairs_of(f"{head}={tail}")
        if not pair:
            return
        yield pair[0]
        rest = tail[_width(tail) :]


def _width(tail: str) -> int:
    """Return how many characters the first value of a tail takes."""
    at, quote = 0, ""
    while at < len(tail) and (quote or not tail[at].isspace()):
        char = tail[at]
        if char == "\\" and quote != "'":
            at += 1
        elif quote or char in "'\"":
            quote = "" if char == quote else quote or char
        at += 1
    return at
