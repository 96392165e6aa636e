"""Which way to start counts, when the sources know several."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from scaffold.model.project import Found, Start
from scaffold.project.entrypoint import EVERYWHERE, Entry, others, remark
from scaffold.project.entrypoint.apps import App, find_apps, find_routed, is_aside
from scaffold.project.entrypoint.arguments import name_required
from scaffold.project.entrypoint.container_paths import is_for_docker
from scaffold.project.entrypoint.django import (
    Site,
    find_django_health,
    find_site,
)
from scaffold.project.entrypoint.health import find_health
from scaffold.project.entrypoint.listening import find_listening
from scaffold.project.entrypoint.own_command import OwnStart
from scaffold.project.entrypoint.ports import (
    among,
    constant_port,
    find_port,
    gunicorn_bind,
    ini_port,
    serves_everywhere,
)
from scaffold.project.entrypoint.procfile import read_procfile
from scaffold.project.entrypoint.programs import start_page
from scaffold.project.entrypoint.scripts import (
    does_more,
    is_named_as_project,
    main_body,
    project_scripts,
    run_project_script,
    runs_server,
    runs_something,
    script_target,
    start_celery,
    start_gradio,
    start_project_script,
    start_script,
    start_streamlit,
    takes_command_line,
)
from scaffold.project.entrypoint.servers import (
    PORT_OPTION,
    WEB_SERVERS,
    Setting,
    default_port,
    has_server,
    reachable,
    serve_app,
    serve_site,
)
from scaffold.project.entrypoint.told_starts import first_told
from scaffold.project.setup_files import SETUP_FILES
from scaffold.project.source_modules import Module, is_example
from scaffold.project.syntax import method_of

_BOUND = re.compile(r"(?<![\d.])(?:0\.0\.0\.0|\[::\]):(\d{2,5})(?!\d)")


def find_entry(
    root: Path,
    modules: tuple[Module, ...],
    installed: frozenset[str],
    own: OwnStart,
    runs: Sequence[OwnStart],
) -> Entry | None:
    """Return the start that counts, with port and health; None where nothing starts."""
    apps = find_apps(modules)
    web = _told_first(_web_apps(apps, modules, installed), runs)
    told = first_told(runs)
    script, scripts = start_project_script(root, modules), project_scripts(root)[1]
    if web and is_aside(web[0].module) and (script or _is_run(modules)):
        web = []  # an example's or a tool's, and there is the application itself
    site = find_site(modules)
    entry = (
        _web_entry(root, modules, installed, web=web, site=site, own=own, runs=runs)
        or start_streamlit(root, modules)
        or _gradio_entry(root, modules)
    )
    written = read_procfile(
        root,
        port=lambda: _written_port(entry) or find_port(modules, variable=entry is not None),
        framework=entry.start.value.framework if entry else "",
        binds=partial(gunicorn_bind, modules),
        run_script=lambda name: run_project_script(name, *scripts[name]) if name in scripts else (),
    )
    if written is not None:
        is_web = entry is not None and written.start.value.framework != "procfile"
        return replace(written, health=entry.health if entry and is_web else None)
    serves = entry is not None and _is_there(entry, installed) and not _is_for_development(entry)
    if own.entry is None and told.entry is not None and not serves:
        known = own if _is_of_the_whole(own) else told
        own = replace(told, port=known.port, health=known.health)
    if own.entry is not None:
        port = own.port or ini_port(root, own.entry.start)
        return _own_entry(replace(own, port=port), own.entry, entry, modules)
    if entry is not None and not serves:  # for its developers, or only an extra's
        framework = entry.start.value.framework
        launchers = _launchers(web[0], modules) if web else ()
        named = is_named_as_project(root) or framework not in installed
        # What ``python -m`` of the project's packages runs.
        mains = [one for one in modules if one.file.endswith("__main__.py") and not is_aside(one)]
        mains = [] if _is_there(entry, installed) else mains
        if own_way := (script if named else None) or start_script((*mains, *launchers)):
            return own_way
    if entry is not None:
        served = web if site is None else []
        main = _own_serving(served, entry, modules, installed, opened=serves)
        if main is None and script and web and _serves_itself(web[0], root):
            main = replace(script, port=_written_port(entry) or script.port)
        return _with_health(main, entry, modules) if main else entry
    workers = [app for app in apps if app.framework == "celery" and not app.factory]
    if script is None and workers:
        told_worker = next((one.entry for one in runs if _is_worker(one, workers[0])), None)
        return _with_others(told_worker or start_celery(workers[0]), workers[1:])
    plain = _plain_entry(root, script, modules, installed, runs)
    return replace(plain, port=own.port or plain.port, health=own.health) if plain else None


def _is_worker(run: OwnStart, app: App) -> bool:
    """Tell whether the README runs a worker of an application, perhaps of some queues only."""
    file = run.file in {app.module.file, ""}
    return run.server == "celery" and file and "worker" in run.command


def _web_apps(
    apps: Sequence[App], modules: Sequence[Module], installed: frozenset[str]
) -> Sequence[App]:
    known = [app for app in apps if app.framework != "celery"]
    return known or (find_routed(modules, installed) if has_server(installed) else ())


def _plain_entry(
    root: Path,
    script: Entry | None,
    modules: Sequence[Module],
    installed: frozenset[str],
    runs: Sequence[OwnStart],
) -> Entry | None:
    """Return how what has no server starts: a program that is installed, too, if it is told."""
    files = _without_examples(root, modules)
    told, page, plain = _told_program(root, runs), start_page(files, installed), start_script(files)
    # ``panel serve app.py``: what runs the file is told, which by itself only describes a page.
    file = plain.start.origin.file if plain is not None else ""
    if told and (file in told.start.value.command or not any(map(runs_something, files))):
        plain = told
    elif page and file in {"", page.start.origin.file}:
        plain = page
    plain = script or plain
    whole = _told_whole(plain, runs, modules) if plain is not None else None
    return replace(plain, start=whole.start) if plain is not None and whole else plain


def _told_first(web: Sequence[App], runs: Sequence[OwnStart]) -> list[App]:
    """Return the applications, first of those that are none of examples what the README serves."""
    words = {word for one in runs for word in one.command}
    return sorted(web, key=lambda app: (is_aside(app.module), app.target not in words))


def _told_port(first: str, runs: Sequence[OwnStart]) -> Found[int] | None:
    """Return the port that the README gives the server of the application in a file."""
    for one in runs:
        if one.entry is not None and one.server in WEB_SERVERS and one.file in {first, ""}:
            written = PORT_OPTION.search(" ".join(one.entry.start.value.command))
            if written is not None:
                return Found(value=int(written[1]), origin=one.entry.start.origin)
    return None


def _told_program(root: Path, runs: Sequence[OwnStart]) -> Entry | None:
    """Return the first run of an installed program that the README tells."""
    known = (one.entry for one in runs if one.entry is not None and not one.file)
    found = next((one for one in known if one.start.value.command[0] != "python"), None)
    return replace(found, port=found.port or ini_port(root, found.start)) if found else None


def _told_whole(plain: Entry, runs: Sequence[OwnStart], modules: Sequence[Module]) -> Entry | None:
    """Return a start that lacks arguments as the README gives them, if it tells one command."""
    bare = plain.start.value.command
    if not name_required(bare, modules):
        return None
    whole = [
        one.entry
        for one in runs
        if one.entry is not None
        and one.entry.start.value.command[: len(bare)] == bare
        and not name_required(one.entry.start.value.command, modules)
    ]
    alike = {one.start.value.command[len(bare)] for one in whole}
    return whole[0] if len(alike) == 1 else None


def _without_examples(root: Path, modules: Sequence[Module]) -> Sequence[Module]:
    """Return what may start: a library's examples do not, where it is a package."""
    own = [module for module in modules if not is_example(module.file)]
    described = any((root / name).is_file() for name in ("pyproject.toml", *SETUP_FILES))
    return own if described and any(module.name for module in own) else modules


