"""What process managers and the README start, and which of it counts."""

import posixpath
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scaffold.project.dockerfile_parser.reader import read_dockerfile
from scaffold.project.entrypoint import others, remark
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.entrypoint.arguments import SERVES
from scaffold.project.entrypoint.container_paths import Copied, Tails
from scaffold.project.entrypoint.launch import Image, follow
from scaffold.project.entrypoint.launch_notes import note_differences
from scaffold.project.entrypoint.moved_paths import (
    Reading,
)
from scaffold.project.entrypoint.own_command import (
    OwnStart,
    resolve,
    without_python,
)
from scaffold.project.entrypoint.processes import (
    Process,
    read_readme,
    read_services,
    read_supervisord,
    read_units,
)
from scaffold.project.entrypoint.programs import (
    list_programs,
)
from scaffold.project.entrypoint.script_variables import UnclearError
from scaffold.project.entrypoint.scripts import project_scripts
from scaffold.project.entrypoint.servers import MODULES, WEB_SERVERS
from scaffold.project.own_dockerfile import find_own_dockerfile
from scaffold.project.places import find_places
from scaffold.project.reached import count_reached
from scaffold.project.source_modules import Module

_NONE = read_dockerfile("FROM scratch\n")


def read_processes(
    root: Path, files: Sequence[str], modules: Sequence[Module], installed: frozenset[str]
) -> OwnStart:
    """Return what supervisord, s6 or systemd starts: a web server before the others.

    One image starts one process: the others are named. Of units, which have no order, the one that
    leads to most of the sources counts. Where it is not clear how a web server starts, none of the
    others takes its place.
    """
    own = find_own_dockerfile(root)
    copied = Copied(root=root, dockerfile=own.dockerfile, context=own.context) if own else None
    units = read_units(root)
    for processes in (read_supervisord(root), read_services(root), units):
        tried = [
            (one, _try(root, one, files, modules, installed, copied=copied)) for one in processes
        ]
        known = [own for _, own in tried if isinstance(own, OwnStart)]
        serving = [own for own in known if own.server in WEB_SERVERS]
        unclear = [one for one, own in tried if isinstance(own, str) and _serves(one)]
        if unclear and not serving:
            return OwnStart(notes=tuple(_also(*pair) for pair in tried if pair[0] not in unclear))
        if known:
            chosen = (serving or known)[0]
            if not serving and processes is units and len(known) > 1:
                places = find_places(modules)
                chosen = max(known, key=lambda one: count_reached(one.command, modules, places))
            others = [(one, own) for one, own in tried if own is not chosen]
            return replace(chosen, notes=(*chosen.notes, *(_also(*pair) for pair in others)))
    return OwnStart()


def _serves(process: Process) -> bool:
    return not {posixpath.basename(word) for word in process.line.split()}.isdisjoint(WEB_SERVERS)


def read_told(
    root: Path, files: Sequence[str], modules: Sequence[Module], installed: frozenset[str]
) -> tuple[OwnStart, ...]:
    """Return the runs of the project, or of what is installed for it, that its README tells."""
    programs = {*project_scripts(root)[1], *installed, *list_programs(installed), *MODULES}
    tried = (_try(root, one, files, modules, installed) for one in read_readme(root, programs))
    aside = {module.file for module in modules if is_aside(module)}
    return tuple(one for one in tried if isinstance(one, OwnStart) and one.file not in aside)


def first_told(told: Sequence[OwnStart]) -> OwnStart:
    """Return the first run of a file of the project, which names the others.

    Where that has the file do one thing of several (``run.py update``), the one that goes on
    running counts: without more words, or the first whose word says so.
    """
    known = [one for one in told if one.file]
    entry = known[0].entry if known else None
    if entry is None:
        return OwnStart()
    more = [file for file in dict.fromkeys(one.file for one in known) if file != known[0].file]
    if _asks(known[0]).isidentifier():
        runs = [one for one in known if one.file == known[0].file]
        serving = [one for one in runs if _asks(one) in {"", *SERVES}]
        entry = next(iter(sorted(serving, key=_asks)), known[0]).entry or entry
    start = replace(entry.start, origin=remark(entry.start.origin, others(more)))
    return replace(known[0], entry=replace(entry, start=start))


def _asks(run: OwnStart) -> str:
    """Return the word after what is started, empty where it is an option or there is none."""
    words = run.command
    after = words[3 if words[1:2] == ("-m",) else 2 :][:1]
    return "" if not after or after[0].startswith("-") else after[0]


def _also(process: Process, own: OwnStart | str) -> str:
    told = shlex.join(own.command) if isinstance(own, OwnStart) else ""
    line = told or process.line
    return (
        f"{process.origin} also starts {process.name} ({line}): the image starts one process; "
        f"run another container with that command"
    )


def _try(
    root: Path,
    process: Process,
    files: Sequence[str],
    modules: Sequence[Module],
    installed: frozenset[str],
    *,
    copied: Copied | None = None,
) -> OwnStart | str:
    """Return what a process starts, or why that is not clear."""
    reading = Reading(
        place=process.origin.file,
        dockerfile=_NONE,
        copied=Tails(root=root, copied=copied),
        files=frozenset(files),
        modules=modules,
        installed=installed,
        scripts=project_scripts(root)[1],
    )
    steps = copied.dockerfile.stages[-1].steps if copied else ()
    image = Image(
        environment=steps[-1].scope.environment if steps else {},
        script=lambda path: (
            (process.origin.file, process.script)
            if process.script and path == f"/{process.origin.file}"
            else None
        ),
    )
    try:
        launch = without_python(reading, follow(process.launch(), image))
        own = resolve(reading, launch, OwnStart())
    except UnclearError as error:
        return str(error)
    return replace(own, notes=tuple(note_differences(reading, launch, own)))
