"""What a package loads because a text names it: drivers, Django's applications, workers."""

import ast
import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from scaffold.project.source_modules import Module
from scaffold.project.syntax import argument, first_of, names_of

_URL = re.compile(
    r"((?:postgres(?:ql)?|mysql|mariadb|sqlite|oracle|mssql)(?:\+\w+)?|rediss?|socks[45][ah]?)://"
)
_BACKEND = re.compile(r"django\.(?:db|core\.cache)\.backends\.\w+(?:\.\w+)?")
_ENGINES = ("create_engine", "create_async_engine")
# Options with which a call chooses what works for it.
_CHOOSES = ("features", "engine", "backend", "driver", "async_mode")
_LISTED = re.compile(r"\w*APPS|MIDDLEWARE(?:_CLASSES)?")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
# The options with which a server's command names what its workers run on, and gunicorn's setting.
_WORKERS = {
    "gunicorn": ("gunicorn.worker", ("-k", "--worker-class")),
    "celery": ("celery.pool", ("-P", "--pool")),
}
_SETTING = "worker_class"


def find_backends(module: Module) -> Iterator[tuple[str, str, ast.AST]]:
    """Yield (code, value, node): ``names-backend`` for a text, ``calls`` where an engine is made.

    The value is ``url`` and the scheme of an address, ``backend`` and the dotted name of one of
    Django's, or what is called, ``()`` and a name that the call chooses by.
    """
    for text, node in module.texts:
        if found := _URL.match(text):
            yield "names-backend", f"url {found[1]}", node
        elif _BACKEND.fullmatch(text):
            yield "names-backend", f"backend {text}", node
    for called, call in module.calls():
        options = (argument(call, name) for name in _CHOOSES)
        second = call.args[1] if call.args[1:] else next(filter(None, options), None)
        if _DOTTED.fullmatch(chosen := module.text(second)):
            yield "calls", f"{called}() {chosen}", call
        first = module.named(first_of(call) if called.endswith(_ENGINES) else None)
        if isinstance(first, ast.JoinedStr) and first.values:
            first = first.values[0]
        if found := _URL.match(module.text(first)):
            yield "calls", f"url {found[1]}", call


def find_listed(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the modules that Django's settings list as applications and middleware."""
    if "INSTALLED_APPS" not in {
        one.id for one in module.of(ast.Name) if isinstance(one.ctx, ast.Store)
    }:
        return
    lists: list[ast.Assign | ast.AugAssign] = [*module.of(ast.Assign), *module.of(ast.AugAssign)]
    for given in lists:
        if any(map(_LISTED.fullmatch, names_of(given))):
            for node in ast.walk(given.value):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and _DOTTED.fullmatch(text):
                    yield text.partition(".")[0], node


def find_workers(command: Sequence[str], modules: Sequence[Module]) -> Iterator[tuple[str, str]]:
    """Yield (code, value) for what the command of a server names that its workers run on."""
    words = command[2:] if tuple(command[:2]) == ("python", "-m") else command
    if not words or words[0] not in _WORKERS:
        return
    name, options = _WORKERS[words[0]]
    chosen = option_value(words, *options)
    if not chosen and words[0] == "gunicorn":
        file = gunicorn_settings(words)
        settings = (one for one in modules if one.file == file)
        chosen = next((one.text(one.values.get(_SETTING)) for one in settings), "")
    if chosen:
        yield "calls", f"{name} {chosen}"
        if "." in chosen and not chosen.startswith("gunicorn."):
            yield "imports", chosen.partition(".")[0]


def gunicorn_settings(command: Sequence[str]) -> str:
    """Return the settings file that gunicorn reads: one that an option names, or its own."""
    named = option_value(command, "-c", "--config").removeprefix("file:")
    return posixpath.normpath(named or "gunicorn.conf.py")


def option_value(words: Sequence[str], *names: str) -> str:
    """Return the value of an option of a command, empty where it is not given."""
    for word, following in pairwise((*words, "")):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else following
    return ""
