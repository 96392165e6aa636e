"""What of the sources listens: calls of servers, and the arguments that say where."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.project.entrypoint import EVERYWHERE
from scaffold.project.entrypoint.apps import assigned_call, follow
from scaffold.project.source_modules import Module, by_name
from scaffold.project.syntax import (
    ASSIGNS,
    Function,
    argument,
    first_of,
    last_name,
    method_of,
    owner_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listens:
    """How something is told where to listen: the positions of ``port`` and ``host``, if any.

    ``closed``: only its own machine reaches it where no host is given. ``address`` is the argument
    that gives both as one text (``0.0.0.0:80``): its name, and its position, if it has one.
    ``transports`` are those that listen, where an argument says which; ``default`` is the port
    that is taken then where neither the call nor what makes the object gives one.
    """

    address: tuple[str, int | None] | None = None
    port: int | None = None
    host: int | None = None
    name: str = "host"
    closed: bool = True
    transports: frozenset[str] = frozenset()
    default: int | None = None


_OPEN = Listens(closed=False)
_FIRST = Listens(host=0, port=1)
_SECOND = Listens(host=1, port=2, closed=False)
_SERVES = {
    **dict.fromkeys(("uvicorn.run", "uvicorn.Config"), Listens()),
    **dict.fromkeys(("aiohttp.web.run_app", "nicegui.ui.run"), _OPEN),
    "waitress.serve": Listens(address=("listen", None), closed=False),
    "bottle.run": Listens(host=2, port=3),
    "granian.Granian": Listens(name="address"),
    "paste.httpserver.serve": Listens(host=1, port=2),
    "bjoern.run": Listens(host=1, port=2, closed=False),
    **dict.fromkeys(
        ("prometheus_client.start_http_server", "prometheus_client.start_wsgi_server"),
        Listens(port=0, host=1, name="addr", closed=False),
    ),
    "twisted.internet.reactor.listenTCP": Listens(port=0, host=3, name="interface", closed=False),
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
        "xmlrpc.server.SimpleXMLRPCServer",
        *("gevent.pywsgi.WSGIServer", "gevent.server.StreamServer", "cheroot.wsgi.Server"),
        "eventlet.listen",
    }
)
_DATAGRAMS = frozenset({"socketserver.UDPServer", "socketserver.ThreadingUDPServer"})
# How functions of any package call the host that they are told to listen on, and themselves.
_HOSTS = ("host", "address", "hostname", "ip", "interface", "server_name", "listen_host")
_SERVE = frozenset({"serve", "run_server", "start_server", "launch"})
# Classes whose objects listen, by which method.
_OBJECTS = {
    **dict.fromkeys(
        ("flask.Flask", "flask.app.Flask", "quart.Quart", "sanic.Sanic", "dash.Dash"),
        ("run", _FIRST),
    ),
    "bottle.Bottle": ("run", Listens(host=2, port=3)),
    "microdot.Microdot": ("run", Listens(host=0, port=1, closed=False)),
    "robyn.Robyn": ("start", _FIRST),
    "flask_socketio.SocketIO": ("run", Listens(host=1, port=2)),
    **dict.fromkeys(
        ("tornado.web.Application", "tornado.httpserver.HTTPServer"),
        ("listen", Listens(port=0, host=1, name="address", closed=False)),
    ),
    **dict.fromkeys(
        (
            *("mcp.server.fastmcp.FastMCP", "mcp.server.mcpserver.MCPServer"),
            *("mcp.server.MCPServer", "fastmcp.FastMCP"),
        ),
        ("run", Listens(transports=frozenset({"http", "sse", "streamable-http"}), default=8000)),
    ),
    **dict.fromkeys(
        ("grpc.server", "grpc.aio.server"),
        ("add_insecure_port", Listens(address=("address", 0), closed=False)),
    ),
}
# What is told by settings of these names before it is called; without, it listens to loopback.
_CONFIGURED = {
    **dict.fromkeys(
        ("cherrypy.quickstart", "cherrypy.engine.start"),
        ("server.socket_port", "server.socket_host", 8080),
    ),
    **dict.fromkeys(
        ("hypercorn.asyncio.serve", "hypercorn.trio.serve", "hypercorn.run.run"),
        ("", "bind", 8000),
    ),
}


def _listening_objects(
    modules: Sequence[Module], named: Mapping[str, Module]
) -> dict[str, tuple[str, Listens]]:
    """Return what listens by a method: classes, functions that make their objects, and names.

    Each with that method and the position of its argument ``port``. Two rounds: a name may be
    given what a function makes, whichever module comes first.
    """
    known = dict(_OBJECTS)
    made = [one for module in modules for one in _made(module, named)]
    for _ in range(2):
        for source, module, node, names in made:
            if source in known:
                ours = _tops_around(module, node.lineno) if isinstance(node, ast.Return) else names
                own = module.name or module.file
                known |= {f"{own}.{name}": known[source] for name in ours}
    return known


def _made(
    module: Module, named: Mapping[str, Module]
) -> Iterator[tuple[str, Module, ast.stmt | ast.expr, Sequence[str]]]:
    """Yield the full names of what is called or returned: where, and the names it is given."""
    for node in module.of(*ASSIGNS):
        names, call = assigned_call(node)
        if call and names and (source := module.called(call)):
            yield follow(source, named), module, call, names
    for back in module.of(ast.Return):
        if source := module.called(back.value) or module.dotted(back.value):
            yield source, module, back, ()


def _tops_around(module: Module, line: int) -> Iterator[str]:
    for one in module.top:
        if isinstance(one, Function) and one.lineno <= line <= (one.end_lineno or 0):
            yield one.name


def find_listening(
    modules: Sequence[Module], order: Sequence[Module]
) -> Iterator[tuple[Module, ast.Call, ast.expr | None, ast.expr | None, bool]]:
    """Yield what listens: (module, call, port, host, whether it is closed without a host)."""
    named = by_name(modules)
    objects = _listening_objects(modules, named)
    for module in order:
        for called, call in module.calls():
            if called in _PAIRS or _is_bound(module, call, "SOCK_STREAM"):
                if parts := _pair(module, first_of(call)):
                    yield module, call, parts[1], parts[0], False
            elif called in _CONFIGURED:
                closed = not any(_configures(one, _CONFIGURED[called][1]) for one in modules)
                yield (module, call, *_configured(module, _CONFIGURED[called]), closed)
            elif how := _how(module, called, call, objects, named):
                yield (module, call, *_where(module, call, how), how.closed)


def _how(
    module: Module,
    called: str,
    call: ast.Call,
    objects: Mapping[str, tuple[str, Listens]],
    named: Mapping[str, Module],
) -> Listens | None:
    """Return how a call is told where to listen, None for one that does not."""
    how = _SERVES.get(called)
    if how is None and (owner := owner_of(call)) is not None:
        made = module.called(owner) or module.dotted(owner)
        method, known = objects.get(follow(made, named), ("", _FIRST))
        if method and method_of(call) in {method, f"{method}_server"}:
            how = known
        elif method_of(call) == "create_server" and "asyncio" in module.names:
            how = _SECOND
    if how is None and _is_told_outside(module, call):
        how = _OPEN
    return how if how is not None and _is_chosen(module, call, how) else None


def _where(module: Module, call: ast.Call, how: Listens) -> tuple[ast.expr | None, ast.expr | None]:
    """Return the arguments of a call that say where it listens: (port, host)."""
    port = _given(module, call, "port", how.port)
    host = _given(module, call, how.name, how.host)
    if how.default is not None:
        made_by = module.named(owner_of(call))  # of the object, in the same file
        maker = made_by if isinstance(made_by, ast.Call) else None
        port = port or (maker and _given(module, maker, "port", None))
        host = host or (maker and _given(module, maker, how.name, None))
        port = port or ast.copy_location(ast.Constant(value=how.default), call)
    if how.address is not None and port is None:
        port, host = split_address(module, argument(call, *how.address))
    return port, host


def find_datagrams(modules: Sequence[Module]) -> Iterator[tuple[Module, ast.Call, ast.expr]]:
    """Yield what listens for datagrams (UDP): (module, call, port)."""
    for module in modules:
        for called, call in module.calls():
            pair = first_of(call) if called in _DATAGRAMS else None
            if _is_bound(module, call, "SOCK_DGRAM"):
                pair = first_of(call)
            elif "datagram" in method_of(call):
                pair = argument(call, "local_addr", 1)
            if parts := _pair(module, pair):
                yield module, call, parts[1]


def _pair(module: Module, node: ast.expr | None) -> Sequence[ast.expr]:
    pair = module.named(node)
    return pair.elts if isinstance(pair, ast.Tuple) and len(pair.elts) > 1 else ()


def _is_bound(module: Module, call: ast.Call, kind: str) -> bool:
    """Tell whether a call binds a plain socket, in a module that makes one kind of them."""
    if method_of(call) != "bind" or "socket" not in module.tops:
        return False
    named = {one.attr for one in module.of(ast.Attribute)} | set(module.names)
    kinds = {"SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW"} & named
    return kinds == {kind} or (not kinds and kind == "SOCK_STREAM")


def _is_told_outside(module: Module, call: ast.Call) -> bool:
    """Tell whether a call has a port, and the address of all networks: nothing else takes that.

    A function that is called as servers are needs no address.
    """
    if argument(call, "port") is None:
        return False
    hosts = (argument(call, host) for host in _HOSTS)
    told = any(module.text(one) in {EVERYWHERE, "::"} for one in hosts)
    return told or last_name(call) in _SERVE


def _is_chosen(module: Module, call: ast.Call, how: Listens) -> bool:
    """Tell whether a call chooses to listen, where it may also talk on its own pipes."""
    return not how.transports or module.text(argument(call, "transport", 0)) in how.transports


def split_address(
    module: Module, address: ast.expr | None
) -> tuple[ast.expr | None, ast.expr | None]:
    """Return (port, host) of an address such as ``0.0.0.0:80`` or ``f"[::]:{port}"``."""
    written = module.named(address)
    if isinstance(written, ast.JoinedStr) and len(written.values) > 1:
        *before, last = written.values
        host = before[0] if isinstance(before[0], ast.Constant) else None
        port = last.value if isinstance(last, ast.FormattedValue) else None
        name = str(host.value).rstrip(":") if host is not None and len(before) == 1 else ""
        return port, ast.copy_location(ast.Constant(value=name), written) if name else None
    name, colon, number = module.text(written).rpartition(":")
    if not (colon and number.isdigit()):
        return None, None
    port, host = (
        ast.copy_location(ast.Constant(value=value), written or module.tree)
        for value in (int(number), name)
    )
    return port, host


def _given(module: Module, call: ast.Call, name: str, position: int | None) -> ast.expr | None:
    """Return an argument, also out of ``**options`` that are a dictionary of the module."""
    found = argument(call, name, position)
    for keyword in call.keywords if found is None else ():
        options = module.named(keyword.value) if keyword.arg is None else None
        if isinstance(options, ast.Call) and module.called(options).endswith("dict"):
            found = argument(options, name)
        else:
            found = module.item(options, name) or found
    return found


def _configured(
    module: Module, how: tuple[str, str, int]
) -> tuple[ast.expr | None, ast.expr | None]:
    """Return (port, host) of the settings of a server, from a dictionary or an attribute.

    One setting (``config.bind = ["0.0.0.0:80"]``) may give both.
    """
    port, host = (_set(module, name) if name else None for name in how[:2])
    if isinstance(host, ast.List | ast.Tuple) and host.elts:
        host = host.elts[0]
    joined = split_address(module, host)
    if joined[0] is not None:
        port, host = joined
    return port or ast.Constant(value=how[2]), host


def _configures(module: Module, name: str) -> bool:
    """Tell whether a module may set where a server listens: by that name, or out of a file."""
    return _set(module, name) is not None or any(
        called.startswith("hypercorn.config.Config.from_")
        or (called == "cherrypy.config.update" and not isinstance(first_of(call), ast.Dict))
        or (called == "cherrypy.quickstart" and len(call.args) + len(call.keywords) > 2)  # noqa: PLR2004
        for called, call in module.calls()
        if call.args or call.keywords
    )


def _set(module: Module, name: str) -> ast.expr | None:
    """Return what a setting is given in a module, the last of several."""
    found = None
    last = name.rpartition(".")[2]
    for node in module.of(ast.Dict, *ASSIGNS):
        if isinstance(node, ast.Assign) and method_of(node.targets[0]) == last:
            found = node.value
        found = module.item(node, name) or found
    return found
