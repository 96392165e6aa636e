"""From ENTRYPOINT, CMD and the scripts that they run to one simple command."""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from scaffold.model.dockerfile import Command, Instruction
from scaffold.project.dockerfile_parser.scopes import expand
from scaffold.project.dockerfile_parser.shell import read_commands

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
_ELSEWHERE = frozenset({"--directory", "--project", "--package"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_ALL = frozenset({"$@", "${@}", "$*"})
_QUIET = frozenset({"set", "echo", "printf", "cd", "exec", ":", "true", "export", "umask"})
_QUIET_CHAIN = re.compile(r"(?:(?:cd|export) [^&|;]+&& *)+")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?\+.*)?\})")
_DEFAULT = re.compile(r"\$\{(\w+):?=([^{}]*)\}")
_MERGED = re.compile(r"\s*2>&1\s*")


class UnclearError(ValueError):
    """A command that may do more than is understood; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A command as it stands in the image, its variables filled in.

    ``file`` and ``line`` are where it is written, ``workdir`` the folder that it runs in.
    ``skipped`` says that the script around it does something else before; ``unset`` are words that
    a run may fill with options (``$OPTIONS``), and that nothing sets; ``behind`` are commands that
    are started in the background, each with where.
    """

    words: tuple[str, ...]
    workdir: str
    file: str
    line: int
    environment: tuple[tuple[str, str], ...] = ()
    skipped: bool = False
    unset: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


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
    """Return what ENTRYPOINT and CMD start together. Raises UnclearError.

    ``instead`` is a shell's line that takes the place of CMD.
    """
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
        words = first.words
        if instead is not None:
            words += tuple(shlex.split(instead.words[-1]))
        elif entrypoint is not None and cmd is not None:
            words += cmd.words if cmd.words is not None else ("sh", "-c", cmd.text)
        launch = Launch(words=_literal(words), workdir=workdir, file=file, line=line)
    return follow(launch, image)


