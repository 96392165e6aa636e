"""A Django project: its settings, its WSGI or ASGI module and its URLs."""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint.health import choose_path
from scaffold.project.reached import settings_of
from scaffold.project.settings import find_settings
from scaffold.project.source_modules import Module
from scaffold.project.syntax import Function, argument, first_of, names_of

_DEPTH = 5
_COLLECT = "collectstatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A Django project; ``wsgi`` and ``asgi`` as ``package.wsgi:application``, or empty."""

    manage: Module
    settings: Module | None
    wsgi: str
    asgi: str
    wants_asgi: bool
    origin: Origin


def find_site(modules: Sequence[Module]) -> Site | None:
    """Return the project whose manage.py lies highest, and has its settings; None without one."""
    found = [
        (module, call)
        for module in modules
        if module.file.rpartition("/")[2] == "manage.py"
        for call in settings_of(module)
    ]
    if not found:
        return None
    known = {(module.root, module.name) for module in modules}

    def rank(pair: tuple[Module, ast.Call]) -> tuple[bool, int, str]:
        manage, call = pair
        has_settings = (manage.root, manage.text(argument(call, "value", 1))) in known
        return not has_settings, manage.file.count("/"), manage.file

    manage, call = min(found, key=rank)
    by_name = {module.name: module for module in modules if module.root == manage.root}
    settings = manage.text(argument(call, "value", 1))
    return Site(
        manage=manage,
        settings=by_name.get(settings),
        wsgi=_application(settings, "wsgi", by_name),
        asgi=_application(settings, "asgi", by_name),
        wants_asgi=_names_asgi(settings, by_name),
        origin=manage.origin(call, settings),
    )


def _names_asgi(settings: str, by_name: Mapping[str, Module]) -> bool:
    """Return whether the settings, or another module of their package, set ASGI_APPLICATION."""
    package = settings.rpartition(".")[0]
    beside = [name for name in by_name if name.rpartition(".")[0] == package and "settings" in name]
    return any(
        "ASGI_APPLICATION" in by_name[name].values for name in {settings, *beside} & set(by_name)
    )


def _application(settings: str, kind: str, by_name: Mapping[str, Module]) -> str:
    """Return the module beside the settings (or their folder) that makes ``application``."""
    package = settings
    while package:
        package = package.rpartition(".")[0]
        name = f"{package}.{kind}" if package else kind
        module = by_name.get(name)
        functions = (
            one.name for one in (module.top if module else ()) if isinstance(one, Function)
        )
        if module and "application" in {*module.values, *module.names, *functions}:
            return f"{name}:application"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What a site needs before it is served: commands of the build, variables of theirs, notes."""

    commands: tuple[tuple[str, ...], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


# What django-environ reads as an address.
_OF_BUILD = {"DATABASE_URL": "sqlite://:memory:", "CACHE_URL": "locmemcache://"}


def find_steps(
    site: Site,
    modules: Sequence[Module],
    files: Sequence[str],
    own: Sequence[tuple[str, ...]] = (),
) -> Steps:
    """Return what has to happen before a site is served; what is committed is left as it is.

    ``own`` are the commands that the project's own Dockerfile gives manage.py, in its order.
    """
    settings = _settings_modules(site, modules)
    manage = site.manage.file
    elsewhere, collects = _static_files(site, settings, files)
    notes = [elsewhere] if elsewhere else []
    if not any(given[0] == _COLLECT for given in own):
        own = ((_COLLECT,), *own)
    commands = tuple(
        ("python", manage, *given, *_silent(given))
        for given in own
        if collects or given[0] != _COLLECT
    )
    required = {name for one in settings for name, _ in find_settings(one)} if commands else ()
    compiled = {file.removesuffix(".mo") for file in files if file.endswith(".mo")}
    sources = (file for file in files if file.endswith("/LC_MESSAGES/django.po"))
    if missing := [file for file in sources if file.removesuffix(".po") not in compiled]:
        notes.append(
            f"{missing[0]} is not compiled: run `python {manage} compilemessages` before the build"
        )
    if any(re.search(r"/migrations/\d+\w*\.py$", file) for file in files):
        notes.append(
            f"{manage} migrates the database: the image does not do it when it starts; run "
            f"`python {manage} migrate` in a container of it"
        )
    environment = tuple((name, _OF_BUILD.get(name, "build")) for name in sorted(required))
    return Steps(commands=commands, environment=environment, notes=tuple(notes))


def _static_files(site: Site, settings: Sequence[Module], files: Sequence[str]) -> tuple[str, bool]:
    """Return a note on static files that lie elsewhere, and whether they have to be collected."""
    roots = [
        (one, node.value)
        for one in settings
        for node in one.top
        if isinstance(node, ast.Assign) and "STATIC_ROOT" in names_of(node)
    ]
    texts = {text for one in settings for text, _ in one.texts}
    if not roots or "django.contrib.staticfiles" not in texts:
        return "", False
    one, node = roots[-1]
    words = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and n.value]
    last = str(words[-1]) if words else ""
    if last.startswith("/"):
        note = f"{one.origin(node)} puts static files into {last}: the image does not collect them"
        return note, False
    inside = posixpath.normpath(posixpath.join(site.manage.root, last))
    return "", not any(file.startswith(f"{inside}/") for file in files)


def _silent(given: Sequence[str]) -> tuple[str, ...]:
    asks = given[0] == _COLLECT and not {"--noinput", "--no-input"} & set(given)
    return ("--noinput",) if asks else ()


def _settings_modules(site: Site, modules: Sequence[Module]) -> list[Module]:
    name = site.origin.detail
    package = name if name.endswith("settings") else name.rpartition(".")[0]
    return [
        one
        for one in modules
        if one.root == site.manage.root
        and (one.name == name or (one.name.startswith(f"{package}.") and "settings" in one.name))
    ]


def find_django_health(modules: Sequence[Module], site: Site) -> Found[str] | None:
    """Return the path to ask, from the literal ``path()`` entries of the URL modules."""
    by_name = {module.name: module for module in modules if module.root == site.manage.root}
    root = ""
    if site.settings is not None:
        root = site.settings.text(site.settings.values.get("ROOT_URLCONF"))
    if not root and site.origin.detail:
        root = f"{site.origin.detail.rpartition('.')[0]}.urls"
    return choose_path(list(_urls(root, "/", by_name, _DEPTH)))


def _urls(
    name: str, prefix: str, by_name: Mapping[str, Module], depth: int
) -> Iterator[tuple[str, Origin]]:
    module = by_name.get(name)
    if module is None or depth == 0:
        return
    for called, call in module.calls():
        if called not in {"django.urls.path", "django.urls.conf.path"}:
            continue
        route = module.literal(argument(call, "route", 0))
        view = argument(call, "view", 1)
        if not isinstance(route, str):
            continue
        if isinstance(view, ast.Call) and module.called(view).endswith(".include"):
            yield from _urls(module.text(first_of(view)), prefix + route, by_name, depth - 1)
        else:
            yield prefix + route, module.origin(call)
