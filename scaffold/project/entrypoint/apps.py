"""Application objects of web frameworks and Celery: where they are made, and by what factory."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from scaffold.assembler.syntax import walk
from scaffold.model.project import Origin
from scaffold.project.source_modules import EXAMPLES, Module, by_name, is_brought
from scaffold.project.syntax import ASSIGNS, Function, names_of, owner_of

FRAMEWORKS = {
    "fastapi.FastAPI": "fastapi",
    "fastapi.applications.FastAPI": "fastapi",
    "starlette.applications.Starlette": "starlette",
    "litestar.Litestar": "litestar",
    "litestar.app.Litestar": "litestar",
    "quart.Quart": "quart",
    "flask.Flask": "flask",
    "flask.app.Flask": "flask",
    "celery.Celery": "celery",
    "celery.app.Celery": "celery",
}
ASGI = frozenset({"fastapi", "starlette", "litestar", "quart"})
# Neither a WSGI nor an ASGI server runs what these make.
_SERVE_THEMSELVES = frozenset({"aiohttp", "tornado", "robyn"})
# What an object of a framework calls the application that a server runs.
_INSIDE = frozenset({"server", "wsgi_app", "asgi_app"})
_USUAL = frozenset({"app", "application", "api", "server", "celery"})

# The order of files that are conventionally the start, for every kind of application.
CONVENTIONAL = (
    *("main", "app", "streamlit_app", "server", "wsgi", "asgi", "run", "manage", "__main__"),
    "__init__",
)
# Code that comes with an application without being it: only where there is nothing else.
_ASIDE = frozenset(
    {
        *("tests", "test", "testing", "docs", "doc", "benchmarks", "benchmark", "notebooks"),
        *EXAMPLES,
        *("scripts", "script", "tools", "tool"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An application object, or (``factory``) the function that makes one.

    ``constructor`` is the call of the framework's class; ``made_in`` the module it stands in.
    """

    framework: str
    module: Module
    attribute: str
    factory: bool
    constructor: ast.Call
    made_in: Module
    origin: Origin

    @property
    def target(self) -> str:
        """Return ``package.module:attribute``, as servers take it."""
        return f"{self.module.name}:{self.attribute}"


def rank_file(module: Module) -> tuple[bool, int, int, str]:
    """Return how a file ranks as a start.

    Files below examples, tools and the like come last, whatever they are called; then count
    conventional names, few folders, and the path.
    """
    return (is_aside(module), place_of(module), module.file.count("/"), module.file)


def is_aside(module: Module) -> bool:
    """Return whether a file lies in a folder of examples, tools or tests.

    A package of that name that is run as a whole (``tool/__main__.py``) is the application.
    """
    *folders, name = module.file.split("/")
    if is_brought(module.file):
        return True
    if name == "__main__.py":
        folders = folders[:-1]
    return not _ASIDE.isdisjoint(folders)


def place_of(module: Module) -> int:
    """Return the place of a file's name among ``CONVENTIONAL``, its length for another name."""
    stem = module.file.rpartition("/")[2].removesuffix(".py")
    return CONVENTIONAL.index(stem) if stem in CONVENTIONAL else len(CONVENTIONAL)


def find_apps(modules: Sequence[Module]) -> tuple[App, ...]:
    """Return the applications, the best first.

    The order: examples and tools last, then what a server is started with in the sources
    (``uvicorn.run("pkg.main:app")``), objects before factories, then ``rank_file``.
    """
    importable = [module for module in modules if module.name]
    named = by_name(importable)
    made = (app for module in importable for app in _factories(module))
    factories = {f"{app.module.name}.{app.attribute}": app for app in made}
    apps = [app for module in importable for app in _objects(module, factories, named)]
    served = set(_served(modules, named))

    def rank(app: App) -> tuple[object, ...]:
        unserved = app.target not in served
        place = (rank_file(app.module), app.origin.line or 0)
        return (is_aside(app.module), unserved, app.factory, place)

    return tuple(sorted([*apps, *factories.values()], key=rank))


