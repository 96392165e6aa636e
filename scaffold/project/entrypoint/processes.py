"""What else tells how a project starts: compose files, supervisord, systemd units, the README."""

import configparser
import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name

from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint.launch import Launch
from scaffold.project.entrypoint.tasks import read_tasks
from scaffold.project.text_io import text_of

_DEEPEST = 4
_MOST = 40  # documents
_DOCUMENT = re.compile(r"(?:docs/)?[\w.-]+\.(?:md|rst|txt|adoc)")
_ASIDE = frozenset({"tests", "test", "node_modules", "venv", "site-packages", "examples", "docs"})
_COMPOSE = (
    *("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"),
    *("compose.prod*.y*ml", "docker-compose.prod*.y*ml"),
)
_DEVELOPS = re.compile(r"(?:^|[-_.])(?:dev\w*|local|test\w*)[-_.]")
# Docker's official images, which have no owner, are other people's software.
_OFFICIAL = re.compile(r"(?:docker\.io/)?(?:library/)?[^/]+")
_CONTINUED = re.compile(r"(?:.*\\\n)+(?!\s*(?:```|~~~)).*")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_PYTHON = re.compile(r"(?:\S*/)?python[0-9.]*")
_SCRIPT = re.compile(r"\./[\w./-]+\.py")
_RUNS = re.compile(
    r"(?:[$>]\s+)?(?:sudo\s+)?(?:[A-Z_]+=\S*\s+)*"
    r"(?:(?:uv|poetry|pdm|hatch|pipenv|rye|pixi)\s+run\s+)?(\S.*)"
)
_REMARK = re.compile(r"\s#|\s{2,}(?![-\s])")  # what explains a command stands behind a gap
_PREPARES = re.compile(
    r"-m\s+(?:pip|venv|virtualenv|ensurepip|pytest|unittest|build|http\.server|json\.tool)\b"
    r"|setup\.py|conftest|\btests?[/_]|install|example|migrate|createsuperuser|collectstatic"
    r"|\s--?(?:dev|debug|help|h|version|check|dry-run)\b"
)
# A command of the application that tells or makes something, and ends.
_ENDS = re.compile(
    r"(?:check|completion|config|configure|default|doctor|dump|generate|init|list|login|print|sample"
    r"|setup|show|validate|version)(?:-\w[\w-]*)?"
)
_VALUE = re.compile(r"[<\[{]|\.\.\.|…|\$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A command that somebody wrote down, as it stands there. ``name`` is its own, or empty.

    ``script`` is the text of a shell script that is run instead of the line.
    """

    line: str
    origin: Origin
    name: str = ""
    workdir: str = "/"
    environment: tuple[tuple[str, str], ...] = ()
    script: str = ""

    def launch(self) -> Launch:
        """Return the beginning of what it starts; the line is a shell's."""
        return Launch(
            words=(f"/{self.origin.file}",) if self.script else ("sh", "-c", self.line),
            workdir=self.workdir,
            file=self.origin.file,
            line=self.origin.line or 1,
            environment=self.environment,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The service of a compose file that is built from the project."""

    command: Process | None = None
    environment: tuple[tuple[str, str, Origin], ...] = ()
    ports: tuple[tuple[int, Origin], ...] = ()
    devices: tuple[tuple[str, Origin], ...] = ()
    mounts: tuple[tuple[str, Origin], ...] = ()


def read_supervisord(root: Path) -> tuple[Process, ...]:
    """Return the programs of a supervisord.conf in their order."""
    files = _look(root, "supervisor*.conf", "supervisord*.ini")
    for file in sorted(files, key=lambda one: bool(_DEVELOPS.search(one.rpartition("/")[2]))):
        text = text_of(root, file)
        parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(" ;",))
        try:
            parser.read_string(text)
        except configparser.Error:
            continue
        found = [
            Process(
                line=re.sub(r"%\(ENV_(\w+)\)s", r"${\1}", parser.get(section, "command")),
                origin=_at(file, text, rf"\[{re.escape(section)}\]"),
                name=section.partition(":")[2],
                workdir=parser.get(section, "directory", fallback="/"),
                environment=_pairs(parser.get(section, "environment", fallback="")),
            )
            for section in parser.sections()
            if section.startswith("program:") and parser.has_option(section, "command")
        ]
        if found:
            return tuple(found)
    return ()


def read_services(root: Path) -> tuple[Process, ...]:
    """Return the services of s6 and runit: the shell scripts named ``run``, each in a folder."""
    found = []
    for file in _look(root, "s6-rc.d/*/run", "services.d/*/run", "service/*/run", deepest=5):
        text = text_of(root, file)
        once = Path(root, file).with_name("up").is_file()
        if re.match(r"#!.*\b(?:ba|da|a)?sh\b", text) and not once:
            *_, last = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
            origin, name = Origin(file=file, line=last[0]), Path(file).parent.name
            found.append(Process(line=last[1].strip(), origin=origin, name=name, script=text))
    return tuple(found)


def read_units(root: Path) -> tuple[Process, ...]:
    """Return what systemd units start, also those that a script of the project writes.

    A template's instance and what %-names mean is unknown; of a script's own variables those that
    are set once are known, and others that begin a path stand for where the project lies.
    """
    found = []
    for file in _look(root, "*.service", "*.sh"):
        text = text_of(root, file)
        for service in re.finditer(r"\[Service\](.*?)(?=\[Service\]|\Z)", text, re.DOTALL):
            keys = {
                one[1]: one
                for one in re.finditer(
                    r"^(ExecStart|WorkingDirectory)\s*=\s*(.*\S)", service[1], re.MULTILINE
                )
            }
            if "ExecStart" not in keys:
                continue
            line = keys["ExecStart"][2].lstrip("-@:+!")
            folder = keys["WorkingDirectory"][2].lstrip("-~") if "WorkingDirectory" in keys else ""
            if not file.endswith(".service"):
                line, folder = _fill(line, text), _fill(folder, text)
            if line and "%" not in line:
                set_ = re.findall(r"^Environment\s*=\s*(.*\S)", service[1], re.MULTILINE)
                at = service.start(1) + keys["ExecStart"].start()
                found.append(
                    Process(
                        line=line,
                        origin=Origin(file=file, line=text.count("\n", 0, at) + 1),
                        name=Path(file).stem,
                        workdir=folder or "/",
                        environment=tuple(pair for one in set_ for pair in _pairs(one)),
                    )
                )
    return tuple(found)


def _fill(line: str, script: str) -> str:
    """Return a line of a unit as the script around it writes it; unknown words are left out."""
    given: dict[str, list[str]] = {}
    assigned = r"""^\s*(?:export\s+|local\s+|readonly\s+)?(\w+)=["']?([^"'\n#]*)["']?\s*$"""
    for name, value in re.findall(assigned, script, re.MULTILINE):
        given.setdefault(name, []).append(value)
    for _ in range(4):
        line = re.sub(
            r"\\?\$\{?(\w+)\}?",
            lambda one: given[one[1]][0] if len(given.get(one[1], ())) == 1 else one[0],
            line,
        )
    line = re.sub(r"\\?(?:\$\{?\w+\}?|\$\([^)]*\)|~)(?=/)", "", line)
    return " ".join(word for word in line.split() if "$" not in word)


_EXTRA = re.compile(r"\b(?:pip[0-9.]*|pipx|uv)\s+(?:\S+\s+)*?[\"']?([\w.-]+)\[([\w., -]+)\]")


def read_told_extras(root: Path) -> Iterator[Found[str]]:
    """Yield what the README and documents at the top say to install with an extra."""
    paths = (*sorted(root.glob("*.*")), *sorted(root.glob("docs/*.*")))
    names = (one.relative_to(root).as_posix() for one in paths if one.is_file())
    for file in [name for name in names if _DOCUMENT.fullmatch(name)][:_MOST]:
        for number, line in enumerate(text_of(root, file).splitlines(), start=1):
            for found in _EXTRA.finditer(line):
                for extra in found[2].split(","):
                    value = f"{canonicalize_name(found[1])}[{extra.strip()}]"
                    yield Found(value=value, origin=Origin(file=file, line=number))


def read_readme(root: Path, programs: Collection[str] = ()) -> tuple[Process, ...]:
    """Return the commands in the README, then of tasks, that run Python or one of ``programs``.

    Lines of its code come before code in the middle of a sentence; what only prepares a run is
    left out.
    """
    names = sorted(
        one.name
        for one in root.glob("*")
        if re.fullmatch(r"(?i)readme(\.\w+)?", one.name) and one.is_file()
    )
    blocks: list[Process] = []
    spans: list[Process] = []
    for name in names:
        inside = False
        text = _CONTINUED.sub(_join, text_of(root, name))
        for number, line in enumerate(text.splitlines(), start=1):
            if _FENCE.match(line):
                inside = not inside
                continue
            code = inside or line.startswith(("    ", "\t"))
            for piece in [line.strip().rstrip("\\")] if code else _SPAN.findall(line):
                if told := _told(piece, programs, whole=code):
                    process = Process(line=told, origin=Origin(file=name, line=number))
                    (blocks if code else spans).append(process)
    tasks = (
        Process(line=told, origin=origin)
        for line, origin in read_tasks(root)
        if (told := _told(line, programs, whole=True))
    )
    return (*blocks, *spans, *tasks)


def _join(lines: re.Match[str]) -> str:
    """Return a command over several lines as one, followed by as many empty ones."""
    return re.sub(r"\s*\\\n\s*", " ", lines[0]) + "\n" * lines[0].count("\n")


def _told(code: str, programs: Collection[str], *, whole: bool) -> str:
    """Return the command of a piece of code up to what the reader has to fill in, or nothing."""
    run = _RUNS.fullmatch(code)
    runs = run is not None and not _PREPARES.search(code)
    words = _REMARK.split(run[1], maxsplit=1)[0].split() if run and runs else []
    if words and _SCRIPT.fullmatch(words[0]):
        words = ["python", *words]
    known = bool(words) and (_PYTHON.fullmatch(words[0]) is not None or words[0] in programs)
    if not known or (len(words) == 1 and (not whole or _PYTHON.fullmatch(words[0]))):
        return ""
    if _PYTHON.fullmatch(words[0]) and words[1] in {"-c", "-V", "--version", "--help"}:
        return ""
    at = (3 if words[1] == "-m" else 2) if _PYTHON.fullmatch(words[0]) else 1
    if any(map(_ENDS.fullmatch, words[at : at + 1])):
        return ""
    at = next((at for at, word in enumerate(words) if _VALUE.search(word)), len(words))
    # An option whose value the reader has to fill in is theirs to name.
    return " ".join(
        words[: at - 1] if 0 < at < len(words) and words[at - 1][:1] == "-" else words[:at]
    )


def read_compose(root: Path, dockerfile: str) -> Composed:
    """Return the service that is built from the project by this Dockerfile, or by the only one."""
    for file, text, services in _composed(root):
        built = [
            (name, one)
            for name, one in services.items()
            if _builds(one.get("build"), file, dockerfile)
        ]
        if not built and len(services) == 1 and dockerfile:
            built = [
                (name, one)
                for name, one in services.items()
                if not _OFFICIAL.fullmatch(str(one.get("image", "/")))
            ]
        if built:
            return _service(file, text, *built[0])
    return Composed()


def is_composed(root: Path, dockerfile: str) -> bool:
    """Tell whether a compose file builds a service by this Dockerfile."""
    return any(
        _builds(one.get("build"), file, dockerfile)
        for file, _, services in _composed(root)
        for one in services.values()
    )


def _composed(root: Path) -> Iterator[tuple[str, str, Mapping[str, Mapping[str, Any]]]]:
    """Yield compose files, their texts and their services."""
    for file in _look(root, *_COMPOSE, deepest=2):
        text = text_of(root, file)
        try:
            services = (yaml.safe_load(text) or {}).get("services") or {}
            yield file, text, {k: one for k, one in services.items() if isinstance(one, dict)}
        except (yaml.YAMLError, AttributeError):
            continue


def _builds(build: Any, file: str, dockerfile: str) -> bool:
    folder = str(Path(file).parent)
    context = build if isinstance(build, str) else (build or {}).get("context", ".")
    if build is None or not isinstance(context, str) or "://" in context or "$" in context:
        return False
    named = build.get("dockerfile", "Dockerfile") if isinstance(build, dict) else "Dockerfile"
    places = {str(Path(folder, context, str(named))), str(Path(folder, str(named)))}
    normal = {re.sub(r"[^/.]+/\.\./", "", place) for place in places}
    return not dockerfile or dockerfile in normal


def _service(file: str, text: str, name: str, one: Mapping[str, Any]) -> Composed:
    command, start = one.get("command"), _at(file, text, r"\s*command\s*:")
    line = shlex.join(map(str, command)) if isinstance(command, list) else str(command or "")
    if isinstance(command, str) and "\n" in command:  # no shell reads it: a line's end is a space
        with suppress(ValueError):
            line = shlex.join(shlex.split(command))
    set_ = one.get("environment") or {}
    pairs = (
        set_.items() if isinstance(set_, dict) else [str(row).partition("=")[::2] for row in set_]
    )
    return Composed(
        command=Process(line=line, origin=start, name=name) if line and "$" not in line else None,
        environment=tuple(
            (
                str(key),
                str(value),
                _at(file, text, rf"\s*(?:-\s*)?[\"']?{re.escape(str(key))}\s*[:=]"),
            )
            for key, value in pairs
            if value
        ),
        ports=tuple(
            (int(found[1]), _at(file, text, rf".*\b{found[1]}"))
            for row in one.get("ports") or ()
            if (found := re.search(r"(?:^|:)(\d+)(?:/tcp)?$", str(_target(row))))
        ),
        devices=tuple(
            (inside, _at(file, text, rf".*{re.escape(inside)}"))
            for row in one.get("devices") or ()
            if (inside := ([*str(row).split(":"), ""])[1] or str(row)).startswith("/dev/")
        ),
        mounts=tuple(
            (inside, _at(file, text, rf".*:{re.escape(inside)}"))
            for row in one.get("volumes") or ()
            if isinstance(row, str)
            and row.partition(":")[0] not in {".", "./", ".."}
            and (inside := ([*row.split(":"), ""])[1]).startswith("/")
        ),
    )


def _target(row: Any) -> Any:
    return row.get("target") if isinstance(row, dict) else row


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Return ``A=1,B="2"`` as pairs; what only a run knows is left out."""
    try:
        words = shlex.split(text.replace(",", " "))
    except ValueError:
        return ()
    pairs = [word.partition("=")[::2] for word in words if "=" in word]
    return tuple((name, value) for name, value in pairs if not re.search("[$%]", value))


def _look(root: Path, *patterns: str, deepest: int = _DEEPEST) -> Iterator[str]:
    """Yield the files of a project with such names, the highest first; links are not followed."""
    level = [root]
    for _ in range(deepest):
        for pattern in patterns:
            found = sorted(path for folder in level for path in folder.glob(pattern))
            yield from (path.relative_to(root).as_posix() for path in found if path.is_file())
        level = [Path(one) for folder in level for one in _folders(folder)]


def _folders(folder: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        for one in entries:
            hidden = one.name.startswith(".") and one.name != ".docker"
            if one.is_dir(follow_symlinks=False) and not hidden and one.name not in _ASIDE:
                yield one


def _at(file: str, text: str, pattern: str) -> Origin:
    found = re.search(rf"^{pattern}", text, re.MULTILINE)
    line = text.count("\n", 0, found.end()) + 1 if found else None
    return Origin(file=file, line=line)
