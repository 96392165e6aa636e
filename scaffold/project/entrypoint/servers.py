"""The command of a web application: which server, by what the project asks for."""

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from scaffold.model.project import Found, Origin, Start
from scaffold.project.entrypoint import EVERYWHERE, Entry, remark, started
from scaffold.project.entrypoint.apps import ASGI, App, assigned_call
from scaffold.project.entrypoint.django import Site
from scaffold.project.entrypoint.ports import gunicorn_bind
from scaffold.project.source_modules import FUNCTIONS, Module, argument, walk

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
    if app.framework in ASGI:
        if "hypercorn" in setting.installed and "uvicorn" not in setting.installed:
            target = f"{app.target}()" if app.factory else app.target
            return _listen("hypercorn", app.framework, target, app.origin, setting)
        if "daphne" in setting.installed and "uvicorn" not in setting.installed and not app.factory:
            return _daphne(app.framework, app.target, app.origin, setting)
        words = (app.target, "--factory") if app.factory else (app.target,)
        missing = "" if "uvicorn" in setting.installed else "uvicorn has to be among the packages"
        origin = remark(app.origin, missing)
        return _serve(app.framework, ("uvicorn", *words), 8000, origin, setting)
    for name, serve in _WSGI:
        if name in setting.installed:
            return serve(app.framework, app.target, app.origin, setting, factory=app.factory)
    port = setting.port or _default(5000, "flask")
    command = ("python", "-m", "flask", "--app", app.target, "run", "--host", EVERYWHERE)
    origin = remark(app.origin, "Flask's development server: ask for gunicorn or waitress")
    start = started(app.framework, (*command, "--port", str(port.value)), origin)
    return Entry(start=start, port=port)


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
    if site.asgi and "uvicorn" in setting.installed:
        return _serve("django", ("uvicorn", site.asgi), 8000, site.origin, setting)
    if site.asgi and "daphne" in setting.installed:
        return _daphne("django", site.asgi, site.origin, setting)
    if site.asgi and "hypercorn" in setting.installed:
        return _listen("hypercorn", "django", site.asgi, site.origin, setting)
    return None


def _preferred(sync: Entry | None, other: Entry | None, setting: Setting) -> Entry | None:
    return sync if sync and {"gunicorn", "uwsgi", "pyuwsgi"} & setting.installed else other or sync


def _daphne(framework: str, target: str, origin: Origin, setting: Setting) -> Entry:
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
    framework: str, target: str, origin: Origin, setting: Setting, *, factory: bool = False
) -> Entry:
    server = ("granian", "--interface", "wsgi", target, *["--factory"] * factory)
    return _serve(framework, server, 8000, origin, setting)


# Servers of WSGI applications, the first that is installed serves.
_WSGI = (
    ("gunicorn", _gunicorn),
    ("uwsgi", _uwsgi),
    ("pyuwsgi", _uwsgi),
    ("granian", _granian),
    ("waitress", _waitress),
)


def _default(port: int, server: str) -> Found[int]:
    return Found(value=port, origin=Origin(file=server, detail="its default port"))


_CLICK = ("click.option", "click.argument", "typer.Option", "typer.Argument")
# What a command that goes on running is usually called.
_SERVES = ("serve", "run", "start", "server", "startserver", "daemon", "listen", "worker", "up")


def name_required(start: Start, modules: Sequence[Module]) -> tuple[str, ...]:
    """Return a note for each required argument, and for a command, that is not given."""
    given = {word.partition("=")[0] for word in start.command}
    values = [word for word in _arguments(start.command) if not word.startswith("-")]
    notes = []
    for module in _started(start.command, modules):
        commands = dict(_commands(module))
        if commands and not values:
            first = next((one for one in _SERVES if one in commands), next(iter(commands)))
            known = ", ".join(commands)
            command = shlex.join((*start.command, first))
            origin = module.origin(commands[first])
            notes.append(f"{origin} takes a command ({known}): name one, as with --cmd {command!r}")
        parted = any(
            isinstance(call.func, ast.Attribute) and call.func.attr == "add_subparsers"
            for _, call in module.calls
        )
        for names, where in () if commands or parted else _required(module):
            options = [name for name in names if name.startswith("-")]
            if (options and not given & set(options)) or (not options and not values):
                origin = module.origin(where)
                notes.append(f"{origin} requires {names[-1]}: name the whole command with --cmd")
    return tuple(dict.fromkeys(notes))


_CONFIGURES = re.compile(r"[^/]+\.(?:ini|conf|cfg|ya?ml|toml|json)")
_PATTERN = re.compile(
    r"[._-](?:dist|example|sample|template|tmpl)(?=\.\w+$|$)|^(?:example|sample)[._-]"
)


