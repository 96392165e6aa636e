"""The port that an application listens on, as its sources or its server's settings say."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.project import Found, Origin, Start
from scaffold.project.entrypoint import EVERYWHERE
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.entrypoint.listening import find_datagrams, find_listening, split_address
from scaffold.project.named_backends import gunicorn_settings
from scaffold.project.source_modules import Module
from scaffold.project.syntax import READS, SETS, argument, first_of, method_of, names_of
from scaffold.project.text_io import line_of, read_toml, text_of

_HIGHEST = 65535


_CONSTANT = re.compile(r"(?:(?:DEFAULT|SERVER|LISTEN|HTTP|WEB|APP)_)+PORT|PORT")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# What of a program's own settings says where it listens.
_SETTINGS = {
    "uwsgi": re.compile(r"http(?:-socket)?\s*=\s*(?:\S*:)?(\d{1,5})"),
    "pserve": re.compile(r"(?:listen\s*=\s*\S*:|port\s*=\s*)(\d{1,5})"),
}


def find_port(
    modules: Sequence[Module], *, first: str = "", variable: bool = True
) -> Found[int] | None:
    """Return the port in ``uvicorn.run(port=…)``, ``app.run(port=…)`` or the default of ``PORT``.

    Only what is known to listen counts: plenty of things have a ``run``. ``variable`` says whether
    the default of ``PORT`` does, as it does in a web application; elsewhere it may be anything.
    The file ``first`` (where the application is made) counts before the others, and a constant that
    is named as a port where it is not said otherwise.
    """
    starts = next((module for module in modules if module.file == first), None)
    order = sorted(
        (module for module in modules if starts is None or _together(module, starts)),
        key=lambda module: (module.file != first, is_aside(module), module.file),
    )
    listening = [
        (module.file != first and module.text(host) in _LOOPBACK, as_port(module, node, call))
        for module, call, node, host, _ in find_listening(modules, order)
    ]
    # What only a part of the application reaches (a login, a helper) is not where it is asked.
    inner = {False} if any(not beside for beside, _ in listening) else {False, True}
    found = (port for beside, port in listening if port is not None and beside in inner)
    defaults = (port for module in order for port in _default_of_variable(module) if variable)
    unknown = any(port is None and beside in inner for beside, port in listening)
    return next(found, None) or next(defaults, None) or (constant_port(order) if unknown else None)


def name_unknown_port(modules: Sequence[Module], order: Sequence[Module]) -> Iterator[str]:
    """Yield a note on the first of ``order`` that listens to the outside, wherever that is."""
    for module, call, _, host, closed in find_listening(modules, order):
        inside = module.text(host) in _LOOPBACK or (host is None and closed)
        if not inside and not is_aside(module):
            yield (
                f"{module.origin(call)} listens on a port that only a run knows: the image "
                "declares none; name it with --port, which adds a health check"
            )
            return


def name_datagrams(modules: Sequence[Module]) -> Iterator[str]:
    """Yield a note on the first of ``modules`` that takes datagrams: nothing publishes its port."""
    for module, call, node in find_datagrams(modules):
        port = as_port(module, node, call)
        number = port.value if port else "PORT"
        where = f"{number}/udp" if port else "a port for UDP that only a run knows"
        yield (
            f"{module.origin(call)} listens on {where}, which is not published: run the container "
            f"with -p {number}:{number}/udp"
        )
        return


def among(ports: Sequence[Found[int]], modules: Sequence[Module]) -> Found[int] | None:
    """Return the exposed port that the sources name; the first if they name none of several.

    None where they name more than one: a check of the wrong one would call the container ill.
    """
    numbers = {
        node.value
        for module in modules
        if not is_aside(module)
        for node in module.of(ast.Constant)
        if type(node.value) is int
    }
    named = [port for port in ports if port.value in numbers]
    return next(iter(named or ports), None) if len(named) < 2 else None  # noqa: PLR2004


def constant_port(modules: Sequence[Module]) -> Found[int] | None:
    """Return what a constant is given that is named as the port of a server, if all agree."""
    found = {
        port.value: port
        for module in modules
        if not is_aside(module)
        for node in module.top
        if isinstance(node, SETS) and any(map(_CONSTANT.fullmatch, names_of(node)))
        if (port := as_port(module, node.value, node)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


def serves_everywhere(module: Module) -> bool:
    """Tell whether a file has a production server listen to more than its own machine."""
    return any(
        module.text(argument(call, "host")) in {EVERYWHERE, "::", "*"}
        or (called == "waitress.serve" and argument(call, "host") is None)
        for called, call in module.calls()
        if called in {"waitress.serve", "uvicorn.run"}
    )


def _together(module: Module, other: Module) -> bool:
    """Tell whether files belong to one application: those of other source roots are another's."""
    return module.root == other.root or {module.root, other.root} <= {".", "src", "app"}


