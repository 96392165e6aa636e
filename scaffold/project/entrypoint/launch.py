"""From ENTRYPOINT, CMD and the scripts that they run to one simple command."""

import posixpath
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from scaffold.model.dockerfile import Command, Instruction
from scaffold.project.dockerfile_parser.shell import read_commands
from scaffold.project.entrypoint.script_arguments import name_folder, take_branches
from scaffold.project.entrypoint.script_variables import (
    ALL_ARGUMENTS,
    UnclearError,
    fill_words,
    known_variables,
    list_assigned,
    list_exported,
    list_unset,
    names_of_image,
)
from scaffold.project.entrypoint.servers import WEB_SERVERS

# What starts another program, with the options of it that take a value.
_STARTERS = {
    **dict.fromkeys(
        ("tini", "tini-static", "dumb-init", "catatonit"),
        frozenset({"-e", "-p", "-r", "--rewrite"}),
    ),
    "s6-notifyoncheck": frozenset({"-3", "-s", "-T", "-t", "-w", "-n", "-c"}),
}
_AS_USER = frozenset({"gosu", "su-exec", "s6-setuidgid", "setuidgid"})
_SUDO_VALUES = frozenset({"-u", "-g", "--user", "--group", "-n", "-c"})
_RUNNERS = frozenset({"uv", "poetry", "pipenv", "pdm", "hatch", "rye"})
_RUN_VALUES = frozenset({"--with", "--extra", "--group", "--python", "-p", "--env-file"})
# What starts an application to watch it (New Relic, Datadog, OpenTelemetry).
_OBSERVERS = frozenset({"newrelic-admin", "ddtrace-run", "opentelemetry-instrument"})
_ELSEWHERE = frozenset({"--directory", "--project", "--package"})
# Where programs are found by their name, in this order.
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_QUIET = frozenset({"set", "echo", "printf", "cd", "exec", ":", "true", "export", "umask"})
_TESTS = {("[",), ("[[",), ("test",)}
# Where a block of a shell's begins and ends.
_OPENS = re.compile(r"(?:^|[;&|\n]|\b(?:then|else|do))\s*(?:if|case|while|until|for)\s")
_CLOSES = re.compile(r"(?:^|[;&|)\n])\s*(?:fi|esac|done)\b")
_FUNCTION = re.compile(r"^(?:function +)?([\w-]+) *\(\) *\{ *\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"^[ \t]*([\w-]+)(?: +\"\$@\")?\s*\Z", re.MULTILINE)
_MERGED = re.compile(r"\s*2>&1\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A command as it stands in the image, its variables filled in.

    ``file`` and ``line`` are where it is written, ``workdir`` the folder that it runs in.
    ``skipped`` are commands that run before it; ``unset`` are words that a run may fill with
    options (``$OPTIONS``), and that nothing sets; ``filled`` are variables of the image that a run
    may set otherwise; ``behind`` are commands that are started in the background, each with where;
    ``under`` is the program that watches it.
    """

    words: tuple[str, ...]
    workdir: str
    file: str
    line: int
    environment: tuple[tuple[str, str], ...] = ()
    skipped: tuple[tuple[str, ...], ...] = ()
    unset: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    under: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What the image has: its variables, and its scripts by their path (project's path, text)."""

    environment: Mapping[str, str] = field(default_factory=dict)
    script: Callable[[str], tuple[str, str] | None]


def join(
    entrypoint: Instruction | None,
    cmd: Instruction | None,
    *,
    workdir: str,
    image: Image,
    place: Callable[[Instruction], tuple[str, int]],
    instead: Launch | None = None,
) -> Launch:
    """Return what ENTRYPOINT and CMD, or a line ``instead``, start. Raises UnclearError."""
    if instead is not None and entrypoint is None:
        return follow(replace(instead, workdir=workdir), image)
    first = entrypoint or cmd
    if first is None:
        raise UnclearError("starts nothing")
    file, line = place(first)
    start = Launch(words=(), workdir=workdir, file=file, line=line)
    if first.words is None:
        launch = _from_shell(first.text, start, image)
    else:
        words = _literal(first.words)
        if instead is not None:
            words += _literal(shlex.split(instead.words[-1]))
        elif entrypoint is not None and cmd is not None:
            words += ("sh", "-c", cmd.text) if cmd.words is None else _literal(cmd.words)
        launch = Launch(words=words, workdir=workdir, file=file, line=line)
    return follow(launch, image)


def _literal(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of the exec form: nothing is filled in there."""
    if words[1:2] != ("-c",) and any(re.search(r"\$\{?[A-Za-z]", word) for word in words):
        raise UnclearError("has a variable where Docker fills in none")
    return tuple(words)


def follow(launch: Launch, image: Image) -> Launch:
    """Unwrap what starts the command until it stands there itself. Raises UnclearError."""
    for _ in range(8):
        words = unwrap(launch.words)
        if not words:
            raise UnclearError("starts nothing")
        name = posixpath.basename(words[0])
        if name in _OBSERVERS and words[1:]:
            rest = words[1:] if words[1] != "run-program" else words[2:]
            launch = replace(launch, words=tuple(_after_options(rest, frozenset())), under=name)
            continue
        launch = replace(launch, words=words)
        if name in _SHELLS and words[1:2] and words[1].startswith("-") and "c" in words[1]:
            launch = _from_shell(words[2] if words[2:] else "", launch, image)
            continue
        at = 1 if name in _SHELLS else 0
        path = words[at] if len(words) > at else ""
        folders = [launch.workdir or "/", *(() if at or "/" in path else _PATH)]
        places = (posixpath.join(folder, path) for folder in folders if path)
        found = next(((one, had) for one in places if (had := image.script(one))), None)
        if found is None:
            if at:
                raise UnclearError(
                    f"runs {path or 'a shell'}, which is not a script of the project"
                )
            return launch
        script = found[1][0], name_folder(found[1][1], found[0])
        launch = _from_script(script, words[at + 1 :], launch, image)
    raise UnclearError("starts itself again and again")


def unwrap(words: Sequence[str]) -> tuple[str, ...]:
    """Return a command without what only starts it: an init, another user, a runner of tools."""
    rest = list(words)
    while rest:
        name = posixpath.basename(rest[0])
        if name in _STARTERS:
            rest = _after_options(rest[1:], _STARTERS[name])
        elif name in _AS_USER and len(rest) > 2:  # noqa: PLR2004 - program, user and command
            rest = rest[2:]
        elif name in {"su", "runuser"} and "-c" in rest[:-1]:
            rest = ["sh", "-c", rest[rest.index("-c") + 1]]
        elif name in {"sudo", "runuser", "setpriv", "nice"} and rest[1:]:
            rest = _after_options(rest[1:], _SUDO_VALUES)
        elif name == "exec" or (
            name == "env" and rest[1:] and not rest[1].startswith("-") and "=" not in rest[1]
        ):
            rest = rest[1:]
        elif name in _RUNNERS and rest[1:2] == ["run"]:
            if any(word.partition("=")[0] in _ELSEWHERE for word in rest):
                raise UnclearError(f"runs {name} in another project")
            rest = _after_options(rest[2:], _RUN_VALUES)
            if rest and (rest[0].endswith(".py") or rest[0] in {"-m", "--module"}):
                rest = ["python", "-m" if rest[0] == "--module" else rest[0], *rest[1:]]
        else:
            break
    return tuple(rest)


def _after_options(words: Sequence[str], with_value: frozenset[str]) -> list[str]:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in {"-m", "--module"}:
        if words[at] == "--":
            return list(words[at + 1 :])
        at += 2 if words[at] in with_value else 1
    return list(words[at:])


def _from_shell(text: str, launch: Launch, image: Image) -> Launch:
    """Return what a shell's line starts at its end."""
    found = _last_of(_MERGED.sub(" ", text).strip(), (), launch, image)
    if found is None:
        raise UnclearError("needs a shell: it is more than one simple command")
    return found


def _from_script(
    script: tuple[str, str], arguments: Sequence[str], launch: Launch, image: Image
) -> Launch:
    """Return what a shell script starts at its end, or what a branch of it passes on."""
    file, text = script[0], take_branches(_unfold(script[1]), arguments)
    try:
        found = _last_of(text, arguments, replace(launch, file=file, line=0), image)
    except UnclearError as error:
        raise UnclearError(f"runs {file}, {error}") from error
    if found is not None:
        return found if found.line else replace(found, file=launch.file, line=launch.line)
    commands = list(read_commands(text, range(len(text))))
    passing = [at for at, one in enumerate(commands) if _passes(one)]
    if not arguments or not passing:
        raise UnclearError(f"runs {file}, whose last line is not a simple command")
    before = [one for one in commands[: passing[-1]] if one.words]  # in a branch: exec "$@"
    beside = [one for one in before if one.operator == "&"]
    return replace(
        launch,
        words=tuple(arguments),
        behind=(*launch.behind, *(_behind(one, text, file) for one in beside)),
        skipped=(*launch.skipped, *(one.argv for one in before if one not in beside)),
    )


def _unfold(text: str) -> str:
    """Return a script that ends by calling a function of its own as that one's lines, in place."""
    functions = {found[1]: found for found in _FUNCTION.finditer(text)}
    ends = text
    for _ in functions:
        called = _CALL.search(ends)
        found = functions.get(called[1]) if called else None
        if found is None:
            break
        before = _FUNCTION.sub(lambda one: "\n" * one[0].count("\n"), text[: found.start()])
        ends = f"{before}{chr(10) * (found[0].count(chr(10)) - found[2].count(chr(10)))}{found[2]}"
    return ends


def _last_of(text: str, arguments: Sequence[str], launch: Launch, image: Image) -> Launch | None:
    """Return what the commands of a shell start at their end, None where that is not sure.

    What runs before it is skipped, and what goes to the background runs beside it: of these a web
    server counts before the rest, which may be nothing but ``wait``. ``launch.line`` is 0 where
    the text is a file's, and stays 0 where that passes on what it was given.
    """
    commands = list(read_commands(text, range(len(text))))
    while len(commands) > 1 and commands[-1].argv[:1] in {("exit",), ("wait",)}:
        text = text[: commands.pop().span.start].rstrip()
    if not commands:
        return None
    ends = commands[-1]
    beside = [one for one in commands if one.words and (one.operator == "&" or one is ends)]
    serving = [one for one in beside if _serves(one)]
    last = serving[0] if serving and not _serves(ends) else ends
    beside = [one for one in beside if one is not last]
    before = [one for one in commands[: commands.index(last)] if one not in beside]
    if not last.words or not _is_sure(last, before, text):
        return None
    line = launch.line or text.count("\n", 0, last.span.start) + 1
    if not launch.line and any(one.argv[:2] == ("set", "--") for one in commands):
        raise UnclearError("which changes its arguments")
    known = known_variables(before, text, image.environment)
    try:
        words = fill_words(last, text, known, arguments)
        workdir = _folder(before, launch.workdir, text, known)
        assigned = list_assigned(last, known)
    except UnclearError as error:
        raise UnclearError(f"{error}" if launch.line else f"whose line {line} {error}") from error
    passed = not launch.line and _passes(last)
    ran = (one.argv for one in before if one.words and one.argv[0] not in _QUIET)
    behind = (_behind(one, text, launch.file, launch.line) for one in beside)
    return replace(
        launch,
        words=words,
        workdir=workdir,
        line=0 if passed else line,
        environment=(*launch.environment, *list_exported(before, known), *assigned),
        unset=(*launch.unset, *list_unset(last, text, known)),
        filled=(*launch.filled, *names_of_image(last, image.environment)),
        behind=(*launch.behind, *behind),
        skipped=(*launch.skipped, *ran),
    )


def _serves(command: Command) -> bool:
    return not {posixpath.basename(word) for word in command.argv}.isdisjoint(WEB_SERVERS)


def _is_sure(last: Command, before: Sequence[Command], text: str) -> bool:
    """Tell whether a command runs in any case: in no block, behind no test, with no redirection."""
    start, rest = last.span.start, text[last.span.end :].strip()
    if last.operator == "&":
        if not rest.startswith("&") or len(_OPENS.findall(text, 0, start)) != len(
            _CLOSES.findall(text, 0, start)
        ):
            return False
    elif any(line.strip() and not line.lstrip().startswith("#") for line in rest.splitlines()):
        return False
    chain = list(takewhile(lambda one: one.operator not in {";", "", "&"}, reversed(before)))
    if any(one.operator != "&&" or one.argv[:1] in _TESTS for one in chain):
        return False
    line = text[:start].rpartition("\n")[2].rstrip()
    return not line or line.endswith(("&&", ";", "&"))


def _behind(command: Command, text: str, file: str, line: int = 0) -> str:
    """Return what a command starts in the background, and where."""
    start, end = command.span.start, command.span.end
    words = " ".join(text[start:end].replace("\\\n", " ").split())
    return f"{file}:{line or text.count(chr(10), 0, start) + 1} starts `{words}`"


def _passes(command: Command) -> bool:
    """Tell whether a script runs what it was given."""
    return unwrap(command.argv)[:1] in {(name,) for name in ALL_ARGUMENTS}


def _folder(commands: Sequence[Command], workdir: str, text: str, known: Mapping[str, str]) -> str:
    for one in commands:
        if one.argv[:1] == ("cd",):
            words = fill_words(one, text, known, ())
            if len(words) != 2:  # noqa: PLR2004 - cd and where
                raise UnclearError("changes to a folder known only at run time")
            workdir = posixpath.normpath(posixpath.join(workdir or "/", words[1]))
    return workdir
