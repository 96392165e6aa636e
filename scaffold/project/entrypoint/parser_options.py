"""The options that parsers of the application take: of argparse, click, typer and their like."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaffold.project.entrypoint.commands import list_commands
from scaffold.project.source_modules import Module
from scaffold.project.syntax import (
    FUNCTIONS,
    Function,
    argument,
    first_of,
    method_of,
    owner_of,
    texts_in,
)


def decorators_in(module: Module) -> Iterator[ast.Call]:
    """Yield the calls that decorate functions."""
    found = (one for function in module.of(*FUNCTIONS) for one in function.decorator_list)
    return (one for one in found if isinstance(one, ast.Call))


# What says that an option is for where to listen, and not for what to ask.
_BINDS = re.compile(r"--?(?:bind|listen|interface)\b")
_SAYS = re.compile(r"(?i)\b(?:listen|bind|expose)|0\.0\.0\.0|\bserve (?:on|at|from)\b")
_ASKS = re.compile(r"(?i)mqtt|broker|connect to|redis|database|upstream|\bremote (?:host|server)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserOption:
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


def default_command(module: Module) -> str:
    """Return the command that a click group runs where none is named, if it is one with a name."""
    calls = (call for call in decorators_in(module) if module.called(call) == "click.group")
    return next((text for one in calls if (text := module.text(argument(one, "default")))), "")


def list_options(module: Module) -> Iterator[ParserOption]:
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


def _of_typer(module: Module, function: Function, command: str) -> Iterator[ParserOption]:
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
) -> ParserOption:
    call = node if isinstance(node, ast.Call) else None
    names = tuple(text.partition("/")[0] for text in texts if text.startswith("-"))
    long = [one for one in names if one.startswith("--")] or list(names) or [""]
    given = module.text(argument(call, "dest")) if call else ""
    named = next((text for text in texts if not text.startswith("-")), "")
    dest = given or named or long[0].lstrip("-").replace("-", "_")
    return ParserOption(
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
