"""The project's own Dockerfile: how somebody already starts the application in a container."""

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import canonicalize_name

from scaffold.model.dockerfile import Command, Instruction
from scaffold.model.project import Found, FrontEnd, Origin, Start, Use
from scaffold.project.dockerfile_parser.reader import read_dockerfile
from scaffold.project.dockerfile_parser.scopes import fill_in
from scaffold.project.dockerfile_parser.shell import commands_of, program_of
from scaffold.project.entrypoint import SECRET, Entry, others, remark, started
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.entrypoint.arguments import SERVES
from scaffold.project.entrypoint.build_steps import find_left_steps
from scaffold.project.entrypoint.container_paths import Copied, Tails
from scaffold.project.entrypoint.front_ends import find_front_end
from scaffold.project.entrypoint.launch import Image, Launch, UnclearError, follow, join, unwrap
from scaffold.project.entrypoint.moved_paths import (
    Reading,
    find_volume,
    find_volumes,
    find_workdir,
    move,
    note_mounts,
    note_paths,
)
from scaffold.project.entrypoint.ports import is_port
from scaffold.project.entrypoint.processes import (
    Composed,
    Process,
    read_compose,
    read_readme,
    read_services,
    read_supervisord,
    read_units,
)
from scaffold.project.entrypoint.procfile import foreign_uses
from scaffold.project.entrypoint.programs import (
    find_deaf,
    is_brought,
    list_programs,
    open_program,
)
from scaffold.project.entrypoint.scripts import project_scripts, run_project_script
from scaffold.project.entrypoint.servers import MODULES, SERVERS, WEB_SERVERS
from scaffold.project.entrypoint.written_scripts import find_written_scripts
from scaffold.project.own_dockerfile import OURS, find_own_dockerfile
from scaffold.project.reached import count_reached, find_places
from scaffold.project.source_modules import Module
from scaffold.project.text_io import text_of