def name_configurations(
    start: Start, modules: Sequence[Module], files: Sequence[str]
) -> Iterator[str]:
    """Yield a note on each file of settings that the application reads and the project lacks.

    It lies there as a pattern (``config.ini.dist``), or is the default of an option.
    """
    known = {file.rpartition("/")[2] for file in files} | {""}
    patterns = {_PATTERN.sub("", file.rpartition("/")[2]): file for file in files}
    given = " ".join(start.command)
    told = set[str]()
    for module in modules:
        for node in module.of(ast.Constant):
            name = node.value.rpartition("/")[2] if isinstance(node.value, str) else ""
            wanted = name in patterns and name not in known | told and _CONFIGURES.fullmatch(name)
            if wanted and name not in given:
                told.add(name)
                yield (
                    f"{module.origin(node)} names {name}, which the project lacks "
                    f"({patterns[name]} is its pattern): mount it, or put it there"
                )
    for module in _started(start.command, modules):
        for _, call in module.calls:
            option = next((o for o in map(module.text, call.args) if o.startswith("--")), "")
            default = module.text(argument(call, "default"))
            name = default.rpartition("/")[2]
            configures = re.search("conf|settings", option) and _CONFIGURES.fullmatch(name)
            if configures and name not in known | told and option not in given:
                yield (
                    f"{module.origin(call)} reads {default}, which the project lacks: mount it, or "
                    f"name another with {option}"
                )


def _arguments(command: Sequence[str]) -> Sequence[str]:
    at = 2 if command[1:2] and command[1] in {"-m", "-c"} else 1
    return command[at + 1 :]


def _started(command: Sequence[str], modules: Sequence[Module]) -> Iterator[Module]:
    """Yield the module that a command starts, and those of the project whose parser it calls."""
    words = list(command)
    name = words[2] if words[1:2] == ["-m"] else ""
    if words[1:2] == ["-c"]:
        name = words[2].partition("from ")[2].partition(" ")[0]
    first = [
        one
        for one in modules
        if one.file in words or (name and one.name in {name, f"{name}.__main__"})
    ]
    yield from first
    called = {value for one in first for value in one.names.values()}
    for one in modules:
        taken = {v.removeprefix(f"{one.name}.") for v in called if v.startswith(f"{one.name}.")}
        if one not in first and one.name and taken and not _parses_for_itself(one, taken):
            yield one


def _parses_for_itself(module: Module, taken: AbstractSet[str]) -> bool:
    """Tell whether a script's arguments are its own: what others take of it parses none."""
    parsing = {
        node.name
        for node in module.of(*FUNCTIONS)
        if any(isinstance(x, ast.Attribute) and x.attr == "add_argument" for x in walk(node))
    }
    return module.is_script and bool(parsing) and parsing.isdisjoint(taken)


def _commands(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the commands of argparse's subparsers, a click group or a typer app, with their place.

    A typer app with one command, and a group that does something without any, take none.
    """
    functions = list(module.of(*FUNCTIONS))
    groups = {
        one.name for one in functions if any(_is_group(module, d) for d in one.decorator_list)
    }
    apps = {
        name
        for names, call in map(assigned_call, module.top)
        if call is not None and module.dotted(call.func) == "typer.Typer"
        for name in names
    }
    found: list[tuple[str, ast.AST]] = [
        (text, call)
        for _, call in module.calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_parser"
        if (text := module.text(argument(call, "name", 0)))
    ]
    for function in functions:
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            func = call.func if call else decorator
            if not isinstance(func, ast.Attribute) or func.attr != "command":
                continue
            if isinstance(func.value, ast.Name) and func.value.id in groups | apps:
                named = module.text(argument(call, "name", 0)) if call else ""
                found.append((named or function.name.replace("_", "-"), function))
    if len(found) > 1 or not apps:
        yield from found


def _is_group(module: Module, decorator: ast.expr) -> bool:
    call = decorator if isinstance(decorator, ast.Call) else None
    alone = argument(call, "invoke_without_command") if call else None
    return module.dotted(call.func if call else decorator) == "click.group" and alone is None


def _required(module: Module) -> Iterator[tuple[list[str], ast.Call]]:
    for name, call in module.calls:
        names = [text for text in map(module.text, call.args) if text]
        parses = isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"
        if not names or not (parses or name in _CLICK):
            continue
        needed = module.literal(argument(call, "required"))
        if isinstance(first := call.args[0], ast.Constant) and first.value is Ellipsis:
            needed = True
        optional = [argument(call, key) for key in ("default", "nargs", "action")]
        is_option = names[0].startswith("-")
        if needed is True or (
            not is_option and needed is None and not any(one is not None for one in optional)
        ):
            yield [one for one in names if one.startswith("-") or not is_option], call
