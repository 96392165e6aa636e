"""Commands that install packages: pip and its relatives, apt, apk."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaffold.lint.context import Case
from scaffold.model.dockerfile import Command, Instruction, Word

_PIP = re.compile(r"pip(?:\d+(?:\.\d+)?)?")
_PYTHON = re.compile(r"python(?:\d+(?:\.\d+)?)?")
# Options of pip and uv that take the next word as their value.
_WITH_VALUE = frozenset(
    {
        *("-r", "--requirement", "-c", "--constraint", "-t", "--target", "--prefix", "--root"),
        *("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--platform", "--abi"),
        *("--python-version", "--implementation", "--cache-dir", "--trusted-host", "--src"),
        *("--upgrade-strategy", "--no-binary", "--only-binary", "--progress-bar", "--timeout"),
        *("--retries", "--cert", "--proxy", "--report", "--root-user-action", "--config-settings"),
        *("-C", "--python", "-p", "-e", "--editable", "-w", "--wheel-dir", "--log", "--group"),
        *("--build-option", "--global-option", "--resolution", "--index-strategy", "--extra"),
        *("--keyring-provider", "--python-platform", "--link-mode", "--exists-action"),
        *("--allow-insecure-host", "--no-group", "--only-group"),
    }
)
_APT_WITH_VALUE = {"-o", "-c", "-t", "--option", "--target-release", "--default-release"}
_APK_WITH_VALUE = {"-t", "--virtual", "-X", "--repository", "-p", "--root", "--cache-dir"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """One command of an installer. ``program`` is ``pip``, ``uv``, ``apt`` and so on.

    ``verb`` is the word ``install``, ``add``, ``update``…; ``options`` pairs (name, value, word),
    the value empty for switches. ``names`` are what it is told to install.
    """

    program: str
    command: Command
    first: Word
    verb: Word
    options: tuple[tuple[str, str, Word], ...]
    names: tuple[Word, ...]

    def option(self, *names: str) -> str | None:
        """Return the value of an option, None where none of these is given."""
        return next((value for name, value, _ in self.options if name in names), None)

    def word(self, *names: str) -> Word | None:
        """Return the word of an option."""
        return next((word for name, _, word in self.options if name in names), None)

    def files(self) -> tuple[str, ...]:
        """Return the requirement files named."""
        return tuple(v for name, v, _ in self.options if name in {"-r", "--requirement"})


def python_installs(case: Case, instruction: Instruction) -> Iterator[Install]:
    """Yield ``pip install``, ``uv pip install``, ``uv sync``, ``poetry install``, ``pipenv …``."""
    for command in case.commands(instruction):
        found = python_install(command)
        if found is not None:
            yield found


def pip_installs(case: Case, instruction: Instruction) -> Iterator[Install]:
    """Yield ``pip install`` only, however pip is called."""
    return (one for one in python_installs(case, instruction) if one.program == "pip")


def system_commands(case: Case, instruction: Instruction) -> Iterator[Install]:
    """Yield commands of apt-get, apt, aptitude and apk; ``program`` is ``apt`` or ``apk``."""
    for command in case.commands(instruction):
        words = command.words
        name = _name(words)
        if name in {"apt-get", "apt", "aptitude"}:
            found = _cut("apt", command, words[0], words[1:], _APT_WITH_VALUE)
        elif name == "apk":
            found = _cut("apk", command, words[0], words[1:], _APK_WITH_VALUE)
        else:
            continue
        if found is not None:
            yield found


def system_installs(case: Case, instruction: Instruction) -> Iterator[Install]:
    """Yield what installs packages of the distribution."""
    for one in system_commands(case, instruction):
        if one.verb.text == ("install" if one.program == "apt" else "add"):
            yield one


def python_install(command: Command) -> Install | None:
    """Return a command as an installation of Python packages, None where it is none."""
    words = command.words
    name = _name(words)
    if _PYTHON.fullmatch(name):
        rest = [word.text for word in words]
        if "-m" not in rest or rest.index("-m") + 1 >= len(words):
            return None
        words = words[rest.index("-m") + 1 :]
        name = _name(words)
    if _PIP.fullmatch(name):
        return _pip("pip", command, words[0], words[1:])
    if name == "uv" and len(words) > 1:
        if words[1].text == "pip":
            return _pip("uv", command, words[0], words[2:])
        found = _cut("uv", command, words[0], words[1:], _WITH_VALUE)
        return found if found and found.verb.text == "sync" else None
    if name in {"poetry", "pipenv", "pdm"}:
        found = _cut(name, command, words[0], words[1:], {"--only", "--without", "--with", "-G"})
        return found if found and found.verb.text in {"install", "sync"} else None
    return None


def _pip(program: str, command: Command, first: Word, rest: Sequence[Word]) -> Install | None:
    found = _cut(program, command, first, rest, _WITH_VALUE)
    return found if found and found.verb.text == "install" else None


def _name(words: Sequence[Word]) -> str:
    return words[0].text.rsplit("/", 1)[-1] if words else ""


def _cut(
    program: str,
    command: Command,
    first: Word,
    rest: Sequence[Word],
    with_value: frozenset[str] | set[str],
) -> Install | None:
    """Part a command line into options, verb and names; None where there is no verb."""
    options, names = list[tuple[str, str, Word]](), list[Word]()
    words = list(rest)
    while words:
        word = words.pop(0)
        name, equals, value = word.text.partition("=")
        if not word.text.startswith("-") or word.text == "-":
            names.append(word)
        elif equals:
            options.append((name, value, word))
        elif name in with_value and words:
            options.append((name, words.pop(0).text, word))
        elif re.match(r"-[rtiCe].", name) and not name.startswith("--"):
            options.append((name[:2], name[2:], word))
        else:
            options.append((name, "", word))
    names = [word for word in names if word.text not in {"$@", "$*"}]
    if not names:
        return None
    return Install(
        program=program,
        command=command,
        first=first,
        verb=names[0],
        options=tuple(options),
        names=tuple(names[1:]),
    )


def cache_mounts(instruction: Instruction) -> tuple[str, ...]:
    """Return the folders of cache mounts of a RUN."""
    found = []
    for flag in instruction.flags:
        if flag.name == "mount":
            parts = dict(part.partition("=")[::2] for part in flag.value.split(","))
            if parts.get("type") == "cache":
                found.append(
                    parts.get("target") or parts.get("dst") or parts.get("destination") or ""
                )
    return tuple(found)


def is_true(value: str | None) -> bool:
    """Tell whether a variable is set the way pip takes for yes."""
    return value is not None and value.lower() not in {"", "0", "false", "off", "no"}


def makes_environment(command: Command) -> bool:
    """Tell whether a command makes a virtual environment, uv's aside."""
    return command.argv[1:3] == ("-m", "venv") or command.argv[:1] == ("virtualenv",)
