"""The servers of web applications: how each is told what to serve, and where to listen."""

import re
from dataclasses import dataclass
from pathlib import Path

from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint import EVERYWHERE, Entry, remark, started
from scaffold.project.entrypoint.apps import ASGI, FRAMEWORKS, App
from scaffold.project.entrypoint.django import Site
from scaffold.project.entrypoint.ports import gunicorn_bind, gunicorn_sets
from scaffold.project.source_modules import Module

_OPEN = frozenset({EVERYWHERE, "", "[::]"})
_HOST, _BIND = "--host {host}", "--bind {host}:{port}"
_SERVE = f"{{target}} {_HOST} --port {{port}}"
_UWSGI = "uwsgi --http-socket {host}:{port} --master --die-on-term --module {target}"
PORT_OPTION = re.compile(
    r"(?:(?:-p|--port|--server\.port)[ =]|(?:-b|--bind|--listen)[ =]?[^\s:]*:|"
    r"--http(?:-socket)?[ =](?:\[[^\s\]]*\]|[^\s:]*):|"
    r"runserver [^\s:]*:|runserver (?=\d+\b))(\d+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What serves an application, or starts a worker; ``command`` is its program, if one is known.

    ``asgi`` and ``wsgi`` are lines that serve a target of that kind, ``made`` spells a target that
    makes the application, empty where the server calls none. ``opens`` opens a line that somebody
    wrote to the outside, unless an option of ``says`` is in it. ``folder`` is the option for where
    the target is imported from; ``web`` says that whatever it starts is a web application.
    """

    command: str = ""
    asgi: str = ""
    wsgi: str = ""
    made: str = "{target}()"
    port: int = 8000
    says: tuple[str, ...] = ()
    opens: str = ""
    folder: str = ""
    web: bool = True


# Of the servers of a kind the first that is installed serves.
SERVERS = {
    "uvicorn": Server(
        command="uvicorn",
        asgi=f"python -m uvicorn {_SERVE}",
        made="{target} --factory",
        says=("--host", "--uds", "--fd"),
        opens=_HOST,
        folder="--app-dir",
    ),
    "hypercorn": Server(
        command="hypercorn",
        asgi=f"python -m hypercorn {_BIND} {{target}}",
        says=("-b", "--bind"),
        opens=_BIND,
    ),
    "daphne": Server(
        command="daphne",
        asgi="python -m daphne -b {host} -p {port} {target}",
        made="",
        says=("-b", "--bind", "-u"),
        opens="-b {host}",
    ),
    "gunicorn": Server(
        command="gunicorn",
        wsgi=f"python -m gunicorn {_BIND} {{target}}",
        says=("-b", "--bind"),
        opens=_BIND,
        folder="--chdir",
    ),
    # A program of its own, which SIGTERM would only reload.
    **dict.fromkeys(("uwsgi", "pyuwsgi"), Server(wsgi=_UWSGI, web=False)),
    "granian": Server(
        asgi=f"python -m granian --interface asgi {_SERVE}",
        wsgi=f"python -m granian --interface wsgi {_SERVE}",
        made="{target} --factory",
        web=False,
    ),
    "waitress": Server(
        command="waitress-serve",
        wsgi="python -m waitress --host={host} --port={port} {target}",
        made="--call {target}",
        port=8080,
    ),
    "flask": Server(command="flask", port=5000, says=("-h", "--host"), opens=_HOST),
    "fastapi": Server(command="fastapi"),
    "streamlit": Server(command="streamlit", port=8501),
    "celery": Server(command="celery", web=False),
    "django": Server(command="django-admin", web=False),
}
MODULES = {one.command: name for name, one in SERVERS.items() if one.command}
# Their connections stay open (documentation of Flask-SocketIO and flask-sock, «Deployment»).
_KEEP_OPEN = frozenset({"flask_socketio.SocketIO", "flask_sock.Sock"})
WEB_SERVERS = frozenset(name for name, one in SERVERS.items() if one.web)


def default_port(server: str) -> int:
    """Return where a server listens unless it is told, 8000 for one that is not known."""
    return SERVERS.get(server, Server()).port


def from_default(port: int, server: str) -> Found[int]:
    """Return a port that only the server's default says."""
    return Found(value=port, origin=Origin(file=server, detail="its default port"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the choice of a server rests on besides the application."""

    root: Path
    modules: tuple[Module, ...]
    installed: frozenset[str]
    port: Found[int] | None


def serve_app(app: App, setting: Setting) -> Entry:
    """Return how an ASGI or WSGI application object is served."""
    asgi = _is_asgi(app, setting.installed)
    name, line = _first("asgi" if asgi else "wsgi", setting, factory=app.factory)
    if asgi and not name:
        name, line = "uvicorn", SERVERS["uvicorn"].asgi
    if name:
        line = f"{line} {worker}" if name == "gunicorn" and (worker := _worker(setting)) else line
        return _serve(
            *(name, line, app.target, app.origin, setting),
            framework=app.framework,
            factory=app.factory,
        )
    port = setting.port or from_default(5000, "flask")
    command = ("python", "-m", "flask", "run", "--host", EVERYWHERE, "--port", str(port.value))
    origin = remark(app.origin, "Flask's development server: ask for gunicorn or waitress")
    # Every release reads the variable; Flask before 2.2 has no option --app.
    start = started(app.framework, command, origin, environment=[("FLASK_APP", app.target)])
    return Entry(start=start, port=port)


def _worker(setting: Setting) -> str:
    """Return gunicorn's options for connections that stay open, which its own worker has one of."""
    kept = (called for module in setting.modules for called, _ in module.calls())
    if _KEEP_OPEN.isdisjoint(kept) or gunicorn_sets(setting.modules, "worker_class", "threads"):
        return ""
    green = next((one for one in ("eventlet", "gevent") if one in setting.installed), "")
    return f"--worker-class {green}" if green else "--threads 100"


def has_server(installed: frozenset[str]) -> bool:
    """Tell whether a server for WSGI or ASGI applications is among the packages."""
    return not installed.isdisjoint(name for name, one in SERVERS.items() if one.asgi or one.wsgi)


def _is_asgi(app: App, installed: frozenset[str]) -> bool:
    """Tell an application's interface: of an unknown framework by its name, then by the server."""
    if app.framework in FRAMEWORKS.values():
        return app.framework in ASGI
    named = f"{app.module.dotted(app.constructor.func)}.{app.module.name}".lower().split(".")
    wsgi = (name for name, one in SERVERS.items() if one.wsgi and not one.asgi)
    return "asgi" in named or installed.isdisjoint(wsgi)


def serve_site(site: Site, setting: Setting) -> Entry:
    """Return how a Django project is served; its development server is the last resort.

    A project whose settings name an ASGI application (for websockets) is served as one, if it
    asks for a server that can; any other as WSGI, but for waitress beside a server of ASGI.
    """
    sync = _first("wsgi", setting) if site.wsgi else ("", "")
    other = _first("asgi", setting) if site.asgi else ("", "")
    if other[0] and (site.wants_asgi or sync[0] in {"", "waitress"}):
        return _serve(*other, site.asgi, site.origin, setting)
    if sync[0]:
        return _serve(*sync, site.wsgi, site.origin, setting)
    origin = remark(site.origin, "Django's development server: ask for gunicorn or uvicorn")
    port = setting.port or from_default(8000, "django")
    address = f"{EVERYWHERE}:{port.value}"
    command = ("python", site.manage.file, "runserver", address, "--noreload")
    return Entry(start=started("django", command, origin), port=port)


def _first(kind: str, setting: Setting, *, factory: bool = False) -> tuple[str, str]:
    """Return the first server of a kind that is installed, with its line; empty without one."""
    for name, server in SERVERS.items():
        line = getattr(server, kind)
        if line and name in setting.installed and (server.made or not factory):
            return name, line
    return "", ""


def _serve(
    name: str,
    line: str,
    target: str,
    origin: Origin,
    setting: Setting,
    *,
    framework: str = "django",
    factory: bool = False,
) -> Entry:
    """Return the command of a server; gunicorn's own file may say where it listens."""
    server = SERVERS[name]
    port = setting.port or from_default(server.port, line.removeprefix("python -m ").split()[0])
    bound = gunicorn_bind(setting.modules) if name == "gunicorn" else None
    if bound is not None:
        host, port = bound
        line = line.replace(f"{_BIND} ", "") if host in _OPEN else line
    told = (server.made if factory else "{target}").format(target=target)
    command = line.format(target=told, host=EVERYWHERE, port=port.value).split()
    return Entry(start=started(framework, command, origin), port=port)


def reachable(command: tuple[str, ...], port: str, *, binds: bool) -> tuple[tuple[str, ...], str]:
    """Return the command with the option that opens it to the outside, and what was added.

    ``binds`` says that gunicorn's own file has its address.
    """
    name = command[2] if command[:2] == ("python", "-m") else ""
    server = SERVERS.get(name, Server())
    if not server.opens or (name == "gunicorn" and binds):
        return command, ""
    short = tuple(option for option in server.says if not option.startswith("--"))
    for word in command[3:]:
        joined = word.startswith(short) and not word.startswith("--")
        if word.split("=")[0] in server.says or (short and joined):
            return command, ""
    if name == "flask" and "run" not in command:
        return command, ""
    added = server.opens.format(host=EVERYWHERE, port=port or "8000").split()
    return (*command, *added), f"{added[0]} added"
