"""The port that an application listens on, as its sources or its server's settings say."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from scaffold.adapters.sources.modules import Module, argument
from scaffold.adapters.texts import line_of, read_toml
from scaffold.errors import ConfigInvalidError
from scaffold.model.project import Found, Origin

_HIGHEST = 65535
_SERVES = frozenset({"uvicorn.run", "uvicorn.Config", "waitress.serve", "aiohttp.web.run_app"})
_SOCKETS = frozenset(
    {
        "http.server.HTTPServer",
        "http.server.ThreadingHTTPServer",
        "socketserver.TCPServer",
        "socketserver.ThreadingTCPServer",
        "wsgiref.simple_server.make_server",
    }
)
_READS = frozenset({"os.environ.get", "os.getenv"})
_BIND = re.compile(r"[^\s]*:(\d+)")


def find_port(modules: Sequence[Module], *, first: str = "") -> Found[int] | None:
    """Return the port in ``uvicorn.run(port=…)``, ``app.run(port=…)`` or the default of ``PORT``.

    The file ``first`` (where the application is made) counts before the others.
    """
    order = sorted(modules, key=lambda module: (module.file != first, module.file))
    for find in (_served_on, _default_of_variable):
        for module in order:
            for port in find(module):
                return port
    return None


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


def _served_on(module: Module) -> Iterator[Found[int]]:
    for called, call in module.calls():
        node: ast.expr | None = None
        if called in _SERVES:
            node = argument(call, "port")
        elif called.endswith(".run") and not called.startswith(("subprocess.", "asyncio.")):
            node = argument(call, "port", 1)
        elif called in _SOCKETS and call.args:
            first = call.args[0]
            pair = isinstance(first, ast.Tuple) and len(first.elts) > 1
            node = first.elts[1] if pair and isinstance(first, ast.Tuple) else None
            node = call.args[1] if called.startswith("wsgiref") and len(call.args) > 1 else node
        yield from _as_port(module, node, call)


def _as_port(module: Module, node: ast.expr | None, call: ast.Call) -> Iterator[Found[int]]:
    if isinstance(node, ast.Name) and node.id in module.values:
        node = module.values[node.id]
    if isinstance(node, ast.Call) and module.dotted(node.func).endswith(".int") and node.args:
        node = node.args[0]
    if isinstance(node, ast.BoolOp):
        node = node.values[-1]
    detail = "port"
    if isinstance(node, ast.Call) and module.dotted(node.func) in _READS:
        detail = f"default of {module.text(node.args[0] if node.args else None) or 'a variable'}"
        node = argument(node, "default", 1)
    value = _number(module.literal(node))
    if value is not None:
        yield Found(value=value, origin=module.origin(call, detail))


def _default_of_variable(module: Module) -> Iterator[Found[int]]:
    for called, call in module.calls():
        if called in _READS and call.args and module.text(call.args[0]) == "PORT":
            value = _number(module.literal(argument(call, "default", 1)))
            if value is not None:
                yield Found(value=value, origin=module.origin(call, "default of PORT"))


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    return value if isinstance(value, int) and is_port(value) else None
