"""The path that tells whether a web application is well, from the routes in its sources."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint.apps import App, assigned_call, follow
from scaffold.project.source_modules import Module, by_name
from scaffold.project.syntax import ASSIGNS, FUNCTIONS, argument, is_empty, names_of

# In the order of preference; each also counts below a prefix, after all that have none.
_HEALTH = (
    *("/health", "/healthz", "/livez", "/ready", "/readyz", "/_health", "/ping", "/status"),
    "/api/health",
)
_GETS = frozenset({"get", "route", "api_route"})
_ADDS = frozenset({"add_api_route", "add_url_rule", "add_route"})
_INCLUDES = frozenset({"include_router", "register_blueprint"})
_ROUTERS = frozenset({"fastapi.APIRouter", "flask.Blueprint", "quart.Blueprint"})
_PLAIN = re.compile(r"/[\w./~-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path that answers GET, below the object (``pkg.main.app``) that it belongs to."""

    owner: str
    path: str
    origin: Origin


def find_health(modules: Sequence[Module], app: App) -> Found[str] | None:
    """Return the path to ask, with where it is served: see ``_HEALTH``, else ``/``.

    FastAPI always has its schema at ``/openapi.json``, unless ``openapi_url=None``. None where
    nothing is known to answer.
    """
    named = by_name(modules)
    own = {f"{app.module.name}.{app.attribute}"}
    own |= _variables_of(app)
    prefixes = _prefixes(modules, named, own)
    routes = [
        (prefix + route.path, route.origin)
        for module in modules
        for route in _routes(module, named)
        for prefix in prefixes.get(route.owner, ())
    ]
    if found := choose_path(routes):
        return found
    if app.framework == "fastapi":
        schema = argument(app.constructor, "openapi_url")
        path = "/openapi.json" if schema is None else app.made_in.text(schema)
        if path:
            origin = app.made_in.origin(app.constructor, "FastAPI's own schema")
            return Found(value=path, origin=origin)
    return None


def choose_path(routes: Sequence[tuple[str, Origin]]) -> Found[str] | None:
    """Return the best of the paths without parameters, None if there is neither health nor ``/``.

    Django's trailing slash does not matter for the choice and stays in the result.
    """
    best: tuple[int, str, Origin] | None = None
    for path, origin in routes:
        if not _PLAIN.fullmatch(path):
            continue
        bare = path.rstrip("/") or "/"
        below = next((at for at, name in enumerate(_HEALTH) if bare.endswith(name)), None)
        if bare in _HEALTH:
            rank = _HEALTH.index(bare)
        elif below is not None:
            rank = len(_HEALTH) + below
        elif bare == "/":
            rank = 2 * len(_HEALTH)
        else:
            continue
        if best is None or rank < best[0]:
            best = (rank, path, origin)
    return None if best is None else Found(value=best[1], origin=best[2])


def _variables_of(app: App) -> set[str]:
    """Return the names that the application has where it is made, inside a factory too."""
    found = (assigned_call(node) for node in app.made_in.of(*ASSIGNS))
    own = app.made_in.name or app.made_in.file
    return {f"{own}.{name}" for names, call in found if call is app.constructor for name in names}


def _prefixes(
    modules: Sequence[Module], named: Mapping[str, Module], own: set[str]
) -> dict[str, set[str]]:
    """Return under which prefixes each object is served, starting from the application's own."""
    made = {
        f"{module.name}.{name}": (module, call)
        for module in modules
        for name, call in module.values.items()
        if isinstance(call, ast.Call) and module.called(call) in _ROUTERS
    }
    served = {owner: {""} for owner in own} | {"": {""}}
    for _ in range(6):
        for module in modules:
            for owner, router, prefix in _included(module, named, made):
                above = {before + prefix for before in served.get(owner, ())}
                served.setdefault(router, set()).update(above)
    return served


def _included(
    module: Module,
    named: Mapping[str, Module],
    made: Mapping[str, tuple[Module, ast.Call]],
) -> Iterator[tuple[str, str, str]]:
    """Yield (what includes, what is included, the prefix it gets); unknown prefixes are left."""
    for called, call in module.calls():
        owner, _, method = called.rpartition(".")
        if method not in _INCLUDES or not call.args:
            continue
        router = follow(module.dotted(call.args[0]), named)
        maker, constructor = made.get(router, (module, None))
        inner = argument(constructor, "prefix") if constructor else None
        if method == "register_blueprint":
            inner = argument(constructor, "url_prefix") if constructor else None
            outer = argument(call, "url_prefix")
            parts = [(module, outer)] if outer is not None else [(maker, inner)]
        else:
            parts = [(module, argument(call, "prefix")), (maker, inner)]
        texts = [(where.text(node), node) for where, node in parts]
        known = (text or is_empty(node) for text, node in texts)
        if constructor is not None and all(known):
            prefix = "".join(text.rstrip("/") for text, _ in texts)
            yield follow(owner, named), router, prefix


def _routes(module: Module, named: Mapping[str, Module]) -> Iterator[Route]:
    decorators = (one for function in module.of(*FUNCTIONS) for one in function.decorator_list)
    written = [(one, _GETS) for one in decorators if isinstance(one, ast.Call)]
    written += [(call, _ADDS) for _, call in module.calls()]
    for call, methods in written:
        owner, _, method = module.called(call).rpartition(".")
        ours = method in methods and owner not in {"litestar", "litestar.handlers"}
        if ours and (method == "get" or _answers_get(module, call)):
            path = module.text(argument(call, "path", 0) or argument(call, "rule", 0))
            yield Route(owner=follow(owner, named), path=path, origin=module.origin(call))
    yield from _nested(module)


def _answers_get(module: Module, call: ast.Call) -> bool:
    methods = argument(call, "methods")
    if methods is None:
        return True
    known = module.literal(methods)
    return isinstance(known, list) and "GET" in [str(method).upper() for method in known]


def _nested(module: Module) -> Iterator[Route]:
    """Yield Starlette's ``Route`` inside ``Mount``, and Litestar's handlers inside controllers.

    It keeps its own stack: sources may be nested deeper than Python lets functions call.
    """
    if not any(name.startswith(("starlette", "litestar")) for name in module.names.values()):
        return
    waiting: list[tuple[ast.AST, str]] = [(module.tree, "")]
    while waiting:
        child, prefix = waiting.pop()
        below = prefix
        if isinstance(child, ast.Call):
            called = module.dotted(child.func)
            path = module.text(argument(child, "path", 0))
            if called == "starlette.routing.Mount":
                below = prefix + path.rstrip("/")
            elif called == "starlette.routing.Route" and _answers_get(module, child):
                yield Route(owner="", path=prefix + path, origin=module.origin(child))
            elif called in {"litestar.get", "litestar.handlers.get"}:
                yield Route(owner="", path=prefix + (path or "/"), origin=module.origin(child))
        elif isinstance(child, ast.ClassDef):
            below = prefix + _class_path(module, child).rstrip("/")
        inside = [(node, below) for node in ast.iter_child_nodes(child)]
        waiting += reversed(inside)


def _class_path(module: Module, node: ast.ClassDef) -> str:
    given = (
        one.value for one in node.body if isinstance(one, ast.Assign) and "path" in names_of(one)
    )
    return next((module.text(value) for value in given), "")
