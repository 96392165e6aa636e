"""The port that an application listens on, as its sources or its server's settings say."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint import EVERYWHERE
from scaffold.project.entrypoint.apps import ASSIGNS, assigned_call, follow, is_aside
from scaffold.project.source_modules import Function, Module, argument
from scaffold.project.text_io import line_of, read_toml

_HIGHEST = 65535
# Functions that listen, with the position of their argument ``port``; None for by name only.
_SERVES: dict[str, int | None] = {
    "uvicorn.run": None,
    "uvicorn.Config": None,
    "waitress.serve": None,
    "aiohttp.web.run_app": None,
    "bottle.run": 3,
    "wsgiref.simple_server.make_server": 1,
    "werkzeug.serving.run_simple": 1,
    "asyncio.start_server": 2,
    "websockets.serve": 2,
    "websockets.asyncio.server.serve": 2,
    "websockets.sync.server.serve": 2,
}
# What takes a pair of host and port.
_PAIRS = frozenset(
    {
        "http.server.HTTPServer",
        "http.server.ThreadingHTTPServer",
        "socketserver.TCPServer",
        "socketserver.ThreadingTCPServer",
        "gevent.pywsgi.WSGIServer",
        "cheroot.wsgi.Server",
    }
)
# Classes whose objects listen: (method, the position of its argument ``port``).
_OBJECTS = {
    "flask.Flask": ("run", 1),
    "flask.app.Flask": ("run", 1),
    "quart.Quart": ("run", 1),
    "sanic.Sanic": ("run", 1),
    "dash.Dash": ("run", 1),
    "bottle.Bottle": ("run", 3),
    "flask_socketio.SocketIO": ("run", 2),
    "tornado.web.Application": ("listen", 0),
    "tornado.httpserver.HTTPServer": ("listen", 0),
}
_READS = frozenset({"os.environ.get", "os.getenv"})
_CONSTANT = re.compile(r"(?:(?:DEFAULT|SERVER|LISTEN|HTTP|WEB|APP)_)+PORT|PORT")
_BIND = re.compile(r"[^\s]*:(\d+)")


def find_port(
    modules: Sequence[Module], *, first: str = "", variable: bool = True
) -> Found[int] | None:
    """Return the port in ``uvicorn.run(port=…)``, ``app.run(port=…)`` or the default of ``PORT``.

    Only what is known to listen counts: plenty of things have a ``run``. ``variable`` says whether
    the default of ``PORT`` does, as it does in a web application; elsewhere it may be anything.
    The file ``first`` (where the application is made) counts before the others.
    """
    starts = next((module for module in modules if module.file == first), None)
    order = sorted(
        (module for module in modules if starts is None or _together(module, starts)),
        key=lambda module: (module.file != first, is_aside(module), module.file),
    )
    by_name = {module.name: module for module in modules if module.name}
    objects = _listening_objects(modules, by_name)
    found = (port for module in order for port in _served_on(module, objects, by_name))
    defaults = (port for module in order for port in _default_of_variable(module) if variable)
    return next(found, None) or next(defaults, None)


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
        if isinstance(node, ast.Assign)
        and any(isinstance(one, ast.Name) and _CONSTANT.fullmatch(one.id) for one in node.targets)
        and (port := as_port(module, node.value, node)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


def serves_everywhere(module: Module) -> bool:
    """Tell whether a file has a production server listen to more than its own machine."""
    return any(
        module.text(argument(call, "host")) in {EVERYWHERE, "::", "*"}
        or (called == "waitress.serve" and argument(call, "host") is None)
        for called, call in module.calls
        if called in {"waitress.serve", "uvicorn.run"}
    )


def _together(module: Module, other: Module) -> bool:
    """Tell whether files belong to one application: those of other source roots are another's."""
    return module.root == other.root or {module.root, other.root} <= {".", "src", "app"}


def gunicorn_bind(root: Path, modules: Sequence[Module]) -> tuple[str, Found[int]] | None:
    """Return host and port of ``bind`` in gunicorn.conf.py, which gunicorn reads by itself."""
    if not (root / "gunicorn.conf.py").is_file():
        return None
    for module in modules:
        value = module.text(module.values.get("bind"))
        found = _BIND.fullmatch(value) if module.file == "gunicorn.conf.py" else None
        if found and is_port(int(found[1])):
            origin = module.origin(module.values["bind"], "bind")
            return value.rpartition(":")[0], Found(value=int(found[1]), origin=origin)
    return None