def find_routed(modules: Sequence[Module], installed: AbstractSet[str]) -> tuple[App, ...]:
    """Return applications of frameworks that no table has: objects that are given routes.

    The call that makes one is of a package that is ``installed`` and named as its module; a route
    is a method's text that begins with a slash (``app.add_route("/health", …)``).
    """
    found: list[App] = []
    for module in modules if any(one.name for one in modules) else ():
        routed = {
            owner.id
            for _, call in module.calls()
            if isinstance(owner := owner_of(call), ast.Name)
            if any(module.text(one).startswith("/") for one in call.args)
        }
        for statement in module.top if module.name else ():
            names, call = assigned_call(statement)
            if call is None and (served := _served_inside(module, statement)):
                names, call = served
                routed |= set(names)
            top = module.called(call).partition(".")[0]
            given = [name for name in names if name in routed]
            if call is not None and given and top in installed and top not in _SERVE_THEMSELVES:
                found.append(
                    App(
                        framework=top,
                        module=module,
                        attribute=given[0],
                        factory=False,
                        constructor=call,
                        made_in=module,
                        origin=module.origin(statement),
                    )
                )
    return tuple(sorted(found, key=lambda app: rank_file(app.module)))


def _served_inside(module: Module, statement: ast.stmt) -> tuple[tuple[str, ...], ast.Call] | None:
    """Return (names, call that makes the owner) of ``server = app.server`` and its like."""
    inside = statement.value if isinstance(statement, ast.Assign) else None
    if not (isinstance(inside, ast.Attribute) and inside.attr in _INSIDE):
        return None
    made = module.named(inside.value)
    names = names_of(statement)
    return (names, made) if isinstance(made, ast.Call) and names else None


def follow(dotted: str, by_name: Mapping[str, Module]) -> str:
    """Return where a name of the project is made, through re-exports such as ``pkg/__init__``."""
    for _ in range(8):
        module, _, attribute = dotted.rpartition(".")
        onward = by_name[module].names.get(attribute, dotted) if module in by_name else dotted
        if onward == dotted:
            break
        dotted = onward
    return dotted


def _objects(
    module: Module, factories: Mapping[str, App], named: Mapping[str, Module]
) -> Iterator[App]:
    for statement in module.top:
        names, call = assigned_call(statement)
        if call is None or not names:
            continue
        called = module.called(call)
        made = factories.get(follow(called, named))
        framework = FRAMEWORKS.get(called, made.framework if made else "")
        if framework:
            yield App(
                framework=framework,
                module=module,
                attribute=min(names, key=lambda name: (name not in _USUAL, names.index(name))),
                factory=False,
                constructor=made.constructor if made else call,
                made_in=made.made_in if made else module,
                origin=module.origin(statement),
            )


def assigned_call(statement: ast.AST) -> tuple[tuple[str, ...], ast.Call | None]:
    """Return the plain names that a statement gives the result of a call, and the call."""
    value = statement.value if isinstance(statement, ASSIGNS) else None
    return (names_of(statement), value) if isinstance(value, ast.Call) else ((), None)


def _factories(module: Module) -> Iterator[App]:
    """Yield functions without required arguments that construct an application and return it."""
    makes = any(called in FRAMEWORKS for called, _ in module.calls())
    for function in module.top:
        if not isinstance(function, Function) or _needs_arguments(function):
            continue
        made: dict[str, ast.Call] = {}
        inside = walk(function) if makes else []
        for node in inside:
            names, call = assigned_call(node)
            if call is not None and module.called(call) in FRAMEWORKS:
                made |= dict.fromkeys(names, call)
        for node in inside:
            back = node.value if isinstance(node, ast.Return) else None
            call = made.get(back.id) if isinstance(back, ast.Name) else None
            if isinstance(back, ast.Call) and module.called(back) in FRAMEWORKS:
                call = back
            if call is not None:
                yield App(
                    framework=FRAMEWORKS[module.called(call)],
                    module=module,
                    attribute=function.name,
                    factory=True,
                    constructor=call,
                    made_in=module,
                    origin=module.origin(function),
                )
                break


def _needs_arguments(function: Function) -> bool:
    given = function.args
    positional = len(given.posonlyargs) + len(given.args)
    return positional > len(given.defaults) or None in given.kw_defaults


def _served(modules: Sequence[Module], named: Mapping[str, Module]) -> Iterator[str]:
    """Yield the targets that the sources hand to a server."""
    for module in modules:
        for called, call in module.calls():
            if called not in {"uvicorn.run", "uvicorn.Config", "waitress.serve"} or not call.args:
                continue
            if text := module.text(call.args[0]):
                yield text
            elif dotted := follow(module.dotted(call.args[0]), named):
                before, _, attribute = dotted.rpartition(".")
                yield f"{before}:{attribute}"
