"""Commands that install packages: pip and its relatives, apt, apk."""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.dockerfile import Command, Instruction, Span, Stage
from scaffold.project.dockerfile_parser.installs import Install, python_install, system_command

# Packages that pull in many programs: which ones is not known here.
_BUNDLE = re.compile(r"build-|alpine-sdk|\\.|/|@|python3-pip|.*-full$|devscripts|software-prop")
_CACHED = re.compile(
    r"--network=none|--no-network|offline|--no-index|--find-links|(?:COPY|ADD)\b.*cache|from=.*cache",
    re.IGNORECASE,
)


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
    yield from filter(None, map(system_command, case.commands(instruction)))


def system_installs(case: Case, instruction: Instruction) -> Iterator[Install]:
    """Yield what installs packages of the distribution."""
    for one in system_commands(case, instruction):
        if one.verb.text == ("install" if one.program == "apt" else "add"):
            yield one


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


def needs_caches(case: Case) -> bool:
    """Tell whether a step may read what another kept: without network, or by the folder's name."""
    return _CACHED.search(case.dockerfile.text) is not None


def plain_chain(case: Case, step: Instruction) -> bool:
    """Tell whether a RUN is commands joined by ``&&`` and nothing else: each fails it."""
    commands = case.commands(step)
    if not commands or step.heredocs or step.words is not None:
        return False
    whole = Span(start=commands[0].span.start, end=commands[-1].span.end)
    joined = all(command.operator == "&&" for command in commands[:-1])
    return joined and whole == step.place(0, len(step.text))


def _runs_script(case: Case, step: Instruction) -> bool:
    """Tell whether a step runs a script of the project's: it may install anything."""
    return any(
        command.argv[0].endswith(".sh")
        or (command.argv[0] in {"sh", "bash"} and command.argv[1:2] and command.argv[1][0] != "-")
        for command in case.commands(step)
        if command.argv
    )


def may_have(case: Case, stage: Stage, step: Instruction, program: str, package: str) -> bool:
    """Tell whether a step up to this one may have brought a program that the image lacks."""
    for one in case.dockerfile.steps(stage):
        words = [word.text for each in system_installs(case, one) for word in each.names]
        if one.keyword in {"COPY", "ADD"}:
            words = one.text.split()
            if any(word.rstrip("/").endswith(("/bin", "/sbin")) for word in words):
                return True
        elif one.keyword == "RUN" and (f"/{program}" in one.text or _runs_script(case, one)):
            return True
        if words and any(
            program in word or package in word or "$" in word or _BUNDLE.match(word)
            for word in words
        ):
            return True
        if one is step:
            return False
    return False


def is_true(value: str | None) -> bool:
    """Tell whether a variable is set the way pip takes for yes."""
    return value is not None and value.lower() not in {"", "0", "false", "off", "no"}


def makes_environment(command: Command) -> bool:
    """Tell whether a command makes a virtual environment, uv's aside."""
    return command.argv[1:3] == ("-m", "venv") or command.argv[:1] == ("virtualenv",)