def _is_of_the_whole(own: OwnStart) -> bool:
    """Tell whether a Dockerfile whose start is unclear lies where it is the whole project's."""
    found = own.port or own.health
    folder = posixpath.dirname(found.origin.file or "") if found else ""
    return not folder or is_for_docker(folder)


def _is_run(modules: Sequence[Module]) -> bool:
    """Tell whether something of the application itself is made to be run."""
    return any(
        not is_aside(module) and (module.file.endswith("__main__.py") or main_body(module))
        for module in modules
        if "test" not in module.file
    )


def _is_there(entry: Entry, installed: frozenset[str]) -> bool:
    """Tell whether anything of what serves an application is asked for: an extra's may not be."""
    return not installed.isdisjoint(
        {entry.start.value.framework, *(use.value for use in entry.uses)}
    )


def _is_for_development(entry: Entry) -> bool:
    command = entry.start.value.command
    return "runserver" in command or (command[1:3] == ("-m", "flask") and "run" in command)


def _gradio_entry(root: Path, modules: Sequence[Module]) -> Entry | None:
    """Return how a Gradio app starts, none for a page in a package that a script starts."""
    entry = start_gradio(modules)
    inside = entry is not None and "/" in entry.start.value.command[1]
    return None if inside and is_named_as_project(root) else entry