_PYTHON = re.compile(r"python[0-9.]*")
_PROGRAM = re.compile(r"/(?:usr/(?:local/)?)?s?bin/([\w.+-]+)")
_TARGET = re.compile(r"([A-Za-z_][\w.]*)(:[A-Za-z_]\w*(?:\(.*\))?)?")
_URL = re.compile(
    r"http://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(/[^\s\"'|;)]*)?"
)
_EXPOSED = re.compile(r"(\d+)(?:/(?:tcp|udp|sctp))?")
# What manage.py does that makes no file of the application; messages need a program of gettext.
_NOT_OF_BUILD = frozenset(
    {
        *("check", "compilemessages", "createsuperuser", "loaddata", "makemigrations", "migrate"),
        *("runserver", "shell", "test"),
    }
)
# Devices, and what a process makes when it starts.
_MADE = re.compile(r"/(?:dev|tmp|var/tmp)/|.*\.pid$")
_LONGEST = 60  # characters of a command in a note
_NONE = read_dockerfile("FROM scratch\n")
# Variables of an image's own making: of shells, Python, package managers, users, and locale.
_ARGUMENT = re.compile(r"\$(?:\w+|\{\w+\})")
_OF_IMAGES = re.compile(
    r"PATH|HOME|EDITOR|APT_\w+|LANG|LANGUAGE|LC_\w+|TERM|SHELL|USER|PUID|PGID|UID|GID|DEBIAN_FRONTEND|VIRTUAL_ENV"
    r"|VENV\w*|LD_\w+|S6_\w+|APP_HOME|WORKDIR|\w*_(?:VERSION|SHA256|URL_BASE)"
    r"|(?:PYTHON(?!PATH\b)|PIP|PIPX|UV|POETRY|PDM|CONDA|PIPENV|NODE|NPM|CARGO|RUST)\w*"
)
_SETTINGS = (".ini", ".conf", ".cfg", ".toml", ".yaml", ".yml", ".xml", ".conf.py")
# Options of Python itself that take the next word.
_PYTHON_VALUES = frozenset({"-W", "-X"})
# Settings of gunicorn's that an option of the same name takes the place of (its documentation).
_GUNICORN_FOLDER = re.compile(r"(pythonpath|chdir)\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStart:
    """What a Dockerfile tells. ``file`` is the script or module of the project that it starts.

    ``server`` is the dependency that serves the application, empty where it is started itself;
    ``ports`` are all that EXPOSE names, ``port`` is the one that is sure. ``manages`` are what the
    build gives Django's manage.py, without its name, ``manages_with`` the variables of these alone.
    ``volumes`` are folders that the container gets, absolute or relative to the project, and
    ``unused`` says which commands are not understood, and why; ``left`` which steps of the build
    make or fetch files that the image lacks.
    """

    entry: Entry | None = None
    file: str = ""
    server: str = ""
    port: Found[int] | None = None
    ports: tuple[Found[int], ...] = ()
    health: Found[str] | None = None
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    manages: tuple[tuple[str, ...], ...] = ()
    manages_with: tuple[tuple[str, str], ...] = ()
    uses: tuple[Use, ...] = ()
    volumes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    front_end: FrontEnd | None = None

    @property
    def command(self) -> Sequence[str]:
        """Return the words that it starts with, none where that is not clear."""
        return self.entry.start.value.command if self.entry else ()


def read_own_start(
    root: Path,
    files: Sequence[str],
    modules: Sequence[Module],
    installed: frozenset[str],
) -> OwnStart:
    """Return how the project's own Dockerfile starts it, listens and is asked for its health.

    ``files`` are what goes into the image. Whatever is not sure is a note with file and line.
    """
    found = find_own_dockerfile(root)
    if found is None:
        return OwnStart(notes=tuple(_others(root)))
    place, dockerfile, context = found.place, found.dockerfile, found.context
    copied = Copied(root=root, dockerfile=dockerfile, context=context)
    reading = Reading(
        place=place,
        dockerfile=dockerfile,
        copied=copied,
        files=frozenset(files),
        modules=modules,
        installed=installed,
        scripts=project_scripts(root)[1],
    )
    steps = dockerfile.steps(reading.stage)
    health, asked = _health(reading, steps)
    composed = read_compose(root, place)
    environment, notes = _carried(reading, steps, composed)
    exposed = _exposed(steps)
    ports = [
        Found(value=int(number), origin=reading.origin(step, "EXPOSE"))
        for number, step in exposed.items()
        if number.isdigit()
    ]
    if len(exposed) > 1:
        told = (
            f"{reading.origin(next(iter(exposed.values())))} exposes {', '.join(exposed)}: the "
            "image declares only one (--port); the others work as well if you publish them"
        )
        notes = (*notes, told)
    only = ports[0] if len(ports) == 1 else None
    managed = list(_manages(steps))
    left = find_left_steps(
        steps,
        path=reading.path,
        files=reading.files,
        scripts=reading.scripts,
        modules=modules,
    )
    built = find_front_end(place, copied, steps, files)
    own = OwnStart(
        front_end=built.kept,
        left=tuple(f"{reading.origin(step)} {text}" for step, text in left),
        port=only or asked or _published(composed),
        ports=tuple(ports),
        health=health,
        environment=environment,
        volumes=tuple(find_volumes(reading, steps, composed)),
        manages=tuple(words for words, _ in managed),
        manages_with=tuple(
            pair for _, one in managed for pair in one.assignments if "$" not in pair[1]
        ),
        notes=(*notes, *built.notes, *note_mounts(reading, composed)),
        uses=(
            *(
                Use(code="opens-device", value=value, origin=origin)
                for value, origin in composed.devices
            ),
            *_named_programs(reading, steps, environment),
        ),
    )
    entrypoint, cmd = _commands(reading)
    last = reading.stage.opening
    if entrypoint is None and cmd is None and composed.command is None:
        return own
    unused = own.unused
    # A compose file's command often waits for another service first: then that of the image counts.
    tried = (composed.command, None) if entrypoint or cmd else (composed.command,)
    for command in dict.fromkeys(tried):
        where = command.origin if command else reading.origin(entrypoint or cmd or last)
        try:
            launch = _launch(reading, entrypoint, cmd, steps, command, others=composed.environment)
            launch = _without_python(reading, launch)
            own = _resolve(reading, launch, own)
        except UnclearError as error:
            told = f"{where} {error}: this command is not used to start the app; use --cmd"
            unused = (*unused, told)
        else:
            named = filter(
                None, (find_volume(reading, one, launch.workdir) for one in launch.words[1:])
            )
            volumes = tuple(dict.fromkeys((*own.volumes, *named)))
            notes = (*own.notes, *_remarks(reading, launch, own))
            return replace(own, notes=notes, unused=unused, volumes=volumes)
    return replace(own, unused=unused)


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
        launch = _without_python(reading, follow(process.launch(), image))
        own = _resolve(reading, launch, OwnStart())
    except UnclearError as error:
        return str(error)
    return replace(own, notes=tuple(_remarks(reading, launch, own)))


def _others(root: Path) -> Iterator[str]:
    """Yield a note on Dockerfiles of which none is surely the application's."""
    places = sorted(
        path.relative_to(root).as_posix()
        for pattern in ("*/Dockerfile", "*/*/Dockerfile")
        for path in root.glob(pattern)
        if not any(one.startswith(".") for one in path.relative_to(root).parts)
        and OURS not in text_of(root, path.relative_to(root).as_posix())
    )
    if places:
        first = posixpath.dirname(places[0])
        yield (
            f"{', '.join(places[:4])} "
            f"{'is' if len(places) == 1 else 'are'} not read: for the application of such a folder "
            f"plan the folder itself, as with `leanscaffold plan {first}`"
        )


def _commands(reading: Reading) -> tuple[Instruction | None, Instruction | None]:
    """Return ENTRYPOINT and CMD as they hold at the end: a new ENTRYPOINT forgets an older CMD."""
    entrypoint = cmd = None
    for one in reading.dockerfile.chain(reading.stage):
        own = {step.keyword: step for step in one.steps}
        if "ENTRYPOINT" in own:
            entrypoint, cmd = own["ENTRYPOINT"], None
        cmd = own.get("CMD", cmd)
    if entrypoint is not None and entrypoint.words == ():
        entrypoint = None
    return entrypoint, None if cmd is None or cmd.words == () else cmd


def _launch(
    reading: Reading,
    entrypoint: Instruction | None,
    cmd: Instruction | None,
    steps: Sequence[Instruction],
    composed: Process | None,
    *,
    others: Sequence[tuple[str, str, Origin]],
) -> Launch:
    written = find_written_scripts(reading.dockerfile, steps)

    def script(path: str) -> tuple[str, str] | None:
        if text := written.get(posixpath.normpath(path)):
            return reading.place, text
        file = reading.copied.project_path(path, reading.stage)
        if file is None or not (reading.copied.root / file).is_file():
            return None
        text = text_of(reading.copied.root, file)
        first = text.partition("\n")[0]
        shell = first.startswith("#!") and re.search(r"\b(?:ba|da|a)?sh\b", first)
        return (file, text) if shell or (file.endswith(".sh") and text) else None

    def place(step: Instruction) -> tuple[str, int]:
        return reading.place, reading.dockerfile.position(step.span.start)[0]

    last = steps[-1]
    workdir = find_workdir(steps)
    scope = (entrypoint or cmd or last).scope
    # What a compose file gives is a user's, and is known where the image leaves it open.
    given = {name: value for name, value, _ in others if not SECRET.search(name)}
    # An argument without a default (ENV MODEL=${MODEL}) is empty unless the build is given it.
    held = {k: v for k, v in scope.environment.items() if not _ARGUMENT.fullmatch(v)}
    image = Image(environment={**given, **held}, script=script)
    instead = composed.launch() if composed else None
    return join(entrypoint, cmd, workdir=workdir, image=image, place=place, instead=instead)


def _resolve(reading: Reading, launch: Launch, own: OwnStart) -> OwnStart:
    """Return the command as it works in the project's folder. Raises UnclearError."""
    first, *rest = launch.words
    name = posixpath.basename(first)
    origin = Origin(file=launch.file, line=launch.line)
    port: Found[int] | None = None
    if _PYTHON.fullmatch(name):
        command, file, server = _python(reading, rest, launch.workdir)
    elif name in MODULES:
        server = MODULES[name]
        command, file = _serve(reading, server, rest, launch.workdir)
    elif name in reading.scripts:
        called = run_project_script(name, *reading.scripts[name])
        command, file, server = (*called, *_arguments(reading, rest, launch.workdir)), "", ""
    elif (script := reading.path(first, launch.workdir)) and _is_python(reading, script):
        file, server = _file(reading, script), ""
        command = ("python", file, *_arguments(reading, rest, launch.workdir))
        if (module := _launched(reading, file)) and _module(reading, module, launch.workdir):
            command = ("python", "-m", module, *command[2:])
    elif ("/" not in first or "/bin/" in first) and is_brought(name, reading.installed):
        words, number = open_program(name, _arguments(reading, rest, launch.workdir))
        command, file, server = (name, *words), "", ""
        port = Found(value=number, origin=remark(origin, f"{name}'s port")) if number else None
    else:
        raise UnclearError(f"starts {name}, which neither the project nor a dependency has")
    command = (*command, *_replaced_settings(reading, command, launch))
    command = tuple(_in_volume(word, launch.workdir, own.volumes) for word in command)
    framework = server or "script"
    launched = {
        name: _python_path(reading, value, launch.workdir) if name == "PYTHONPATH" else value
        for name, value in launch.environment
    }
    environment = {
        name: value
        for name, value in (*own.environment, *launched.items())
        if value and not _OF_IMAGES.fullmatch(name)
    }
    start = started(framework, command, origin, environment=tuple(environment.items()))
    folder = _start_folder(reading, launch, file)
    if folder != "." and "--chdir" not in command:
        start = _run_in(start, folder)
    uses = tuple(foreign_uses(command, origin))
    if is_brought(command[0], reading.installed):
        uses = find_deaf(command[0], origin)
    entry = Entry(start=start, port=port, uses=uses)
    return replace(own, entry=entry, port=own.port or port, file=file, server=server)


def _start_folder(reading: Reading, launch: Launch, file: str) -> str:
    """Return the project's folder that it runs in, ``.`` where that is made of several."""
    folder = reading.path(".", launch.workdir) or "."
    far = [one for one in launch.words if one.startswith(("/", ".."))]
    named = file in {reading.path(word, launch.workdir) for word in far}
    return folder if not file or named or file.startswith(f"{folder}/") else "."


def _run_in(start: Found[Start], folder: str) -> Found[Start]:
    """Return a start that runs in a folder of the project, where modules are found as well."""
    value = replace(start.value, folder=folder)
    return Found(value=value, origin=remark(start.origin, f"in {folder}/"))


def _without_python(reading: Reading, launch: Launch) -> Launch:
    """Return a start of an installed command (``python /venv/bin/app``) as that of the command."""
    first, *rest = launch.words
    while rest and rest[0].startswith("-") and rest[0] not in {"-m", "-c", *_PYTHON_VALUES}:
        rest = rest[1:]
    script = posixpath.basename(rest[0]) if rest and "/bin/" in rest[0] else ""
    if _PYTHON.fullmatch(posixpath.basename(first)) and script in {*reading.scripts, *MODULES}:
        return replace(launch, words=tuple(rest))
    return launch


def _replaced_settings(reading: Reading, command: Sequence[str], launch: Launch) -> Iterator[str]:
    """Yield options that take the place of a server's settings, which name folders of its image.

    Raises UnclearError for settings without such an option.
    """
    for file in sorted(set(command[1:]) & reading.files):
        if not file.endswith(_SETTINGS):
            continue
        for number, line in enumerate(text_of(reading.copied.root, file).splitlines(), start=1):
            for path in re.findall(r"""(?<![\w./$-])/[\w][\w./-]*""", line.partition("#")[0]):
                inside = reading.path(path, launch.workdir)
                if inside is None or posixpath.normpath(f"/app/{inside}") == path.rstrip("/"):
                    continue
                setting = _GUNICORN_FOLDER.match(line) if "gunicorn" in command else None
                if setting is None:
                    raise UnclearError(
                        f"reads {file}, whose line {number} names {path}, which is /app here"
                    )
                yield from (f"--{setting[1]}", posixpath.normpath(f"/app/{inside}"))


def _carried(
    reading: Reading, steps: Sequence[Instruction], composed: Composed
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the application's variables of a Dockerfile and compose file, and notes on them."""
    last = steps[-1:]
    written = {
        name: (fill_in(value, last[0].scope), reading.origin(step, ""))
        for step in steps
        if step.keyword == "ENV"
        for name in last[0].scope.environment
        if re.search(rf"(?<![\w$]){re.escape(name)}[ =]", step.text)
        for value in [last[0].scope.environment[name]]
    }
    found, secret = {}, []
    for name, (raw, origin) in written.items():
        value = raw.strip("\"'")
        if name == "PYTHONPATH":
            value = _python_path(reading, value, last[0].scope.workdir)
        if _OF_IMAGES.fullmatch(name) or not value or re.search(r"[$\n\r`]", value):
            continue
        if SECRET.search(name):
            secret.append(f"{origin} sets {name}: it is left out, pass it to the container")
            continue
        found[name] = value if name == "PYTHONPATH" else move(reading, value)
    first = next((str(written[name][1]) for name in found), "")
    names = ", ".join(found)
    told = (f"{first} sets {names}; the image does the same",) if found else ()
    if composed.environment:
        set_ = ", ".join(name for name, _, _ in composed.environment)
        secret.append(f"{composed.environment[0][2]} sets {set_}: set them on the container")
    return tuple(found.items()), (*told, *secret)


def _named_programs(
    reading: Reading, steps: Sequence[Instruction], environment: Sequence[tuple[str, str]]
) -> Iterator[Use]:
    """Yield the programs of the image that its variables name, where the sources read these."""
    own = (module for module in reading.modules if not is_aside(module))
    read = {text for module in own for text, _ in module.texts}
    for name, value in environment:
        found = _PROGRAM.fullmatch(value)
        if found and name in read and not _PYTHON.fullmatch(found[1]):
            said = [one for one in steps if one.keyword == "ENV" and name in one.text]
            if said and reading.path(value, "/") is None:
                origin = reading.origin(said[-1], name)
                yield Use(code="runs-program", value=found[1], origin=origin)


def _python_path(reading: Reading, value: str, workdir: str) -> str:
    """Return a PYTHONPATH with the project's folders as they lie in this image, and no others."""
    inside = (reading.path(one, workdir) for one in value.split(":") if one and "$" not in one)
    here = (posixpath.normpath(f"/app/{one}") for one in inside if one is not None)
    return ":".join(dict.fromkeys(here))


def _manages(steps: Sequence[Instruction]) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Yield what a build gives Django's manage.py to make files of the application."""
    for command in (one for step in steps if step.keyword == "RUN" for one in commands_of(step)):
        argv = command.argv
        at = next((n for n, word in enumerate(argv) if program_of(word) == "manage.py"), None)
        words = argv[at + 1 :] if at is not None else ()
        if words and words[0] not in _NOT_OF_BUILD and not any("$" in word for word in words):
            yield words, command


def _published(composed: Composed) -> Found[int] | None:
    if len({port for port, _ in composed.ports}) != 1:
        return None
    return Found(value=composed.ports[0][0], origin=composed.ports[0][1])


def _python(
    reading: Reading, words: Sequence[str], workdir: str
) -> tuple[tuple[str, ...], str, str]:
    """Return (command, file of the project, server) of what follows ``python``."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in {"-m", "-c", "-"}:
        at += 2 if words[at] in _PYTHON_VALUES else 1
    options, rest = list(words[:at]), list(words[at:])
    if not rest or rest[0] in {"-c", "-"}:
        raise UnclearError("starts Python without a script or a module")
    if rest[0] != "-m":
        script = reading.path(rest[0], workdir)
        if script is None:
            raise UnclearError(f"starts {rest[0]}, which is not a file that it copies")
        if (reading.copied.root / script).is_dir():
            script = posixpath.join(script, "__main__.py")
        file = _file(reading, script)
        return ("python", *options, file, *_arguments(reading, rest[1:], workdir)), file, ""
    name = rest[1] if rest[1:] else ""
    if file := _module(reading, name, workdir):
        command = ("python", *options, "-m", name, *_arguments(reading, rest[2:], workdir))
        return command, file, ""
    if name in MODULES.values():
        command, file = _serve(reading, name, rest[2:], workdir)
        return ("python", *options, *command[1:]), file, name
    if canonicalize_name(name.partition(".")[0]) in reading.installed:
        command = ("python", *options, "-m", name, *_arguments(reading, rest[2:], workdir))
        return command, "", ""
    raise UnclearError(f"starts the module {name}, which neither the project nor a dependency has")


def _file(reading: Reading, file: str) -> str:
    if file not in reading.files:
        raise UnclearError(f"starts {file}, which does not go into the image")
    return file


def _module(reading: Reading, name: str, workdir: str) -> str:
    """Return the file of a module of the project, if it can be imported by that name."""
    parts = name.replace(".", "/")
    folder = reading.path(".", workdir) or "."
    for ending in (".py", "/__main__.py"):
        file = reading.path(f"{parts}{ending}", workdir)
        known = [one for one in reading.modules if one.file == file] if file else []
        if known:
            if file == posixpath.normpath(f"{folder}/{parts}{ending}"):
                return known[0].file
            if known[0].name.removesuffix(".__main__") != name:
                raise UnclearError(f"starts the module {name}, which is {known[0].name} here")
            return known[0].file
    wanted = {name, f"{name}.__main__"}
    return next((one.file for one in reading.modules if one.name in wanted), "")


def _serve(
    reading: Reading, server: str, words: Sequence[str], workdir: str
) -> tuple[tuple[str, ...], str]:
    """Return (command, file of the application) of a server, its target found in the project."""
    if canonicalize_name(server) not in reading.installed:
        raise UnclearError(f"starts {server}, which no file asks for")
    command = ["python", "-m", server]
    file, folder = "", SERVERS[server].folder
    for at, word in enumerate(words):
        found = _TARGET.fullmatch(word)
        after_option = at > 0 and words[at - 1].startswith("-") and "=" not in words[at - 1]
        if found is None or file or (after_option and not found[2]):
            continue
        path = reading.path(found[1].replace(".", "/") + ".py", workdir) or reading.path(
            found[1].replace(".", "/") + "/__init__.py", workdir
        )
        known = [one for one in reading.modules if one.file == path]
        if not known:
            known = [one for one in reading.modules if one.name == found[1]]
            path = known[0].file if known else None
        if not known or path is None:
            if found[2] and folder:
                raise UnclearError(f"serves {word}, which is not a module that it copies")
            continue
        file = path
        here = reading.path(".", workdir) or "."
        if known[0].name != found[1] and _folder_of(path, found[1]) != here:
            if not folder:
                raise UnclearError(f"serves {found[1]}, which is {known[0].name} here")
            command += [folder, _folder_of(path, found[1])]
    return (*command, *_arguments(reading, words, workdir)), file


def _folder_of(path: str, name: str) -> str:
    """Return the folder that a module is imported from by a name."""
    bare = path.removesuffix(".py").removesuffix("/__init__")
    return bare.removesuffix(name.replace(".", "/")).rstrip("/") or "."


def _arguments(reading: Reading, words: Sequence[str], workdir: str) -> tuple[str, ...]:
    """Return arguments with the project's files as they are named in its folder."""
    return tuple(_argument(reading, word, workdir) for word in words)


def _argument(reading: Reading, word: str, workdir: str) -> str:
    name, equals, value = word.partition("=")
    path = value if equals and name.startswith("-") else word
    if path.startswith("-") or not re.search(r"[/.]", path) or "://" in path:
        return word
    found = reading.path(path, workdir)
    # A file under another name is an example that somebody's own takes the place of.
    same = found is not None and posixpath.basename(found) == posixpath.basename(path)
    if found is None or not same or found not in reading.files:
        return word
    return f"{name}={found}" if path is not word else found


def _in_volume(word: str, workdir: str, volumes: Sequence[str]) -> str:
    """Return a relative path in a folder beside the project as the absolute one that it means."""
    name, equals, value = word.rpartition("=")
    path = posixpath.normpath(posixpath.join(workdir or "/", value))
    outside = (one for one in volumes if one.startswith("/"))
    inside = any(path == one or path.startswith(f"{one}/") for one in outside)
    return f"{name}{equals}{path}" if inside and not value.startswith("/") else word


def _is_python(reading: Reading, file: str) -> bool:
    if file.endswith(".py"):
        return True
    first = text_of(reading.copied.root, file).partition("\n")[0]
    return first.startswith("#!") and "python" in first


def _launched(reading: Reading, file: str) -> str:
    """Return the module that a script starts by the Python of an environment of its own."""
    text = text_of(reading.copied.root, file)
    if not re.search(r"\bvenv\b", text):
        return ""
    found = re.findall(r"""["']-m["'],\s*["']([\w.]+)["']\s*\]\s*\+\s*sys\.argv\[1:\]""", text)
    return found[0] if len(found) == 1 else ""


def _remarks(reading: Reading, launch: Launch, own: OwnStart) -> Iterator[str]:
    """Yield what the container of the project's Dockerfile has and this one has not."""
    where = f"{launch.file}:{launch.line}"
    outside = [
        path
        for word in launch.words[1:]
        if (path := word.partition("=")[2] if word.startswith("--") else word).startswith("/")
        and _argument(reading, path, launch.workdir) == path
        and not _MADE.match(path)
        and path != launch.words[0]
    ]
    started_file = reading.path(launch.words[1], launch.workdir) if launch.words[1:] else None
    for path in outside:
        if started_file is None or path != launch.words[1]:
            yield f"{where} names {path}, which is not in the project: mount it there"
    if launch.unset:
        yield (
            f"{where} takes options from {', '.join(launch.unset)}, which nothing sets there: the "
            "image starts without them; --cmd gives it some"
        )
    if launch.filled:
        names = ", ".join(dict.fromkeys(launch.filled))
        yield (
            f"{where} takes {names} from its environment: the image has what is set there now, "
            "whatever a container is given; --cmd names others"
        )
    if launch.under:
        yield f"{where} runs it under {launch.under}; the image does not: --cmd names it"
    for line in launch.behind:
        yield f"{line} besides: the image starts one process; give another container that command"
    if launch.skipped:
        told = [one for one in launch.skipped if _is_of_application(reading, one, launch.workdir)]
        names = ", ".join(dict.fromkeys(f"`{_shortened(shlex.join(one))}`" for one in told))
        yield (
            f"{where} runs {names} first; the image does not: run it in a container of it before"
            if told
            else f"{where} runs more before that line; the image does not run that"
        )
    home = reading.path(".", launch.workdir)
    folder = own.entry.start.value.folder if own.entry is not None else "."
    if folder == "." and home not in {None, "."} and "--chdir" not in own.command:
        yield f"{where} starts in {home}/, the image in /app: relative paths differ"
    yield from note_paths(reading, launch, folder)


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _is_of_application(reading: Reading, words: Sequence[str], workdir: str) -> bool:
    """Tell whether a command that runs before the start is one of Python's, or of a dependency."""
    with suppress(UnclearError):
        words = unwrap(words)
    name = posixpath.basename(words[0]) if words else ""
    return bool(
        (_PYTHON.fullmatch(name) and not {"-c", "pip", "venv"} & {*words[1:3]})
        or name in reading.scripts
        or canonicalize_name(name) in reading.installed
        or ((path := reading.path(words[0], workdir)) and _is_python(reading, path))
    )


def _exposed(steps: Sequence[Instruction]) -> dict[str, Instruction]:
    """Return the ports that EXPOSE names, as ``8000`` or ``5353/udp``."""
    return {
        word.removesuffix("/tcp"): step
        for step in steps
        if step.keyword == "EXPOSE"
        for word in fill_in(step.text, step.scope).split()
        if (match := _EXPOSED.fullmatch(word)) and is_port(int(match[1]))
    }


def _health(
    reading: Reading, steps: Sequence[Instruction]
) -> tuple[Found[str] | None, Found[int] | None]:
    """Return the path, and the port, that HEALTHCHECK asks by HTTP."""
    step = next((one for one in reversed(steps) if one.keyword == "HEALTHCHECK"), None)
    if step is None:
        return None, None
    text = fill_in(" ".join(step.words) if step.words is not None else step.text, step.scope)
    found = _URL.search(text)
    if found is None or "$" in found[0]:
        return None, None
    origin = remark(reading.origin(step), "HEALTHCHECK")
    number = int(found[1] or 0)
    port = Found(value=number, origin=origin) if is_port(number) else None
    return Found(value=found[2] or "/", origin=origin), port
