"""What the sources say: how the application starts, where it listens, what it uses."""

import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaffold.model.project import Found, FrontEnd, Start, Use, When
from scaffold.project.devices import find_devices
from scaffold.project.entrypoint import SOURCES, Entry
from scaffold.project.entrypoint.addresses import open_outside, option_port
from scaffold.project.entrypoint.arguments import name_required, without_help
from scaffold.project.entrypoint.django import (
    Site,
    Steps,
    find_site,
    find_steps,
)
from scaffold.project.entrypoint.dockerfile import read_own_start
from scaffold.project.entrypoint.lacking_files import (
    name_configurations,
    name_left_out,
    name_mounted,
)
from scaffold.project.entrypoint.own_command import OwnStart
from scaffold.project.entrypoint.ports import (
    name_datagrams,
    name_unknown_port,
)
from scaffold.project.entrypoint.start import find_entry
from scaffold.project.entrypoint.told_starts import read_processes, read_told
from scaffold.project.named_backends import find_workers
from scaffold.project.paths import KnownValues
from scaffold.project.reached import Reached, find_reached
from scaffold.project.reads import name_missing, name_terminal
from scaffold.project.settings_patterns import find_mounted
from scaffold.project.source_loader import load_modules, uncollected
from scaffold.project.source_modules import Module, is_example
from scaffold.project.uses import find_uses

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What the sources say. ``source_paths`` are the folders that have to be importable.

    ``unused`` says which commands of the project's own image are not understood, and why.
    """

    start: Found[Start] | None = None
    port: Found[int] | None = None
    health: Found[str] | None = None
    uses: tuple[Use, ...] = ()
    source_paths: tuple[str, ...] = (".",)
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    left_steps: tuple[str, ...] = ()
    front_end: FrontEnd | None = None


@uncollected()
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
    own = _read_own(root, files, modules, installed)
    told = read_told(root, files, modules, installed)
    entry, steps = find_entry(root, modules, installed, own, told), Steps()
    counts = entry is None or entry.start.origin.file != "Procfile"
    if entry is not None:
        entry, steps = _with_settings(entry, own, modules, files)
    given = entry.start.value if entry else Start(framework="", command=())
    # Flask is told its application by a variable.
    named = (value for name, value in given.environment if name.endswith("_APP"))
    reached = find_reached(modules, command=(*given.command, *named), framework=given.framework)
    mounted = find_mounted(root, modules, files)
    unmounted, maybe = name_mounted(modules, mounted, reached)
    if entry is not None:
        start = open_outside(without_help(entry.start), root, modules, files, reached)
        port = entry.port or option_port(start, modules, reached)
        required = name_required(start.value.command, modules)
        left_out = name_left_out(root, start, frozenset(files))
        start = _with(start, lacks=(*left_out, *required, *unmounted, *start.value.lacks))
        entry = replace(entry, start=start, port=port)
    known = KnownValues(modules=modules, command=given.command, environment=dict(given.environment))
    found = find_uses(modules, files, start=given, reached=reached, mounted=mounted, known=known)
    written = [use.value for use in found if use.code in {"writes-file", "names-model"}]
    workers = _workers(entry.start, modules, files) if entry else ()
    return SourceFacts(
        start=_from_folder(entry.start, files) if entry else None,
        port=entry.port if entry else None,
        health=entry.health if entry else None,
        uses=(
            *(entry.uses if entry else ()),
            *(*own.uses, *workers, *found, *find_devices(modules), *broken),
        ),
        source_paths=_source_paths(modules),
        volumes=own.volumes,
        left_steps=own.left,
        front_end=own.front_end,
        unused=own.unused if counts else (),
        notes=(
            *(own.notes if counts else ()),
            *(entry.start.value.lacks if entry else unmounted),
            *maybe,
            *(_notes_on(entry, known, files, reached, written) if entry else ()),
            *steps.notes,
            *_unread(broken),
            *(_name_examples(modules) if entry is None else ()),
        ),
    )


def _notes_on(
    entry: Entry,
    known: KnownValues,
    files: Sequence[str],
    reached: Reached,
    written: Sequence[str],
) -> Iterator[str]:
    """Yield notes on what a start reads and asks, and on ports that nobody knows or publishes."""
    modules = known.modules
    at_start = [module for module in modules if module.file in reached.starting]
    settings = tuple(name_configurations(entry.start.value, modules, files))
    yield from settings
    yield from name_missing(
        known,
        reached,
        files=files,
        folder=entry.start.value.folder,
        workdir=SOURCES,
        written=written,
        told=settings,
    )
    yield from name_datagrams(at_start)
    yield from name_terminal(modules, reached)
    if entry.port is None:
        yield from name_unknown_port(modules, at_start)


def _workers(start: Found[Start], modules: Sequence[Module], files: Sequence[str]) -> Iterator[Use]:
    """Yield what the workers of a server's command need."""
    for code, value in find_workers(start.value.command, modules):
        if value not in _tops(files):
            yield Use(code=code, value=value, origin=start.origin, when=When.START)


