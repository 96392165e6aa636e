"""Commands of RUN."""

import re
from collections.abc import Iterator
from itertools import pairwise

from scaffold.lint.context import Case, line_of
from scaffold.lint.install_commands import may_have, system_installs
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Edit, Hit, Severity, Span
from scaffold.project.dockerfile_parser.shell import commands_of


@rule("LS409", Severity.NOTE)
def two_downloaders(case: Case) -> Iterator[Hit]:
    r"""curl and wget are both installed.

    Both download files, and each needs libraries. Python can download files as well, and so can
    ``ADD``.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl wget \
            && rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
    """
    seen: set[str] = set()
    for step in case.image_runs():
        for one in system_installs(case, step):
            for word in one.names:
                if word.text in {"curl", "wget"}:
                    if seen and word.text not in seen:
                        text = f"{word.text} does what {seen.pop()} does: one is enough"
                        yield Hit(text=text, span=word.span)
                    seen.add(word.text)


_UNSEEN = re.compile(r"PYTHON|PIP_|UV_|POETRY_")
_AS_ANOTHER = re.compile(r"(?:-\S+ )*(?:-\w*[ug]\b|--user|--group)")
_ROOT = {"root", "0", "root:root", "0:0"}
_ALIKE = frozenset(
    {
        *("addgroup", "adduser", "apk", "apt", "apt-get", "chgrp", "chmod", "chown", "cp"),
        *("groupadd", "install", "ln", "mkdir", "mv", "rm", "tee", "touch", "useradd"),
        "usermod",
    }
)


@rule("LS411", Severity.WARNING)
def sudo(case: Case) -> Iterator[Hit]:
    """A build step uses sudo.

    Steps run as root unless USER is set, so sudo is not needed; it requires a package and may
    require a terminal, and it changes the environment. Switch USER around the step instead.

    Bad:
        RUN sudo mkdir /data
    Good:
        RUN mkdir /data
    """
    for stage in case.dockerfile.stages:
        for step in case.runs(stage):
            user = step.scope.user
            root = user in _ROOT or (not user and case.starts_plainly(stage))
            for command in commands_of(step):
                if command.argv[:1] == ("sudo",) and not _AS_ANOTHER.match(
                    " ".join(command.argv[1:])
                ):
                    word, rest = command.words[0], command.words[1:]
                    # sudo hides PATH and every other variable; these programs do not look.
                    seen = {**step.scope.environment, **step.scope.arguments}
                    same = rest and rest[0].text in _ALIKE and all(map(_UNSEEN.match, seen))
                    end = rest[0].span.start if rest else word.span.end
                    gone = Edit(span=Span(start=word.span.start, end=end), text="")
                    yield Hit(
                        text="a build needs no sudo: it is root until USER says otherwise",
                        span=word.span,
                        edits=(gone,) if same and root else (),
                    )


_HARMLESS = {
    *("date", "echo", "env", "id", "nproc", "printf", "pwd", "seq", "true", "uname", "whoami"),
    "yes",
}
_CONDITION = re.compile(r"(?:\b(?:if|elif|while|until)|!)\s+\Z")  # what fails there was asked


@rule("LS412", Severity.WARNING)
def pipe_hides_failure(case: Case) -> Iterator[Hit]:
    """The build continues if a command before a pipe fails.

    The exit code of a pipe is that of its last command. If ``curl`` fails, ``curl … | tar xz`` may
    still succeed, and the image lacks the files. ``SHELL`` with ``pipefail`` makes every failure
    count; the ``sh`` of Alpine and recent Debian has ``set -o pipefail``.

    Bad:
        RUN curl -fsSL https://example.org/tool.tar.gz | tar -xz -C /usr/local/bin
    Good:
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        RUN curl -fsSL https://example.org/tool.tar.gz | tar -xz -C /usr/local/bin
    """
    for step in case.runs():
        commands = case.commands(step)
        settled = any("pipefail" in word for word in step.scope.shell) or any(
            "pipefail" in word for command in commands for word in command.argv
        )
        for command in () if settled else commands:
            if (
                command.operator in {"|", "|&"}
                and _HARMLESS.isdisjoint(command.argv[:1])
                and not _CONDITION.search(case.dockerfile.text[: command.span.start][-10:])
            ):
                name = command.argv[0] if command.argv else "the command"
                text = f"if {name} fails, the step goes on: set -o pipefail"
                yield Hit(text=text, span=command.span)
                break


