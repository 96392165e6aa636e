"""Commands that install Python packages, as they stand in a RUN: pip, uv, poetry, pipenv, pdm."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from scaffold.model.dockerfile import Command, Word

_PIP = re.compile(r"pip(?:\d+(?:\.\d+)?)?")
_PYTHON = re.compile(r"python(?:\d+(?:\.\d+)?|\$\{?\w+\}?)?")
# Options of pip and uv that take the next word as their value.
_WITH_VALUE = frozenset(
    {
        *("--abi", "--allow-insecure-host", "-b", "--build-constraint", "--build-constraints"),
        *("--build-option", "-C", "-c", "--cache-dir", "--cert", "--client-cert", "--color"),
        *("--config-file", "--config-setting", "--config-settings"),
        *("--config-settings-package", "--constraint", "--constraints", "--default-index"),
        *("--directory", "-e", "--editable", "--exclude-newer", "--exclude-newer-package"),
        *("--excludes", "--exists-action", "--extra", "--extra-index-url", "-f"),
        *("--find-links", "--fork-strategy", "--global-option", "--group", "--hash", "-i"),
        *("--implementation", "--index", "--index-strategy", "--index-url"),
        *("--keyring-provider", "--link-mode", "--log", "--no-binary", "--no-binary-package"),
        *("--no-build-isolation-package", "--no-build-package", "--no-editable-package"),
        *("--no-extra", "--no-group", "--no-install-package", "--no-sources-package"),
        *("--only-binary", "--only-group", "--output-format", "--override", "--overrides"),
        *("-P", "-p", "--package", "--platform", "--prefix", "--prerelease"),
        *("--prerelease-package", "--progress-bar", "--project", "--proxy", "--python"),
        *("--python-platform", "--python-preference", "--python-version", "-r"),
        *("--refresh-package", "--reinstall-package", "--report", "--requirement"),
        *("--requirements", "--resolution", "--retries", "--root", "--root-user-action"),
        *("--script", "--src", "-t", "--target", "--timeout", "--torch-backend"),
        *("--trusted-host", "--upgrade-group", "--upgrade-package", "--upgrade-strategy"),
        *("--use-deprecated", "--use-feature", "-w", "--wheel-dir"),
    }
)
_POETRY_WITH_VALUE = frozenset(
    {"--only", "--without", "--with", "-G", "-E", "--extras", "-P", "--project", "--lockfile", "-L"}
)


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
        names = {"-r", "--requirement", "--requirements"}
        return tuple(value for name, value, _ in self.options if name in names)


def python_install(command: Command, *, verbs: Collection[str] = ("install",)) -> Install | None:
    """Return a command as an installation of Python packages by pip's ``verbs``, None if none."""
    words = command.words
    name = program_name(words)
    if is_python(name):
        rest = [word.text for word in words]
        if "-m" not in rest or rest.index("-m") + 1 >= len(words):
            return None
        words = words[rest.index("-m") + 1 :]
        name = program_name(words)
    if _PIP.fullmatch(name):
        return _pip("pip", command, words[0], words[1:], verbs)
    if name == "uv" and len(words) > 1:
        if words[1].text == "pip":
            return _pip("uv", command, words[0], words[2:], verbs)
        found = cut_command("uv", command, words[0], words[1:], _WITH_VALUE)
        return found if found and found.verb.text == "sync" else None
    if name in {"poetry", "pipenv", "pdm"}:
        found = cut_command(name, command, words[0], words[1:], _POETRY_WITH_VALUE)
        return found if found and found.verb.text in {"install", "sync"} else None
    return None


def _pip(
    program: str, command: Command, first: Word, rest: Sequence[Word], verbs: Collection[str]
) -> Install | None:
    found = cut_command(program, command, first, rest, _WITH_VALUE)
    return found if found and found.verb.text in verbs else None


def is_python(name: str) -> bool:
    """Tell whether a program's name is an interpreter's."""
    return _PYTHON.fullmatch(name) is not None


def program_name(words: Sequence[Word]) -> str:
    """Return the program that a command starts, without its folder."""
    return words[0].text.rsplit("/", 1)[-1] if words else ""


def cut_command(
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
        elif re.match(r"-[rtiCeEG].", name) and not name.startswith("--"):
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


_APT_WITH_VALUE = {"-o", "-c", "-t", "--option", "--target-release", "--default-release"}
_APK_WITH_VALUE = {"-t", "--virtual", "-X", "--repository", "-p", "--root", "--cache-dir"}


def system_command(command: Command) -> Install | None:
    """Return a command of apt-get, apt, aptitude (``apt``) or apk, None where it is none."""
    name = program_name(command.words)
    if name in {"apt-get", "apt", "aptitude"}:
        name, with_value = "apt", _APT_WITH_VALUE
    elif name == "apk":
        with_value = _APK_WITH_VALUE
    else:
        return None
    return cut_command(name, command, command.words[0], command.words[1:], with_value)