def gunicorn_bind(
    modules: Sequence[Module], command: Sequence[str] = ()
) -> tuple[str, Found[int]] | None:
    """Return host and port of ``bind`` in the settings that a command has gunicorn read."""
    file = gunicorn_settings(command)
    for module in (one for one in modules if one.file == file):
        node = module.values.get("bind")
        number, host = split_address(module, node)
        port = as_port(module, number, node) if node is not None and number else None
        if port is not None and node is not None:
            return module.text(host), replace(port, origin=module.origin(node, "bind"))
    return None


def gunicorn_sets(modules: Sequence[Module], *names: str) -> bool:
    """Tell whether gunicorn's own file gives one of these settings."""
    return any(
        name in module.values
        for module in modules
        if module.file == gunicorn_settings(())
        for name in names
    )


def ini_port(root: Path, start: Found[Start]) -> Found[int] | None:
    """Return where the settings that a program is given say that it listens for HTTP."""
    words = start.value.command
    setting = _SETTINGS.get(words[0]) if words else None
    for file in (word for word in words if word.endswith(".ini")):
        for number, line in enumerate(text_of(root, file).splitlines(), start=1):
            if found := setting and setting.fullmatch(line.strip()):
                return Found(value=int(found[1]), origin=Origin(file=file, line=number))
    return None


def streamlit_server(root: Path) -> tuple[Found[int] | None, str]:
    """Return port and base path of ``.streamlit/config.toml``. Raises ConfigInvalidError."""
    file = ".streamlit/config.toml"
    if not (root / file).is_file():
        return None, ""
    data, text = read_toml(root, file, error=ConfigInvalidError, hint="correct it and run again")
    server = data.get("server", {})
    if not isinstance(server, dict):
        return None, ""
    port: Any = server.get("port", data.get("server.port"))
    line = line_of(text, r"^\s*\[server\]", r"^\s*(server\.)?port\s*=")
    found = Found(value=port, origin=Origin(file=file, line=line)) if is_port(port) else None
    return found, str(server.get("baseUrlPath", "")).strip("/")


def is_port(value: object) -> bool:
    """Return whether a value is a port's number."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _HIGHEST


def as_port(module: Module, node: ast.expr | None, call: ast.AST) -> Found[int] | None:
    """Return the port that an argument of a call gives, as far as it is written there.

    It may be a number, a name for one, or the default of a variable: ``int(getenv("P", "80"))``,
    or of a setting: ``config.getint("port", 80)``.
    """
    node = _given_once(module, node)
    if isinstance(node, ast.Call) and module.called(node).endswith(".int") and node.args:
        node = _given_once(module, node.args[0])
    if isinstance(node, ast.BoolOp):
        node = node.values[-1]
    detail = "port"
    if isinstance(node, ast.Call) and module.called(node) in READS:
        detail = f"default of {module.text(first_of(node)) or 'a variable'}"
        node = argument(node, "default", 1)
    elif isinstance(node, ast.Call) and (name := _setting(module, node)):
        detail = f"default of {name}"
        node = argument(node, "fallback") or argument(node, "default") or node.args[-1]
    value = _number(module.literal(node))
    return None if value is None else Found(value=value, origin=module.origin(call, detail))


def _given_once(module: Module, node: ast.expr | None) -> ast.expr | None:
    """Return what a name, or an attribute of ``self``, is given in its module, if that is one."""
    if isinstance(node, ast.Name) and node.id in module.values:
        return module.values[node.id]
    wanted = _as_name(node)
    given = [value for target, value, _ in module.given if wanted and _as_name(target) == wanted]
    return given[0] if len(given) == 1 else node


def _as_name(node: ast.expr | None) -> tuple[str, ...]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr, node.value.id
    return (node.id,) if isinstance(node, ast.Name) else ()


def _setting(module: Module, call: ast.Call) -> str:
    """Return the name of the setting that a call reads, where it says that it is a port."""
    texts = [module.text(one) for one in call.args]
    reads = method_of(call).startswith("get")
    named = [text for text in texts if re.search(r"(?i)(?:^|[_.-])port$", text)]
    return named[-1] if reads and named else ""


def _default_of_variable(module: Module) -> Iterator[Found[int]]:
    for called, call in module.calls():
        if called in READS and module.text(first_of(call)) == "PORT":
            value = _number(module.literal(argument(call, "default", 1)))
            if value is not None:
                yield Found(value=value, origin=module.origin(call, "default of PORT"))


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    return value if isinstance(value, int) and is_port(value) else None
