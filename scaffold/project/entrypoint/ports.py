"""The port that an application listens on, as its sources or its server's settings say."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint import EVERYWHERE
from scaffold.project.entrypoint.apps import ASSIGNS, assigned_call, follow, is_aside
from scaffold.project.source_modules import Function, Module, argument
from scaffold.project.text_io import line_of, read_toml

_HIGHEST = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Listens:
    """How something is told where to listen: the positions of ``port`` and ``host``, if any.

    ``closed``: only its own machine reaches it where no host is given.
    """

    port: int | None = None
    host: int | None = None
    name: str = "host"
    closed: bool = True


_OPEN = Listens(closed=False)
_FIRST = Listens(host=0, port=1)
_SECOND = Listens(host=1, port=2, closed=False)
_SERVES = {
    **dict.fromkeys(("uvicorn.run", "uvicorn.Config"), Listens()),
    **dict.fromkeys(("waitress.serve", "aiohttp.web.run_app", "nicegui.ui.run"), _OPEN),
    "bottle.run": Listens(host=2, port=3),
    "granian.Granian": Listens(name="address"),
    "wsgiref.simple_server.make_server": Listens(host=0, port=1, closed=False),
    "werkzeug.serving.run_simple": Listens(host=0, port=1, name="hostname", closed=False),
    **dict.fromkeys(
        (
            *("aiohttp.web.TCPSite", "asyncio.start_server", "websockets.serve"),
            *("websockets.asyncio.server.serve", "websockets.sync.server.serve"),
        ),
        _SECOND,
    ),
}
# What takes a pair of host and port.
_PAIRS = frozenset(
    {
        *("http.server.HTTPServer", "http.server.ThreadingHTTPServer"),
        *("socketserver.TCPServer", "socketserver.ThreadingTCPServer"),
        *("socketserver.UDPServer", "xmlrpc.server.SimpleXMLRPCServer"),
        *("gevent.pywsgi.WSGIServer", "cheroot.wsgi.Server"),
    }
)
# Classes whose objects listen, by which method.
_OBJECTS = {
    **dict.fromkeys(
        ("flask.Flask", "flask.app.Flask", "quart.Quart", "sanic.Sanic", "dash.Dash"),
        ("run", _FIRST),
    ),
    "bottle.Bottle": ("run", Listens(host=2, port=3)),
    "flask_socketio.SocketIO": ("run", Listens(host=1, port=2)),
    **dict.fromkeys(
        ("tornado.web.Application", "tornado.httpserver.HTTPServer"),
        ("listen", Listens(port=0, host=1, name="address", closed=False)),
    ),
}
READS = frozenset({"os.environ.get", "os.getenv"})
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
    found = (
        port
        for module, call, node, _, _ in find_listening(modules, order)
        if (port := as_port(module, node, call)) is not None
    )
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
        for called, call in module.calls()
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
) -> dict[str, tuple[str, Listens]]:
    """Return what listens by a method: classes, functions that make their objects, and names.

    Each with that method and the position of its argument ``port``. Two rounds: a name may be
    given what a function makes, whichever module comes first.
    """
    known = dict(_OBJECTS)
    made = [one for module in modules for one in _made(module, by_name)]
    for _ in range(2):
        for source, module, node, names in made:
            if source in known:
                ours = _tops_around(module, node.lineno) if isinstance(node, ast.Return) else names
                own = module.name or module.file
                known |= {f"{own}.{name}": known[source] for name in ours}
    return known


def _made(
    module: Module, by_name: Mapping[str, Module]
) -> Iterator[tuple[str, Module, ast.stmt | ast.expr, Sequence[str]]]:
    """Yield the full names of what is called or returned: where, and the names it is given."""
    for node in module.of(*ASSIGNS):
        names, call = assigned_call(node)
        if call and names and (source := module.dotted(call.func)):
            yield follow(source, by_name), module, call, names
    for back in module.of(ast.Return):
        made = back.value.func if isinstance(back.value, ast.Call) else back.value
        if source := module.dotted(made):
            yield source, module, back, ()


def _tops_around(module: Module, line: int) -> Iterator[str]:
    for one in module.top:
        if isinstance(one, Function) and one.lineno <= line <= (one.end_lineno or 0):
            yield one.name


def find_listening(
    modules: Sequence[Module], order: Sequence[Module]
) -> Iterator[tuple[Module, ast.Call, ast.expr | None, ast.expr | None, bool]]:
    """Yield what listens: (module, call, port, host, whether it is closed without a host)."""
    by_name = {module.name: module for module in modules if module.name}
    objects = _listening_objects(modules, by_name)
    for module in order:
        for called, call in module.calls():
            how = _SERVES.get(called)
            if called in _PAIRS:
                pair = module.named(call.args[0]) if call.args else None
                parts = pair.elts if isinstance(pair, ast.Tuple) and len(pair.elts) > 1 else ()
                if parts:
                    yield module, call, parts[1], parts[0], False
            elif isinstance(call.func, ast.Attribute) and how is None:
                owner = call.func.value
                made = module.dotted(owner.func if isinstance(owner, ast.Call) else owner)
                method, known = objects.get(follow(made, by_name), ("", _FIRST))
                how = known if method and call.func.attr in {method, f"{method}_server"} else None
            if how is not None:
                port = _given(module, call, "port", how.port)
                yield module, call, port, _given(module, call, how.name, how.host), how.closed


def _given(module: Module, call: ast.Call, name: str, position: int | None) -> ast.expr | None:
    """Return an argument, also out of ``**options`` that are a dictionary of the module."""
    found = argument(call, name, position)
    for keyword in call.keywords if found is None else ():
        options = module.named(keyword.value) if keyword.arg is None else None
        if isinstance(options, ast.Call) and module.dotted(options.func).endswith("dict"):
            found = argument(options, name)
        elif isinstance(options, ast.Dict):
            pairs = zip(options.keys, options.values, strict=True)
            found = next((value for key, value in pairs if module.text(key) == name), found)
    return found


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
    if isinstance(node, ast.Call) and module.dotted(node.func) in READS:
        detail = f"default of {module.text(node.args[0] if node.args else None) or 'a variable'}"
        node = argument(node, "default", 1)
    value = _number(module.literal(node))
    return None if value is None else Found(value=value, origin=module.origin(call, detail))


def _default_of_variable(module: Module) -> Iterator[Found[int]]:
    for called, call in module.calls():
        if called in READS and call.args and module.text(call.args[0]) == "PORT":
            value = _number(module.literal(argument(call, "default", 1)))
            if value is not None:
                yield Found(value=value, origin=module.origin(call, "default of PORT"))


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    return value if isinstance(value, int) and is_port(value) else None