def _with_health(main: Entry, entry: Entry, modules: Sequence[Module]) -> Entry:
    """Return a script that serves an application, with the application's port and health."""
    main = main if main.port else replace(main, port=constant_port(modules))
    return replace(main, health=entry.health if main.port else None)


def _serves_itself(app: App, root: Path) -> bool:
    """Tell whether the project's script has the application's file listen, and does more."""
    module, function = script_target(root)
    named = module == app.module.name
    return named and does_more(app.module, function) and serves_everywhere(app.module)


def _own_serving(
    web: Sequence[App],
    entry: Entry,
    modules: Sequence[Module],
    installed: frozenset[str],
    *,
    opened: bool,
) -> Entry | None:
    """Return the script that has an application listen, where that is more than a server does.

    ``opened``: a production server is known, else any other than that for development counts.
    """
    if not web:
        return None
    main = _serving_main(web[0], modules, opened=opened)
    if main is not None or not _is_for_development(entry):
        return main
    near = (one for one in modules if one is web[0].module or _imports(one, web[0]))
    other = [one for one in near if _has_other_server(one, web[0], modules, installed)]
    return start_script(other) if other else None


def _serving_main(app: App, modules: Sequence[Module], *, opened: bool) -> Entry | None:
    """Return the script that serves the application and does more, which its server would miss.

    An application that parses the command line itself cannot have a server's arguments there: then
    a script that has it served by its name does. ``opened``: only one that has a production server
    listen to the outside.
    """
    near = [one for one in modules if not is_aside(one)]
    near = [one for one in near if one is app.module or _imports(one, app)]
    names = {name for one in (app.module, app.made_in) for name in one.names.values()}
    read = [one for one in modules if one.name and any(_belongs(n, {one.name}) for n in names)]
    if any(takes_command_line(one, app) for one in (app.module, app.made_in, *read)):
        own = [one for one in near if runs_server(one, app, (call for _, call in one.calls()))]
        if own:
            return start_script([app.module] if app.module in own else own)
    serving = [one for one in near if does_more(one) and (not opened or serves_everywhere(one))]
    if not serving and any(map(_parses_arguments, modules)):
        name = f"{app.module.name}:{app.attribute}"
        serving = [
            module
            for module in modules
            if module.is_script
            and serves_everywhere(module)
            and any(text == name for text, _ in module.texts)
        ]
    return start_script(serving) if serving else None


def _has_other_server(
    module: Module, app: App, modules: Sequence[Module], installed: frozenset[str]
) -> bool:
    """Tell whether a script has a server listen that is not the one for development.

    Flask-SocketIO's is, unless it finds one for many connections.
    """
    own = f"{app.module.name}.{app.attribute}.run"
    sockets = any("flask_socketio.SocketIO" in dict(one.calls()) for one in modules)
    wrapped = sockets and installed.isdisjoint({"eventlet", "gevent"})
    return module.is_script and any(
        module.called(call) != own and not (wrapped and method_of(call) == "run")
        for _, call, *_ in find_listening(modules, [module])
    )


def _parses_arguments(module: Module) -> bool:
    return not (module.is_script or is_aside(module)) and any(
        method_of(call) == "parse_args" and not call.args for _, call in module.calls()
    )


def _launchers(app: App, modules: Sequence[Module]) -> tuple[Module, ...]:
    """Return the script at the top that is called like the package which has an application."""
    package = app.module.file.partition("/")[0]
    return tuple(
        one
        for one in modules
        if one.file == f"{package}.py" and one.is_script and not _imports(one, app)
    )


def _imports(module: Module, app: App) -> bool:
    inside = {app.module.name, app.made_in.name}
    return any(_belongs(name, inside) for name in module.names.values())


def _belongs(name: str, modules: set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in modules)


