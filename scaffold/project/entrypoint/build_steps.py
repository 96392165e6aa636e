"""Steps of a Dockerfile that make or fetch files of its image, which ours does not have."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from scaffold.model.dockerfile import Instruction
from scaffold.project.dockerfile_parser.installs import is_python, python_install
from scaffold.project.dockerfile_parser.shell import (
    commands_run_by,
    program_of,
    without_prefix,
)
from scaffold.project.entrypoint.container_paths import cloned_into, copies
from scaffold.project.entrypoint.launch import unwrap
from scaffold.project.source_modules import Module

# Programs that move files and rights about: the image does that in its own way.
_HOUSEKEEPING = frozenset(
    {
        *("[", ":", "adduser", "cat", "cd", "chgrp", "chmod", "chown", "cp", "echo", "export"),
        *("find", "install", "ln", "ls", "mkdir", "mv", "printf", "rm", "rmdir", "set", "tar"),
        *("test", "touch", "true", "umask", "unzip", "useradd"),
    }
)
# What is started for Python: Django's steps are done, bytecode is compiled, a package is built.
_DONE = frozenset({"manage.py", "compileall", "setup.py"})
_CLIENTS = frozenset({"wget", "curl", "aria2c", "axel", "gdown"})
# Their "download" is one of packages.
_PACKAGERS = frozenset(
    {
        *("apt", "apt-get", "aptitude", "apk", "dnf", "yum", "go", "cargo", "npm", "npx", "yarn"),
        *("pnpm", "pip", "pip3", "dotnet", "mvn", "composer", "conda", "mamba", "git", "docker"),
    }
)
_FETCHES = re.compile(r"(?i)(?:download|fetch|pull)(?:[-_]\w+)*|\w+[-_.](?:download|fetch)\w*")
_LOADS = re.compile(r"(?i)download|pretrained|fetch|snapshot|hub\.|load|models?\b|transformer\w*\(")
# A step that installs a program or a package of the system, or makes one.
_INSTALLS = re.compile(
    r"/usr/|/etc/|/s?bin\b|\b(?:dpkg|gpg|apt-key|c?make|rustup|meson)\b|keyring|configure\b"
    r"|\|\s*(?:\S*/)?(?:(?:ba)?sh|python\S*)\b|clone\b[\s\S]*(?:pip3?\s+install|setup\.py|npm\s)"
)
_TO_INSTALL = re.compile(r"(?i)\.(?:deb|rpm|sh|asc|gpg|key|list|pub|whl|py|js)(?:[?#]|$)")
_OF_SYSTEM = re.compile(r"/(?:usr|bin|sbin|etc|tmp|dev|tini|wait\S*|dockerize|\S*-init)(?:/|$)")
_NOT_RUN = "the image does not; run it before the build"
_LACKS = (
    "the image lacks what that fetches; put it into the project, mount it, or name it with "
    "--fetch-model"
)
_LONGEST = 60  # characters of a command in a note


def find_left_steps(
    steps: Sequence[Instruction],
    *,
    path: Callable[[str, str], str | None],
    files: Collection[str],
    scripts: Collection[str],
    modules: Sequence[Module],
) -> Iterator[tuple[Instruction, str]]:
    """Yield each step of a build that has other commands for the application's files, or fetches.

    ``path`` gives the project's path of one in a folder of the image; ``scripts`` are the console
    scripts of the project.
    """
    names = {one.name.removesuffix(".__main__") for one in modules if one.name}

    def is_own(argv: Sequence[str], workdir: str) -> bool:
        module = argv[argv.index("-m") + 1] if "-m" in argv[:-1] else ""
        if module in names or program_of(argv[0]) in scripts:
            return True
        named = (word for word in argv if "/" in word or word.endswith(".py"))
        inside = (path(word, workdir) for word in named)
        return any(_is_there(one, files) for one in inside if one)

    for step in steps:
        run = [*_commands(step)]
        into = cloned_into(step)
        if into and path(into, "/") == ".":
            run = [one for one in run if one[0] != "git"]  # the project itself
        own = [one for one in run if is_own(one, step.scope.workdir)]
        fetched = [" ".join(one) for one in run if one not in own and _fetches(one)]
        fetched = [] if _INSTALLS.search(step.text) else [*fetched, *_added(step)]
        if own:
            told = _listed([" ".join(one) for one in own])
            yield step, f"runs {told} on the application's files: {_NOT_RUN}"
        if fetched:
            yield step, f"runs {_listed(fetched)}: {_LACKS}"


def _commands(step: Instruction) -> Iterator[tuple[str, ...]]:
    """Yield the commands of a RUN that the image may need, and does not run itself."""
    for command in commands_run_by(step):
        bare = without_prefix(command)
        argv = unwrap(bare.argv)
        known = (
            not argv
            or program_of(argv[0]) in _HOUSEKEEPING
            or not _DONE.isdisjoint(map(program_of, argv))
            or python_install(bare, verbs={"install", "wheel"}) is not None
        )
        if not known:
            yield argv


def _added(step: Instruction) -> Iterator[str]:
    """Yield the addresses that an ADD gets data from."""
    for source, target, _ in copies(step) if step.keyword == "ADD" else ():
        if "://" in source and not (_TO_INSTALL.search(source) or _OF_SYSTEM.match(target)):
            yield f"ADD {source}"


def _is_there(path: str, files: Collection[str]) -> bool:
    return path in files or any(file.startswith(f"{path}/") for file in files)


def _fetches(argv: Sequence[str]) -> bool:
    """Tell whether a command gets data over the network."""
    name, words = program_of(argv[0]), argv[1:]
    if is_python(name):
        code = words[words.index("-c") + 1] if "-c" in words[:-1] else ""
        after = words[words.index("-m") + 1 :] if "-m" in words[:-1] else ()
        return ("(" in code and bool(_LOADS.search(code))) or any(
            map(_FETCHES.fullmatch, after[:2])
        )
    if name in _CLIENTS:
        addresses = [word for word in words if "://" in word]
        kept = not any(word in {"-", "-O-", "-qO-", "/dev/null"} for word in words)
        return kept and any(not _TO_INSTALL.search(one) for one in addresses)
    if name == "git":
        return "clone" in words or tuple(words[:2]) == ("lfs", "pull")
    return name not in _PACKAGERS and any(map(_FETCHES.fullmatch, words[:2]))


def _listed(commands: Sequence[str]) -> str:
    first = commands[0] if len(commands[0]) <= _LONGEST else f"{commands[0][:_LONGEST]}…"
    return f"`{first}`" + (f" and {len(commands) - 1} more" if commands[1:] else "")
