r"""The lists of apt stay in the layer.

Why
``apt-get update`` writes the index of the whole distribution, tens of megabytes that nothing
reads once the packages are installed: 17 MB to download in the paper's image, run again
(docs/paper.md). They have to go in the same RUN, for a later layer frees nothing.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends curl
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import cache_mounts, plain_chain, system_commands
from scaffold.lint.package_locations import copies_from, mounts_stage, takes
from scaffold.model.dockerfile import Instruction, Span
from scaffold.model.finding import Cost, Edit, Hit, Severity
from scaffold.project.dockerfile_parser.installs import is_python, program_name
from scaffold.project.dockerfile_parser.shell import commands_of, without_prefix

SEVERITY = Severity.WARNING
_LISTS = "/var/lib/apt"
_FOLDER = "/var/lib/apt/lists"
_APT = re.compile(r"\bapt|`|\$\(")
_WITHOUT_LISTS = {"clean", "autoclean", "remove", "purge", "autoremove"}
# Programs that start no apt; whatever else a later step runs may be a script that does.
_HARMLESS = frozenset(
    {
        *("[", ":", "addgroup", "adduser", "cargo", "cat", "cd", "chgrp", "chmod", "chown"),
        *("cmake", "cp", "curl", "cut", "date", "echo", "env", "export", "false", "git"),
        *("go", "gpg", "grep", "groupadd", "gunzip", "gzip", "head", "id", "install"),
        *("ldconfig", "ln", "locale-gen", "ls", "mkdir", "mv", "npm", "pdm", "pip", "pip3"),
        *("pipenv", "pnpm", "poetry", "printf", "pwd", "rustup", "sed", "set", "sort"),
        *("tail", "tar", "tee", "test", "touch", "true", "umask", "uname", "unset", "unzip"),
        *("update-ca-certificates", "useradd", "usermod", "uv", "virtualenv", "wget", "xz"),
        "yarn",
    }
)
# `du -sb /var/lib/apt/lists` and its compressed archive after `apt-get update` in the slim image of
# trixie, main only, amd64, 2026-11-25.
_COST = Cost(on_disk=21_700_000, download=16_700_000)


def check(case: Case) -> Iterator[Hit]:
    """Yield updates in layers of the image whose lists stay."""
    for step in case.image_runs():
        if any(target.startswith("/var/lib/apt") for target in cache_mounts(step)):
            continue
        updates = [
            one
            for one in system_commands(case, step)
            if one.program == "apt" and one.verb.text == "update"
        ]
        if updates and not _removed(case, step):
            yield Hit(
                text="the lists of apt stay in this layer: && rm -rf /var/lib/apt/lists/*",
                span=updates[0].command.span,
                cost=_COST,
                edits=_edits(case, step),
            )


def _removed(case: Case, step: Instruction) -> bool:
    return any(
        command.argv[:1] in {("rm",), ("find",)} and any(_LISTS in w for w in command.argv[1:])
        for command in case.commands(step)
    )


def _edits(case: Case, step: Instruction) -> tuple[Edit, ...]:
    """Add the removal to a plain chain of ``&&`` where no later step can miss the lists."""
    sudo = any(command.argv[:1] == ("sudo",) for command in commands_of(step))
    if sudo or not plain_chain(case, step) or _missed(case, step):
        return ()
    end = case.commands(step)[-1].span.end
    text = case.dockerfile.text
    newline = "\r\n" if text[text.find("\n") - 1] == "\r" else "\n"
    added = f" {case.dockerfile.escape}{newline}    && rm -rf /var/lib/apt/lists/*"
    return (Edit(span=Span(start=end, end=end), text=added),)


def _missed(case: Case, step: Instruction) -> bool:
    """Tell whether a step after this one may read the lists, in any stage that gets them."""
    (own,) = (stage for stage in case.dockerfile.stages if step in stage.steps)
    heirs = case.continued(own)
    for stage in case.dockerfile.stages:
        given = any(
            (source in heirs and takes(copy, _FOLDER)) for copy, source in copies_from(case, stage)
        )
        if given or any(mounts_stage(case, stage, heir) for heir in heirs):
            return True
    after = own.steps[own.steps.index(step) + 1 :]
    later = (*after, *(one for heir in heirs if heir is not own for one in heir.steps))
    return any(_may_read(one.inner or one) for one in later)


def _may_read(step: Instruction) -> bool:
    """Tell whether an instruction may look for packages without an update of its own before."""
    if step.keyword in {"CMD", "ENTRYPOINT"}:
        return _APT.search(" ".join(step.words or (step.text,))) is not None
    if step.keyword != "RUN":
        return False
    commands = tuple(without_prefix(command) for command in commands_of(step))
    for command in commands:
        argv = [word for word in command.argv if not word.startswith("-")]
        name = program_name(command.words)
        if name in {"apt", "apt-get", "aptitude"} and len(argv) > 1:
            if argv[1] == "update":
                return False
            if argv[1] not in _WITHOUT_LISTS:
                return True
        elif name in {"rm", "find"} or not name:
            continue
        elif _APT.search(" ".join(command.argv)) or not (
            name in _HARMLESS or (is_python(name) and command.argv[1:2] in {("-m",), ("-c",)})
        ):
            return True
    return not commands
