"""The project's own Dockerfile: how somebody already starts the application in a container."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from scaffold.model.dockerfile import Command, Instruction
from scaffold.model.project import Found, Origin, Use
from scaffold.project.dockerfile_parser.scopes import fill_in
from scaffold.project.dockerfile_parser.shell import commands_run_by, program_of
from scaffold.project.entrypoint import SECRET, remark
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.entrypoint.build_steps import find_left_steps
from scaffold.project.entrypoint.container_paths import Copied
from scaffold.project.entrypoint.front_ends import find_front_end
from scaffold.project.entrypoint.launch import Image, Launch, join
from scaffold.project.entrypoint.launch_notes import note_differences
from scaffold.project.entrypoint.moved_paths import (
    Reading,
    find_volume,
    find_volumes,
    find_workdir,
    move,
    note_mounts,
)
from scaffold.project.entrypoint.own_command import (
    OF_IMAGES,
    PYTHON_PROGRAM,
    OwnStart,
    python_path,
    resolve,
    without_python,
)
from scaffold.project.entrypoint.ports import is_port
from scaffold.project.entrypoint.processes import (
    Composed,
    Process,
    read_compose,
)
from scaffold.project.entrypoint.script_variables import UnclearError
from scaffold.project.entrypoint.scripts import project_scripts
from scaffold.project.entrypoint.written_scripts import find_written_scripts
from scaffold.project.own_dockerfile import OURS, find_own_dockerfile
from scaffold.project.source_modules import Module
from scaffold.project.text_io import text_of

_PROGRAM = re.compile(r"/(?:usr/(?:local/)?)?s?bin/([\w.+-]+)")
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
_ARGUMENT = re.compile(r"\$(?:\w+|\{\w+\})")


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
    copied = Copied(root=root, dockerfile=found.dockerfile, context=found.context)
    reading = Reading(
        place=found.place,
        dockerfile=found.dockerfile,
        copied=copied,
        files=frozenset(files),
        modules=modules,
        installed=installed,
        scripts=project_scripts(root)[1],
    )
    composed = read_compose(root, found.place)
    steps = found.dockerfile.steps(reading.stage)
    built = find_front_end(found.place, copied, steps, files)
    own = _read_image(reading, steps, composed)
    own = replace(own, front_end=built.kept, notes=(*own.notes, *built.notes))
    return _with_start(own, reading, steps, composed)


def _read_image(reading: Reading, steps: Sequence[Instruction], composed: Composed) -> OwnStart:
    """Return what an image tells besides its start: ports, health, variables, volumes, steps."""
    health, asked = _health(reading, steps)
    environment, notes = _carried(reading, steps, composed)
    ports, several = _exposed(reading, steps)
    managed = list(_manages(steps))
    left = find_left_steps(
        steps,
        path=reading.path,
        files=reading.files,
        scripts=reading.scripts,
        modules=reading.modules,
    )
    devices = (Use(code="opens-device", value=one, origin=at) for one, at in composed.devices)
    given = (pair for _, one in managed for pair in one.assignments)
    return OwnStart(
        left=tuple(f"{reading.origin(step)} {text}" for step, text in left),
        port=(ports[0] if len(ports) == 1 else None) or asked or _published(composed),
        ports=ports,
        health=health,
        environment=environment,
        volumes=tuple(find_volumes(reading, steps, composed)),
        manages=tuple(words for words, _ in managed),
        manages_with=tuple(pair for pair in given if "$" not in pair[1]),
        notes=(*notes, *several, *note_mounts(reading, composed)),
        uses=(*devices, *_named_programs(reading, steps, environment)),
    )


def _with_start(
    own: OwnStart, reading: Reading, steps: Sequence[Instruction], composed: Composed
) -> OwnStart:
    """Return what an image tells with its start, or with why none of its commands is clear."""
    entrypoint, cmd = _commands(reading)
    if entrypoint is None and cmd is None and composed.command is None:
        return own
    unused = own.unused
    # A compose file's command often waits for another service first: then that of the image counts.
    tried = (composed.command, None) if entrypoint or cmd else (composed.command,)
    for command in dict.fromkeys(tried):
        step = entrypoint or cmd or reading.stage.opening
        where = command.origin if command else reading.origin(step)
        try:
            launch = _launch(reading, entrypoint, cmd, steps, command, others=composed.environment)
            launch = without_python(reading, launch)
            own = resolve(reading, launch, own)
        except UnclearError as error:
            told = f"{where} {error}: this command is not used to start the app; use --cmd"
            unused = (*unused, told)
        else:
            named = (find_volume(reading, one, launch.workdir) for one in launch.words[1:])
            volumes = tuple(dict.fromkeys((*own.volumes, *filter(None, named))))
            notes = (*own.notes, *note_differences(reading, launch, own))
            return replace(own, notes=notes, unused=unused, volumes=volumes)
    return replace(own, unused=unused)


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
            value = python_path(reading, value, last[0].scope.workdir)
        if OF_IMAGES.fullmatch(name) or not value or re.search(r"[$\n\r`]", value):
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
        if found and name in read and not PYTHON_PROGRAM.fullmatch(found[1]):
            said = [one for one in steps if one.keyword == "ENV" and name in one.text]
            if said and reading.path(value, "/") is None:
                origin = reading.origin(said[-1], name)
                yield Use(code="runs-program", value=found[1], origin=origin)


def _manages(steps: Sequence[Instruction]) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Yield what a build gives Django's manage.py to make files of the application."""
    for command in (one for step in steps for one in commands_run_by(step)):
        argv = command.argv
        at = next((n for n, word in enumerate(argv) if program_of(word) == "manage.py"), None)
        words = argv[at + 1 :] if at is not None else ()
        if words and words[0] not in _NOT_OF_BUILD and not any("$" in word for word in words):
            yield words, command


def _published(composed: Composed) -> Found[int] | None:
    if len({port for port, _ in composed.ports}) != 1:
        return None
    return Found(value=composed.ports[0][0], origin=composed.ports[0][1])


def _exposed(
    reading: Reading, steps: Sequence[Instruction]
) -> tuple[tuple[Found[int], ...], Sequence[str]]:
    """Return the ports that EXPOSE names, and a note where they are several (``5353/udp``)."""
    exposed = {
        word.removesuffix("/tcp"): step
        for step in steps
        if step.keyword == "EXPOSE"
        for word in fill_in(step.text, step.scope).split()
        if (match := _EXPOSED.fullmatch(word)) and is_port(int(match[1]))
    }
    ports = tuple(
        Found(value=int(number), origin=reading.origin(step, "EXPOSE"))
        for number, step in exposed.items()
        if number.isdigit()
    )
    if len(exposed) < 2:  # noqa: PLR2004 - one is all that an image declares
        return ports, ()
    told = (
        f"{reading.origin(next(iter(exposed.values())))} exposes {', '.join(exposed)}: the "
        "image declares only one (--port); the others work as well if you publish them"
    )
    return ports, (told,)


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
