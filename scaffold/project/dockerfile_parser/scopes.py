"""What holds at each instruction: variables, folder, user, shell, stage by stage."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scaffold.model.dockerfile import Instruction, Scope
from scaffold.project.dockerfile_parser.variables import expand, pairs_of, unquote

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
        scope = Scope() if parent is None else replace(self.ends[parent], arguments={})
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
