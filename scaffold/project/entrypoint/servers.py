"""The command of a web application: which server, by what the project asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint import EVERYWHERE, Entry, remark, started
from scaffold.project.entrypoint.apps import ASGI, FRAMEWORKS, App
from scaffold.project.entrypoint.django import Site
from scaffold.project.entrypoint.ports import gunicorn_bind
from scaffold.project.source_modules import Module

_OPEN = frozenset({EVERYWHERE, "", "[::]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the choice of a server rests on besides the application."""

    root: Path
    modules: tuple[Module, ...]
    installed: frozenset[str]
    port: Found[int] | None


def serve_app(app: App, setting: Setting) -> Entry:
    """Return how an ASGI or WSGI application object is served."""
    if _is_asgi(app, setting.installed):
        servers = (name for name in _ASGI if name in setting.installed)
        name = next((one for one in servers if one != "daphne" or not app.factory), "uvicorn")
        return _ASGI[name](app.framework, app.target, app.origin, setting, factory=app.factory)
    for name, serve in _WSGI:
        if name in setting.installed:
            return serve(app.framework, app.target, app.origin, setting, factory=app.factory)
    port = setting.port or _default(5000, "flask")
    command = ("python", "-m", "flask", "--app", app.target, "run", "--host", EVERYWHERE)
    origin = remark(app.origin, "Flask's development server: ask for gunicorn or waitress")
    start = started(app.framework, (*command, "--port", str(port.value)), origin)
    return Entry(start=start, port=port)


def has_server(installed: frozenset[str]) -> bool:
    """Tell whether a server for WSGI or ASGI applications is among the packages."""
    return not installed.isdisjoint({*_ASGI, *dict(_WSGI)})


def _is_asgi(app: App, installed: frozenset[str]) -> bool:
    """Tell an application's interface: of an unknown framework by its name, then by the server."""
    if app.framework in FRAMEWORKS.values():
        return app.framework in ASGI
    named = f"{app.module.dotted(app.constructor.func)}.{app.module.name}".lower().split(".")
    return "asgi" in named or installed.isdisjoint(dict(_WSGI).keys() - _ASGI.keys())


def serve_site(site: Site, setting: Setting) -> Entry:
    """Return how a Django project is served; its development server is the last resort.

    A project whose settings name an ASGI application (for websockets) is served as one, if it
    asks for a server that can.
    """
    sync = _serve_wsgi(site, setting)
    other = _serve_asgi(site, setting)
    if entry := (other or sync if site.wants_asgi else _preferred(sync, other, setting)):
        return entry
    origin = remark(site.origin, "Django's development server: ask for gunicorn or uvicorn")
    port = setting.port or _default(8000, "django")
    address = f"{EVERYWHERE}:{port.value}"
    command = ("python", site.manage.file, "runserver", address, "--noreload")
    return Entry(start=started("django", command, origin), port=port)


def _serve_wsgi(site: Site, setting: Setting) -> Entry | None:
    for name, serve in _WSGI if site.wsgi else ():
        if name in setting.installed:
            return serve("django", site.wsgi, site.origin, setting)
    return None


def _serve_asgi(site: Site, setting: Setting) -> Entry | None:
    for name in _ASGI if site.asgi else ():
        if name in setting.installed:
            return _ASGI[name]("django", site.asgi, site.origin, setting)
    return None


def _preferred(sync: Entry | None, other: Entry | None, setting: Setting) -> Entry | None:
    synchronous = {"gunicorn", "uwsgi", "pyuwsgi", "granian"} & setting.installed
    return sync if sync and synchronous else other or sync


def _uvicorn(
    framework: str, target: str, origin: Origin, setting: Setting, *, factory: bool = False
) -> Entry:
    server = ("uvicorn", target, *["--factory"] * factory)
    return _serve(framework, server, 8000, origin, setting)


def _hypercorn(
    framework: str, target: str, origin: Origin, setting: Setting, *, factory: bool = False
) -> Entry:
    return _listen("hypercorn", framework, f"{target}()" if factory else target, origin, setting)


def _daphne(
    framework: str,
    target: str,
    origin: Origin,
    setting: Setting,
    *,
    factory: bool = False,  # noqa: ARG001 - it calls none, and is not asked to
) -> Entry:
    port = setting.port or _default(8000, "daphne")
    command = ("python", "-m", "daphne", "-b", EVERYWHERE, "-p", str(port.value), target)
    return Entry(start=started(framework, command, origin), port=port)


def _serve(
    framework: str, server: tuple[str, ...], default: int, origin: Origin, setting: Setting
) -> Entry:
    port = setting.port or _default(default, server[0])
    command = ("python", "-m", *server, "--host", EVERYWHERE, "--port", str(port.value))
    return Entry(start=started(framework, command, origin), port=port)


def _listen(server: str, framework: str, target: str, origin: Origin, setting: Setting) -> Entry:
    """Return the command of a server that takes ``--bind``; gunicorn has a file for it too."""
    port = setting.port or _default(8000, server)
    set_by_file = gunicorn_bind(setting.root, setting.modules) if server == "gunicorn" else None
    bind: tuple[str, ...] = ("--bind", f"{EVERYWHERE}:{port.value}")
    if set_by_file is not None:
        host, port = set_by_file
        bind = () if host in _OPEN else ("--bind", f"{EVERYWHERE}:{port.value}")
    return Entry(
        start=started(framework, ("python", "-m", server, *bind, target), origin), port=port
    )


def _gunicorn(
    framework: str, target: str, origin: Origin, setting: Setting, *, factory: bool = False
) -> Entry:
    return _listen("gunicorn", framework, f"{target}()" if factory else target, origin, setting)


def _waitress(
    framework: str, target: str, origin: Origin, setting: Setting, *, factory: bool = False
) -> Entry:
    port = setting.port or _default(8080, "waitress")
    command = ("python", "-m", "waitress", f"--host={EVERYWHERE}", f"--port={port.value}")
    words = ("--call", target) if factory else (target,)
    return Entry(start=started(framework, (*command, *words), origin), port=port)


def _uwsgi(
    framework: str, target: str, origin: Origin, setting: Setting, *, factory: bool = False
) -> Entry:
    """Return the command of uWSGI, a program of its own, which SIGTERM would only reload."""
    port = setting.port or _default(8000, "uwsgi")
    served = ("--module", f"{target}()" if factory else target)
    command = ("uwsgi", "--http-socket", f"{EVERYWHERE}:{port.value}", "--master", "--die-on-term")
    return Entry(start=started(framework, (*command, *served), origin), port=port)


def _granian(
    interface: str,
    framework: str,
    target: str,
    origin: Origin,
    setting: Setting,
    *,
    factory: bool = False,
) -> Entry:
    server = ("granian", "--interface", interface, target, *["--factory"] * factory)
    return _serve(framework, server, 8000, origin, setting)


# Servers of applications by their interface, the first that is installed serves.
_ASGI: Mapping[str, Callable[..., Entry]] = {
    "uvicorn": _uvicorn,
    "hypercorn": _hypercorn,
    "daphne": _daphne,
    "granian": partial(_granian, "asgi"),
}
_WSGI: Sequence[tuple[str, Callable[..., Entry]]] = (
    ("gunicorn", _gunicorn),
    ("uwsgi", _uwsgi),
    ("pyuwsgi", _uwsgi),
    ("granian", partial(_granian, "wsgi")),
    ("waitress", _waitress),
)


def _default(port: int, server: str) -> Found[int]:
    return Found(value=port, origin=Origin(file=server, detail="its default port"))