def streamlit_server(root: Path) -> tuple[Found[int] | None, str]:
    """Return the port and the base path that ``.streamlit/config.toml`` sets.

    Raises ConfigInvalidError for a file that is not TOML.
    """
    file = ".streamlit/config.toml"
    if not (root / file).is_file():
        return None, ""
    data, text = read_toml(root, file, error=ConfigInvalidError, hint="correct it and run again")
    server = data.get("server", {})
    if not isinstance(server, dict):
        return None, ""
    port = server.get("port", _dotted(data, "port"))
    line = line_of(text, r"^\s*\[server\]", r"^\s*(server\.)?port\s*=")
    found = Found(value=port, origin=Origin(file=file, line=line)) if is_port(port) else None
    return found, str(server.get("baseUrlPath", "")).strip("/")


def _dotted(data: dict[str, object], key: str) -> object:
    return data.get(f"server.{key}")


def is_port(value: object) -> bool:
    """Return whether a value is a port's number."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _HIGHEST


def _listening_objects(
    modules: Sequence[Module], by_name: Mapping[str, Module]
) -> dict[str, tuple[str, int]]:
    """Return what listens by a method: classes, functions that make their objects, and names.

    Each with that method and the position of its argument ``port``. Two rounds: a name may be
    given what a function makes, whichever module comes first.
    """
    known = dict(_OBJECTS)
    for _ in range(2):
        for module in modules:
            own = module.name or module.file
            for node in module.of(*ASSIGNS):
                names, call = assigned_call(node)
                kind = known.get(follow(module.dotted(call.func), by_name)) if call else None
                if kind is not None:
                    known |= {f"{own}.{name}": kind for name in names}
            for back in module.of(ast.Return):
                made = back.value.func if isinstance(back.value, ast.Call) else back.value
                kind = known.get(module.dotted(made))
                if kind is not None:
                    known |= {f"{own}.{name}": kind for name in _tops_around(module, back.lineno)}
    return known


def _tops_around(module: Module, line: int) -> Iterator[str]:
    for one in module.top:
        if isinstance(one, Function) and one.lineno <= line <= (one.end_lineno or 0):
            yield one.name


def _served_on(
    module: Module, objects: Mapping[str, tuple[str, int]], by_name: Mapping[str, Module]
) -> Iterator[Found[int]]:
    for called, call in module.calls:
        node: ast.expr | None = None
        if called in _SERVES:
            node = argument(call, "port", _SERVES[called])
        elif called in _PAIRS:
            pair = module.named(call.args[0]) if call.args else None
            node = pair.elts[1] if isinstance(pair, ast.Tuple) and len(pair.elts) > 1 else None
        elif isinstance(call.func, ast.Attribute):
            owner = call.func.value
            made = module.dotted(owner.func if isinstance(owner, ast.Call) else owner)
            method, position = objects.get(follow(made, by_name), ("", 0))
            if method and call.func.attr in {method, f"{method}_server"}:
                node = argument(call, "port", position)
        found = as_port(module, node, call)
        if found is not None:
            yield found


def as_port(module: Module, node: ast.expr | None, call: ast.AST) -> Found[int] | None:
    """Return the port that an argument of a call gives, as far as it is written there.

    It may be a number, a name for one, or the default of a variable: ``int(getenv("P", "80"))``.
    """
    node = module.named(node)
    if isinstance(node, ast.Call) and module.dotted(node.func).endswith(".int") and node.args:
        node = module.named(node.args[0])
    if isinstance(node, ast.BoolOp):
        node = node.values[-1]
    detail = "port"
    if isinstance(node, ast.Call) and module.dotted(node.func) in _READS:
        detail = f"default of {module.text(node.args[0] if node.args else None) or 'a variable'}"
        node = argument(node, "default", 1)
    value = _number(module.literal(node))
    return None if value is None else Found(value=value, origin=module.origin(call, detail))


def _default_of_variable(module: Module) -> Iterator[Found[int]]:
    for called, call in module.calls:
        if called in _READS and call.args and module.text(call.args[0]) == "PORT":
            value = _number(module.literal(argument(call, "default", 1)))
            if value is not None:
                yield Found(value=value, origin=module.origin(call, "default of PORT"))


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    return value if isinstance(value, int) and is_port(value) else None
