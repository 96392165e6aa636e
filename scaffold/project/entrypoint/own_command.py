"""A command that somebody wrote for another container, as it works in this one."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from scaffold.model.project import Found, FrontEnd, Origin, Start, Use
from scaffold.project.entrypoint import Entry, remark, started
from scaffold.project.entrypoint.launch import Launch
from scaffold.project.entrypoint.moved_paths import (
    Reading,
)
from scaffold.project.entrypoint.procfile import foreign_uses
from scaffold.project.entrypoint.programs import (
    find_deaf,
    is_brought,
    open_program,
)
from scaffold.project.entrypoint.script_variables import UnclearError
from scaffold.project.entrypoint.scripts import run_project_script
from scaffold.project.entrypoint.servers import MODULES, SERVERS
from scaffold.project.text_io import text_of

PYTHON_PROGRAM = re.compile(r"python[0-9.]*")
_TARGET = re.compile(r"([A-Za-z_][\w.]*)(:[A-Za-z_]\w*(?:\(.*\))?)?")
# Variables of an image's own making: of shells, Python, package managers, users, and locale.
OF_IMAGES = re.compile(
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


def resolve(reading: Reading, launch: Launch, own: OwnStart) -> OwnStart:
    """Return the command as it works in the project's folder. Raises UnclearError."""
    first, *rest = launch.words
    name = posixpath.basename(first)
    origin = Origin(file=launch.file, line=launch.line)
    port: Found[int] | None = None
    if PYTHON_PROGRAM.fullmatch(name):
        command, file, server = _python(reading, rest, launch.workdir)
    elif name in MODULES:
        server = MODULES[name]
        command, file = _serve(reading, server, rest, launch.workdir)
    elif name in reading.scripts:
        called = run_project_script(name, *reading.scripts[name])
        command, file, server = (*called, *_arguments(reading, rest, launch.workdir)), "", ""
    elif (script := reading.path(first, launch.workdir)) and is_python_file(reading, script):
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
        name: python_path(reading, value, launch.workdir) if name == "PYTHONPATH" else value
        for name, value in launch.environment
    }
    environment = {
        name: value
        for name, value in (*own.environment, *launched.items())
        if value and not OF_IMAGES.fullmatch(name)
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


def without_python(reading: Reading, launch: Launch) -> Launch:
    """Return a start of an installed command (``python /venv/bin/app``) as that of the command."""
    first, *rest = launch.words
    while rest and rest[0].startswith("-") and rest[0] not in {"-m", "-c", *_PYTHON_VALUES}:
        rest = rest[1:]
    script = posixpath.basename(rest[0]) if rest and "/bin/" in rest[0] else ""
    if PYTHON_PROGRAM.fullmatch(posixpath.basename(first)) and script in {
        *reading.scripts,
        *MODULES,
    }:
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


def python_path(reading: Reading, value: str, workdir: str) -> str:
    """Return a PYTHONPATH with the project's folders as they lie in this image, and no others."""
    inside = (reading.path(one, workdir) for one in value.split(":") if one and "$" not in one)
    here = (posixpath.normpath(f"/app/{one}") for one in inside if one is not None)
    return ":".join(dict.fromkeys(here))


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
    return tuple(move_argument(reading, word, workdir) for word in words)


def move_argument(reading: Reading, word: str, workdir: str) -> str:
    """Return an argument with the project's file, if it names one, as that is named here."""
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


def is_python_file(reading: Reading, file: str) -> bool:
    """Tell whether a file of the project is run by Python."""
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