def _literal(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of the exec form: nothing is filled in there."""
    if words[1:2] != ("-c",) and any(re.search(r"\$\{?[A-Za-z]", word) for word in words):
        raise UnclearError("has a variable where Docker fills in none")
    return tuple(words)


def follow(launch: Launch, image: Image) -> Launch:
    """Unwrap what starts the command, step by step, until it stands there itself.

    Raises UnclearError.
    """
    for _ in range(8):
        words = unwrap(launch.words)
        if not words:
            raise UnclearError("starts nothing")
        launch = replace(launch, words=words)
        name = posixpath.basename(words[0])
        if name in _SHELLS and words[1:2] and words[1].startswith("-") and "c" in words[1]:
            launch = _from_shell(words[2] if words[2:] else "", launch, image)
            continue
        at = 1 if name in _SHELLS else 0
        path = words[at] if len(words) > at else ""
        found = image.script(posixpath.join(launch.workdir or "/", path)) if path else None
        if found is None and at == 0 and "/" not in path:
            found = image.script(posixpath.join("/usr/local/bin", path))
        if found is None:
            if at:
                raise UnclearError(
                    f"runs {path or 'a shell'}, which is not a script of the project"
                )
            return launch
        launch = _from_script(found, words[at + 1 :], launch, image)
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


def _is_plain(word: str) -> bool:
    return not word.startswith("-") and "=" not in word


def _after_options(words: Sequence[str], with_value: frozenset[str]) -> list[str]:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in {"-m", "--module"}:
        if words[at] == "--":
            return list(words[at + 1 :])
        at += 2 if words[at] in with_value else 1
    return list(words[at:])


def _from_shell(text: str, launch: Launch, image: Image) -> Launch:
    """Return the one simple command of a shell's line; ``cd FOLDER &&`` may stand before it."""
    text = _MERGED.sub(" ", text).strip()
    commands = list(read_commands(text, range(len(text))))
    workdir = launch.workdir
    while len(commands) > 1 and commands[0].argv[:1] == ("cd",) and commands[0].operator == "&&":
        folder, *_ = _filled(commands[0], text, image.environment, ())[1:] or [""]
        workdir = posixpath.normpath(posixpath.join(workdir or "/", folder))
        text = text[commands[1].span.start :]
        commands = list(read_commands(text, range(len(text))))
    behind: list[str] = []
    while len(commands) > 1 and commands[0].operator == "&":
        behind.append(_behind(commands[0], text, launch.file, launch.line))
        text = text[commands[1].span.start :]
        commands = list(read_commands(text, range(len(text))))
    if len(commands) != 1 or not commands[0].words:
        raise UnclearError("needs a shell: it is more than one command")
    one = commands[0]
    if one.span.end != len(text) or re.search(r"[<>]", text) or not _begins(one, text):
        raise UnclearError("needs a shell: it is more than one simple command")
    words = _filled(one, text, image.environment, ())
    environment = (*launch.environment, *_assigned(one, image.environment))
    unset = (*launch.unset, *_unset(one, text, image.environment))
    return replace(
        launch,
        words=words,
        workdir=workdir,
        environment=environment,
        unset=unset,
        behind=(*launch.behind, *behind),
    )


def _begins(command: Command, text: str) -> bool:
    return command.span.start == 0 or not text[: command.span.start].strip()


def _from_script(
    script: tuple[str, str], arguments: Sequence[str], launch: Launch, image: Image
) -> Launch:
    """Return what the last line of a shell script starts."""
    file, text = script
    commands = list(read_commands(text, range(len(text))))
    while len(commands) > 1 and commands[-1].argv[:1] == ("exit",):
        text = text[: commands[-1].span.start].rstrip()
        commands.pop()
    beside = [one for one in commands[:-1] if one.operator == "&" and one.words]
    before = [one for one in commands[:-1] if one not in beside]
    behind = (*launch.behind, *(_behind(one, text, file) for one in beside))
    last = commands[-1] if commands else None
    if last is None or not last.words or not _is_last([*_chain(commands), last], text):
        if arguments and any(map(_passes, commands)):  # in a branch of it: exec "$@"
            return replace(launch, words=tuple(arguments), skipped=True, behind=behind)
        raise UnclearError(f"runs {file}, whose last line is not a simple command")
    line = text.count("\n", 0, last.span.start) + 1
    chain = _chain(commands)
    if any(one.words and one.argv[0] not in _QUIET for one in chain):
        raise UnclearError(f"runs {file}, whose line {line} is more than one simple command")
    if any(one.argv[:2] == ("set", "--") for one in commands):
        raise UnclearError(f"runs {file}, which changes its arguments")
    known = _known(commands[:-1], text, image.environment)
    try:
        words = _filled(last, text, known, arguments)
    except UnclearError as error:
        raise UnclearError(f"runs {file}, whose line {line} {error}") from error
    passed = _passes(last)
    return Launch(
        words=words,
        workdir=_folder(commands[:-1], launch.workdir),
        file=launch.file if passed else file,
        line=launch.line if passed else line,
        environment=(
            *launch.environment,
            *_exported(commands[:-1], known),
            *_assigned(last, known),
        ),
        unset=(*launch.unset, *_unset(last, text, known)),
        behind=behind,
        skipped=launch.skipped or any(one.words and one.argv[0] not in _QUIET for one in before),
    )


def _behind(command: Command, text: str, file: str, line: int = 0) -> str:
    """Return what a command starts in the background, and where."""
    start, end = command.span.start, command.span.end
    words = " ".join(text[start:end].replace("\\\n", " ").split())
    return f"{file}:{line or text.count(chr(10), 0, start) + 1} starts `{words}`"


def _passes(command: Command) -> bool:
    """Tell whether a script runs what it was given."""
    return unwrap(command.argv)[:1] in {(name,) for name in _ALL}


def _chain(commands: Sequence[Command]) -> list[Command]:
    """Return what is joined to the last command by ``&&``."""
    chain: list[Command] = []
    for one in reversed(commands[:-1]):
        if one.operator in {";", "", "&"}:
            break
        chain.insert(0, one)
    return chain if all(one.operator == "&&" for one in chain) else list(commands[:-1])


def _is_last(commands: Sequence[Command], text: str) -> bool:
    """Tell whether a chain of commands ends a script, with nothing else on its lines."""
    rest = text[commands[-1].span.end :].splitlines()
    begin = text.rfind("\n", 0, commands[0].span.start) + 1
    alone = not text[begin : commands[0].span.start].strip()
    return alone and all(not line.strip() or line.lstrip().startswith("#") for line in rest)


def _folder(commands: Sequence[Command], workdir: str) -> str:
    for one in commands:
        if one.argv[:1] == ("cd",):
            if len(one.words) != 2 or not one.words[1].literal:  # noqa: PLR2004 - cd and where
                raise UnclearError("changes to a folder known only at run time")
            workdir = posixpath.normpath(posixpath.join(workdir or "/", one.argv[1]))
    return workdir


def _known(
    commands: Sequence[Command], text: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables before the last line: a second or a conditional value is unknown.

    What a variable is given where it is empty is its default (``[ -z "$PORT" ] && PORT=80``).
    """
    known, changed = dict(environment), set[str]()
    for asked, one in pairwise((None, *commands)):
        if one is None:
            continue
        words = one.argv[1:] if one.argv[:1] == ("export",) else ()
        exported = [word.partition("=") for word in words]
        pairs = [(k, v) for k, sign, v in exported if sign] if one.words else [*one.assignments]
        if one.argv[:1] == (":",):
            pairs += [(k, v) for word in one.argv[1:] for k, v in _DEFAULT.findall(word)]
        for name, value in pairs:
            filled = expand(value, known.get)
            before = text[: one.span.start].rpartition("\n")[2]
            plain = not before or bool(_QUIET_CHAIN.fullmatch(before.strip()))
            default = one.argv[:1] == (":",) or _asks_whether_empty(asked, name)
            if (
                default
                and (name in known or name not in changed)
                and not re.search(r"[$`]", filled)
            ):
                known.setdefault(name, filled)
                continue
            if name in changed or not plain or re.search(r"[$`]", filled):
                known.pop(name, None)
            else:
                known[name] = filled
            changed.add(name)
    return known


def _asks_whether_empty(command: Command | None, name: str) -> bool:
    """Tell whether a command lets the next one run only where a variable is empty."""
    words = [word for word in (command.argv if command else ()) if word not in {"[", "[[", "test"}]
    sign = {"||": ["-n"], "&&": ["-z"], ";": ["-z"]}.get(command.operator if command else "")
    return words[:1] == sign and words[1:2] in ([f"${name}"], [f"${{{name}}}"], [f"${{{name}:-}}"])


def _exported(commands: Sequence[Command], known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that a script sets for what it starts, as far as they are known."""
    for one in commands:
        for word in one.argv[1:] if one.argv[:1] == ("export",) else ():
            name = word.partition("=")[0]
            if name in known:
                yield name, known[name]


def _assigned(command: Command, known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = [(name, expand(value, known.get)) for name, value in command.assignments]
    if any(re.search(r"[$`]", value) for _, value in pairs):
        raise UnclearError("sets a variable to a value known only at run time")
    return tuple(pairs)


def _filled(
    command: Command, text: str, known: Mapping[str, str], arguments: Sequence[str]
) -> tuple[str, ...]:
    """Return the words of a command as its program gets them."""
    words: list[str] = []
    unset = _unset(command, text, known)
    for word in command.words:
        if word.text in unset:
            continue
        if word.text in _ALL:
            words += arguments
        elif word.literal:
            words.append(word.text)
        else:
            filled = expand(word.text, known.get)
            if re.search(r"[$`*?]", filled):
                raise UnclearError(f"has {word.text}, which is known only at run time")
            raw = text[word.span.start : word.span.end]
            words += [filled] if '"' in raw else shlex.split(filled)
    return tuple(words)


def _unset(command: Command, text: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words that are nothing but a variable which nothing sets: nothing, to a shell.

    What an option (``-m $MODULE``) waits for is none of them.
    """
    found = []
    for before, word in pairwise(command.words):
        match = _VARIABLE.fullmatch(text[word.span.start : word.span.end])
        name = (match[1] or match[2]) if match else ""
        if not name or name in known or before.text.startswith("-"):
            continue
        if not re.search(rf"\b{name}=|\b(?:read|for)\s+{name}\b", text):
            found.append(word.text)
    return tuple(found)