def _own_entry(own: OwnStart, told: Entry, entry: Entry | None, modules: Sequence[Module]) -> Entry:
    """Return what the project's Dockerfile starts; ``entry`` is what its sources offer.

    The port is the command's, what EXPOSE or HEALTHCHECK say, the sources', the server's.
    """
    if entry is not None and _is_for_development(told) and not _is_for_development(entry):
        detail = f"{told.start.origin} starts the development server"
        return replace(
            entry,
            start=Found(value=entry.start.value, origin=remark(entry.start.origin, detail)),
        )
    told = replace(told, start=_off_sockets(told.start))
    start = told.start
    words = start.value.command
    uwsgi = words[:1] == ("uwsgi",)
    # What is told to listen to the outside serves, whatever it is.
    outside = any(word.endswith((EVERYWHERE, "::")) for word in start.value.command)
    serves = bool(own.server) or uwsgi or entry is not None or outside
    written = PORT_OPTION.search(" ".join(start.value.command)) if serves else None
    binds = gunicorn_bind(modules, words) if own.server == "gunicorn" else None
    listens = find_port(modules, first=own.file, variable=serves)
    told_to = [one for one in own.ports if any(w.endswith(f":{one.value}") for w in words)]
    port = own.port or _written_port(entry) or listens or among(own.ports, modules)
    port = told_to[0] if told_to else port
    bound = _BOUND.search(" ".join(words)) if port is None else None
    port = Found(value=int(bound[1]), origin=start.origin) if bound else port
    if written is not None:
        port = Found(value=int(written[1]), origin=start.origin)
    elif binds is not None:
        port = binds[1]
    elif own.server and own.server != "gunicorn":
        detail = f"{own.server}'s default port"
        port = Found(value=default_port(own.server), origin=remark(start.origin, detail))
    command, added = reachable(
        start.value.command, str(port.value if port else ""), binds=binds is not None
    )
    if port is None and added and own.server in WEB_SERVERS:
        # What is added for the outside has the default.
        port = Found(value=default_port(own.server), origin=remark(start.origin, added))
    value = replace(start.value, command=command)
    if entry is not None and own.server not in {"", "celery"}:
        value = replace(value, framework=entry.start.value.framework)
    elif entry is not None and own.file and own.file in entry.start.value.command:
        # Started as its framework wants it, by the file itself.
        kept = dict((*entry.start.value.environment, *value.environment))
        value = replace(
            value, framework=entry.start.value.framework, environment=tuple(kept.items())
        )
        port = port or entry.port
    start = Found(value=value, origin=remark(start.origin, added))
    health = own.health or (entry.health if entry is not None else None)
    if own.server == "celery":
        return replace(told, start=start, port=own.port if "flower" in words else None)
    return replace(told, start=start, port=port, health=health if port else None)


def _off_sockets(start: Found[Start]) -> Found[Start]:
    """Return a start without a socket file: a proxy on the same machine read it."""
    words = list(start.value.command)
    for at, word in enumerate(words[1:], start=1):
        joined = re.fullmatch(r"(--bind|-b|--uds|-u)=?(unix:.*|/.*\.sock\w*)", word)
        after = words[at - 1] in {"--bind", "-b", "--uds", "-u"}
        if joined or (after and re.fullmatch(r"unix:.*|/.*\.sock\w*", word)):
            del words[at if joined else at - 1 : at + 1]
            value = replace(start.value, command=tuple(words))
            return Found(value=value, origin=remark(start.origin, "its socket file left out"))
    return start


def _written_port(entry: Entry | None) -> Found[int] | None:
    """Return an entry's port if the project names it: another server has another default."""
    if entry is None or entry.port is None or entry.port.origin.line is None:
        return None
    return entry.port


def _web_entry(
    root: Path,
    modules: tuple[Module, ...],
    installed: frozenset[str],
    *,
    web: Sequence[App],
    site: Site | None,
    own: OwnStart,
    runs: Sequence[OwnStart],
) -> Entry | None:
    first = web[0].module.file if web else ""
    setting = Setting(
        root=root,
        modules=modules,
        installed=installed,
        port=own.port or find_port(modules, first=first) or _told_port(first, runs),
    )
    if site is not None:
        entry = replace(
            serve_site(site, setting), health=own.health or find_django_health(modules, site)
        )
        return _with_others(entry, web)
    if not web:
        return None
    entry = replace(serve_app(web[0], setting), health=own.health or find_health(modules, web[0]))
    # A factory may only be what the application itself is made by.
    makes = web[0].constructor
    return _with_others(
        entry, [app for app in web[1:] if not (app.factory and app.constructor is makes)]
    )


def _with_others(entry: Entry, apps: Sequence[App]) -> Entry:
    told = others([app.target for app in apps])
    start = replace(entry.start, origin=remark(entry.start.origin, told))
    return replace(entry, start=start)
