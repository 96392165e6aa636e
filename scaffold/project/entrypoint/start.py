"""Which way to start counts, when the sources know several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scaffold.model.project import Found, Start, Use
from scaffold.project.device_files import find_devices
from scaffold.project.entrypoint.apps import App, find_apps
from scaffold.project.entrypoint.django import Site, find_django_health, find_site
from scaffold.project.entrypoint.dockerfile import OwnStart, read_own_start
from scaffold.project.entrypoint.entry import Entry, others, remark
from scaffold.project.entrypoint.health import find_health
from scaffold.project.entrypoint.ports import find_port, gunicorn_bind
from scaffold.project.entrypoint.procfile import DEFAULTS, PORT_OPTION, reachable, read_procfile
from scaffold.project.entrypoint.scripts import (
    start_celery,
    start_gradio,
    start_project_script,
    start_script,
    start_streamlit,
)
from scaffold.project.entrypoint.servers import Setting, serve_app, serve_site
from scaffold.project.source_modules import Module, load_modules
from scaffold.project.uses import find_uses


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What the sources say. ``source_paths`` are the folders that have to be importable."""

    start: Found[Start] | None = None
    port: Found[int] | None = None
    health: Found[str] | None = None
    uses: tuple[Use, ...] = ()
    source_paths: tuple[str, ...] = (".",)
    notes: tuple[str, ...] = ()


def read_sources(
    root: Path,
    *,
    files: Sequence[str],
    installed: frozenset[str] = frozenset(),
    roots: Sequence[str] = (),
) -> SourceFacts:
    """Return how the application starts, where it listens and what it uses.

    ``files`` are paths relative to ``root``; ``installed`` are the normalised names that the
    project asks for: they decide on the server; ``roots`` are folders whose modules get installed.
    Sources are parsed, never run or imported. The order: Procfile, the project's own Dockerfile,
    web application, Streamlit, Gradio, scripts of the project as a package, Celery, a plain
    script. Raises PathUnreadableError, and ConfigInvalidError for a Procfile, a script or a
    Streamlit setting that cannot be used.
    """
    modules, broken = load_modules(root, files, roots)
    own = read_own_start(root, files, modules, installed)
    entry = _find_entry(root, modules, installed, own)
    told = entry is None or entry.start.origin.file != "Procfile"
    start = entry.start.value if entry else None
    command, framework = (start.command, start.framework) if start else ((), "")
    found = find_uses(modules, files, command=command, framework=framework)
    uses = (*found, *find_devices(modules), *broken)
    return SourceFacts(
        start=entry.start if entry else None,
        port=entry.port if entry else None,
        health=entry.health if entry else None,
        uses=(*(entry.uses if entry else ()), *uses),
        source_paths=_source_paths(modules),
        notes=own.notes if told else (),
    )


def _source_paths(modules: Sequence[Module]) -> tuple[str, ...]:
    """Return the roots of importable modules; a settings file beside ``src`` makes no root."""
    roots = {module.root for module in modules if module.name}
    return tuple(sorted(roots)) or (".",)


def _find_entry(
    root: Path, modules: tuple[Module, ...], installed: frozenset[str], own: OwnStart
) -> Entry | None:
    apps = find_apps(modules)
    web = [app for app in apps if app.framework != "celery"]
    site = find_site(modules)
    entry = (
        _web_entry(root, modules, installed, web=web, site=site, own=own)
        or start_streamlit(root, modules)
        or start_gradio(modules)
    )
    binds = gunicorn_bind(root, modules) is not None
    written = read_procfile(
        root,
        port=_written_port(entry) or find_port(modules, variable=entry is not None),
        framework=entry.start.value.framework if entry else "",
        binds=binds,
    )
    if written is not None:
        is_web = entry is not None and written.start.value.framework != "procfile"
        return replace(written, health=entry.health if entry and is_web else None)
    if own.entry is not None:
        return _own_entry(own, own.entry, entry, modules, binds=binds)
    if entry is not None:
        return entry
    script = start_project_script(root, modules)
    workers = [app for app in apps if app.framework == "celery" and not app.factory]
    if script is None and workers:
        return _with_others(start_celery(workers[0]), _targets(workers[1:]))
    plain = script or start_script(modules)
    return replace(plain, port=own.port or plain.port, health=own.health) if plain else None


def _own_entry(
    own: OwnStart, told: Entry, entry: Entry | None, modules: Sequence[Module], *, binds: bool
) -> Entry:
    """Return what the project's Dockerfile starts; ``entry`` is what its sources offer.

    The port is the command's, what EXPOSE or HEALTHCHECK say, the sources', the server's.
    """
    start = told.start
    serves = bool(own.server) or entry is not None
    written = PORT_OPTION.search(" ".join(start.value.command)) if serves else None
    port = own.port or _written_port(entry) or find_port(modules, first=own.file, variable=serves)
    if written is not None:
        port = Found(value=int(written[1]), origin=start.origin)
    elif own.server and own.server != "gunicorn":
        detail = f"{own.server}'s default port"
        default = DEFAULTS.get(own.server, 8000)
        port = Found(value=default, origin=remark(start.origin, detail))
    command, added = reachable(start.value.command, str(port.value if port else ""), binds=binds)
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
        return replace(told, start=start)
    return replace(told, start=start, port=port, health=health if port else None)


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
) -> Entry | None:
    first = web[0].module.file if web else ""
    setting = Setting(
        root=root,
        modules=modules,
        installed=installed,
        port=own.port or find_port(modules, first=first),
    )
    if site is not None:
        entry = replace(
            serve_site(site, setting), health=own.health or find_django_health(modules, site)
        )
        return _with_others(entry, _targets(web))
    if not web:
        return None
    entry = replace(serve_app(web[0], setting), health=own.health or find_health(modules, web[0]))
    return _with_others(entry, _targets([app for app in web[1:] if not _makes(app, web[0])]))


def _makes(factory: App, app: App) -> bool:
    """Return whether a factory is only what the application itself is made by."""
    return factory.factory and factory.constructor is app.constructor


def _targets(apps: Sequence[App]) -> list[str]:
    return [app.target for app in apps]


def _with_others(entry: Entry, names: Sequence[str]) -> Entry:
    if not names:
        return entry
    start = entry.start
    return replace(entry, start=replace(start, origin=remark(start.origin, others(names))))