def _with_settings(
    entry: Entry, own: OwnStart, modules: Sequence[Module], files: Sequence[str]
) -> tuple[Entry, Steps]:
    """Return a start with its variables and what comes before it, and a site's steps."""
    start, steps = entry.start, Steps()
    if own.environment:
        start = _with_environment(start, own.environment)
    site = find_site(modules)
    if site is not None and _serves_site(entry, site):
        steps = find_steps(site, modules, files, own.manages)
        ran = {**dict(steps.environment), **dict(own.manages_with)}
        start = _with(start, prepares=steps.commands, prepares_with=tuple(ran.items()))
    if _imports_above(start.value.command, modules, files):
        start = _with_environment(start, [("PYTHONPATH", SOURCES)])
    return replace(entry, start=start), steps


def _with(start: Found[Start], **changes: Any) -> Found[Start]:
    return replace(start, value=replace(start.value, **changes))


def _from_folder(start: Found[Start], files: Sequence[str]) -> Found[Start]:
    """Return a start whose command names the project's files from the folder that it runs in."""
    value = start.value
    if value.folder == ".":
        return start
    words = []
    for word in value.command:
        name, equals, path = word.rpartition("=")
        inside = path in files and re.search(r"[/.]", path)
        words.append(f"{name}{equals}{posixpath.relpath(path, value.folder)}" if inside else word)
    return _with(start, command=tuple(words))


def _imports_above(command: Sequence[str], modules: Sequence[Module], files: Sequence[str]) -> bool:
    """Tell whether a script in a folder imports what lies at the top, where Python looks not."""
    folder = posixpath.dirname(next((word for word in command if word.endswith(".py")), ""))
    if not folder or "-m" in command or posixpath.isabs(folder):
        return False
    beside = {file.removeprefix(f"{folder}/") for file in files if file.startswith(f"{folder}/")}
    above = _tops(files) - _tops(beside) - sys.stdlib_module_names
    return any(
        name.partition(".")[0] in above
        for module in modules
        if module.file.startswith(f"{folder}/")
        for name in module.names.values()
    )


def _tops(files: Iterable[str]) -> set[str]:
    """Return what can be imported of a folder with these files."""
    return {file.partition("/")[0].removesuffix(".py") for file in files if file.endswith(".py")}


def _name_examples(modules: Sequence[Module]) -> Iterator[str]:
    """Yield a note on what could be started of a library, which starts nothing itself."""
    found = [one.file for one in modules if is_example(one.file)]
    if found:
        more = f" and {len(found) - 1} more" if found[1:] else ""
        yield f"only examples can be started, such as {found[0]}{more}: name one with --cmd"


def _source_paths(modules: Sequence[Module]) -> tuple[str, ...]:
    """Return the roots of importable modules; a settings file beside ``src`` makes no root."""
    roots = {module.root for module in modules if module.name}
    return tuple(sorted(roots)) or (".",)


def _read_own(
    root: Path, files: Sequence[str], modules: Sequence[Module], installed: frozenset[str]
) -> OwnStart:
    """Return what the project's own Dockerfile starts, else what a process manager does."""
    own = read_own_start(root, files, modules, installed)
    if own.entry is not None:
        return own
    return _with_processes(own, read_processes(root, files, modules, installed))


def _with_processes(own: OwnStart, found: OwnStart) -> OwnStart:
    """Return what a Dockerfile tells besides, with what a process manager starts."""
    if found.entry is None:
        return replace(own, notes=(*own.notes, *found.notes))
    return replace(
        found,
        port=own.port,
        health=own.health,
        notes=(*own.notes, *found.notes),
        environment=own.environment,
        uses=own.uses,
        left=own.left,
    )


def _with_environment(start: Found[Start], more: Sequence[tuple[str, str]]) -> Found[Start]:
    pairs = {**dict(more), **dict(start.value.environment)}
    return _with(start, environment=tuple(pairs.items()))


def _unread(broken: Sequence[Use]) -> Iterator[str]:
    """Yield one note on the sources that could not be parsed."""
    if broken:
        more = f" and {len(broken) - 1} more" if broken[1:] else ""
        yield (
            f"{broken[0].origin}{more} cannot be parsed by Python {_PYTHON}, which leanscaffold "
            f"runs on ({broken[0].value}): what is imported and run there is not known"
        )


def _serves_site(entry: Entry, site: Site) -> bool:
    targets = {site.wsgi, site.asgi, site.wsgi.partition(":")[0], site.asgi.partition(":")[0]}
    # uWSGI's own settings name the application.
    return bool(set(entry.start.value.command) & ((targets - {""}) | {"uwsgi"}))