_FETCHERS = {"curl", "wget"}
_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "python", "python3"}


@rule("LS413", Severity.WARNING)
def unverified_script(case: Case) -> Iterator[Hit]:
    """A script is downloaded and run without verification.

    ``curl … | sh`` runs whatever the server returns that day, without version or checksum, and the
    layer is cached. Use the distribution's package, a pinned release with its checksum, or copy the
    program from a pinned image.

    Bad:
        RUN set -o pipefail; curl -LsSf https://example.org/install.sh | sh
    Good:
        RUN pip install --no-cache-dir uv==0.13.0
    """
    for step in case.runs():
        commands = case.commands(step)
        for one, after in pairwise(commands):
            fetches = bool(one.argv) and one.argv[0] in _FETCHERS and one.operator == "|"
            if fetches and after.argv and after.argv[0].rsplit("/", 1)[-1] in _SHELLS:
                text = "whatever the server gives out runs: pin a release and its checksum"
                yield Hit(text=text, span=one.span)


@rule("LS414", Severity.WARNING)
def lost_cd(case: Case) -> Iterator[Hit]:
    """A cd at the end of a RUN has no effect.

    Every RUN starts in the folder of WORKDIR: a ``cd`` at its end changes nothing for the next
    step.

    Bad:
        RUN mkdir /app && cd /app
        COPY main.py .
    Good:
        WORKDIR /app
        COPY main.py .
    """
    for step in case.runs():
        commands = case.commands(step)
        if commands and commands[-1].argv[:1] == ("cd",):
            text = "the next step starts in WORKDIR again: use WORKDIR"
            yield Hit(text=text, span=commands[-1].span)


_GUARDS = ("command -v", "which ", "if ", "case ", "type ", "hash ")


@rule("LS415", Severity.ERROR)
def program_not_there(case: Case) -> Iterator[Hit]:
    """A step runs a program that its image does not have.

    ``apt-get`` and ``useradd`` are Debian's, ``apk`` and ``adduser -D`` Alpine's, and minimal
    images have no shell at all: the build ends with «not found». On Alpine ``shadow`` brings
    ``useradd``; a slim image has neither ``curl`` nor ``git`` until a step installs them.

    Bad:
        FROM python:3.13-alpine3.24
        RUN useradd -m app
    Good:
        FROM python:3.13-alpine3.24
        RUN adduser -D app
    """
    for stage in case.dockerfile.stages:
        family = case.family(stage)
        for step in case.runs(stage) if family else ():
            if family is not None and not family.shell and step.words is None:
                yield Hit(text="this image has no shell: RUN cannot start", span=line_of(step))
                continue
            script = step.text + "".join(document.body for document in step.heredocs)
            commands = case.commands(step)
            if any(word in script for word in _GUARDS) or any(c.operator == "||" for c in commands):
                continue
            for command in commands:
                name = command.argv[0] if command.argv else ""
                package = family.lacks.get(name) if family else None
                if package is None or family is None:
                    continue
                if not package:
                    hint = f"; {family.manager} installs packages there" if family.manager else ""
                    text = f"{family.distribution} has no {name}{hint}"
                    yield Hit(text=text, span=command.span)
                elif not may_have(case, stage, step, name, package):
                    text = f"the image has no {name}: install {package} before"
                    yield Hit(text=text, span=command.span)
