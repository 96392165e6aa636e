"""What layers hold, and what a rebuild makes anew."""

import posixpath
import re
from collections.abc import Iterator

from scaffold.lint.context import Case, compiling, goal_of, line_of, sources_of
from scaffold.lint.install_commands import cache_mounts, python_installs, system_commands
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Cost, Hit, Instruction, Severity, Stage


@rule("LS301", Severity.WARNING)
def sources_before_packages(case: Case) -> Iterator[Hit]:
    """The application is copied before its packages are installed.

    A layer is rebuilt when anything before it changed. With ``COPY . .`` above ``pip install``,
    every edit of a source file installs all packages again and sends them to every device again:
    for the paper's project 48.2 s and 772 MB instead of 0.3 s and 1.2 kB (docs/paper.md). Copy the
    requirements first, install, then copy the rest.

    Bad:
        WORKDIR /app
        COPY . .
        RUN pip install --no-cache-dir -r requirements.txt
    Good:
        WORKDIR /app
        COPY requirements.txt .
        RUN pip install --no-cache-dir -r requirements.txt
        COPY . .
    """
    for stage in case.dockerfile.stages:
        yield from _of_stage(case, stage)


def _of_stage(case: Case, stage: Stage) -> Iterator[Hit]:
    whole: Instruction | None = None
    earlier: set[str] = set()
    for step in stage.steps:
        if step.keyword in {"COPY", "ADD"} and step.flag("from") is None:
            if whole is None and set(sources_of(step)) & {".", "./", "/", "*", "./*"}:
                whole = step
        elif step.keyword == "RUN":
            lists = set(_lists(case, step))
            if whole is not None and lists - earlier:
                yield Hit(
                    text="every edit of the application installs all packages again: copy their "
                    "list alone, install, then copy the rest",
                    span=line_of(whole),
                    cost=_update_cost(case),
                )
                return
            earlier |= lists


def _lists(case: Case, step: Instruction) -> Iterator[str]:
    """Yield what packages are installed from; the project itself needs its sources.

    A second install from the same list, such as ``uv sync`` of the project alone, is quick.
    """
    for one in python_installs(case, step):
        if one.program not in {"pip", "uv"} or one.verb.text == "sync":
            yield one.program
        elif not any(name.text.startswith((".", "/")) for name in one.names):
            yield from one.files() or (" ".join(word.text for word in one.names),)


def _update_cost(case: Case) -> Cost | None:
    if case.candidate is None:
        return None
    moved = [part for part in case.candidate.size.parts if part[0] in {"packages", "bytecode"}]
    measured = case.decided.measured if case.decided else None
    return Cost(
        moved=sum(download for _, _, download in moved),
        seconds=measured.rebuild_seconds if measured else None,
        compiling=compiling(case.candidate),
    )


_CACHES = ("/var/lib/apt/lists", "/var/cache/", "/.cache", "~/.cache")
_REMOVING = {"remove", "purge", "autoremove", "clean", "autoclean", "del"}


@rule("LS302", Severity.WARNING)
def late_cleanup(case: Case) -> Iterator[Hit]:
    r"""Files are deleted in another layer than the one that brought them.

    A layer can only hide files of earlier layers; the device still pulls and stores them. Delete
    files in the RUN that created them, or create them in another stage.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl
        RUN rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
    """
    earlier = False
    for step in case.image_runs():
        brings = _brings(case, step)
        if earlier and not brings and not cache_mounts(step):
            for command in case.commands(step):
                argv = command.argv
                caches = argv[:1] == ("rm",) and any(
                    cache in word for word in argv[1:] for cache in _CACHES
                )
                purges = argv[1:3] == ("cache", "purge")
                uninstalls = argv[:2] == ("pip", "uninstall")
                if caches or purges or uninstalls:
                    text = "this frees nothing: the files are in an earlier layer"
                    yield Hit(text=text, span=command.span)
            for one in system_commands(case, step):
                if one.verb.text in _REMOVING:
                    text = "this frees nothing: the packages are in an earlier layer"
                    yield Hit(text=text, span=one.command.span)
        earlier = earlier or brings


def _brings(case: Case, step: Instruction) -> bool:
    if any(True for _ in python_installs(case, step)):
        return True
    return any(
        one.verb.text in {"install", "add", "update", "upgrade", "dist-upgrade"}
        for one in system_commands(case, step)
    )


@rule("LS303", Severity.NOTE)
def split_runs(case: Case) -> Iterator[Hit]:
    r"""One step is split into several RUNs, each with its own layer.

    Every RUN is a layer with its own copy of the files that it changes, such as the package
    manager's database. The paper's image went from 2.5 to 2.43 GB by joining its RUNs; run again,
    from 2.82 to 2.79 GB (docs/paper.md). Join related commands with ``&&``.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
        RUN apt-get update && apt-get install -y --no-install-recommends git \
            && rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl git \
            && rm -rf /var/lib/apt/lists/*
    """
    before = ""
    for step in case.image_steps():
        managers = {one.program for one in system_commands(case, step)}
        here = next(iter(managers), "") if step.keyword == "RUN" else ""
        if here and here == before:
            yield Hit(text=f"{here} runs in the step before as well: join them", span=line_of(step))
        before = here


@rule("LS304", Severity.WARNING)
def ownership_copies_files(case: Case) -> Iterator[Hit]:
    """Changing owner or mode copies every file into another layer.

    A layer stores whole files. ``RUN chown -R`` over what an earlier step copied or installed adds
    all of it to the image a second time. Use ``COPY --chown`` and ``COPY --chmod`` instead.

    Bad:
        COPY . /app/
        RUN chown -R 10001:10001 /app
        USER 10001
    Good:
        COPY --chown=10001:10001 . /app/
        USER 10001
    """
    goals: list[str] = []
    for step in case.image_steps():
        if step.keyword in {"COPY", "ADD"}:
            goals.append(_absolute(step, goal_of(step)))
        elif step.keyword == "RUN":
            for command in case.commands(step):
                argv = command.argv
                recursive = any(
                    (w.startswith("-") and "R" in w) or w == "--recursive" for w in argv
                )
                if argv[:1] not in {("chown",), ("chmod",), ("chgrp",)} or not recursive:
                    continue
                paths = [_absolute(step, word) for word in argv[2:] if not word.startswith("-")]
                if any(_covers(path, goal) for path in paths for goal in goals):
                    yield Hit(
                        text=f"{argv[0]} -R stores these files a second time: COPY --"
                        f"{'chmod' if argv[0] == 'chmod' else 'chown'} writes them right at once",
                        span=command.span,
                        cost=_copied_cost(case),
                    )


def _absolute(step: Instruction, path: str) -> str:
    return posixpath.normpath(posixpath.join(step.scope.workdir or "/", path))


def _covers(path: str, goal: str) -> bool:
    return goal == path or goal.startswith(path.rstrip("/") + "/") or path.startswith(goal + "/")


def _copied_cost(case: Case) -> Cost | None:
    app = case.decided.project.app_bytes if case.decided else 0
    return Cost(on_disk=app) if app else None


@rule("LS305", Severity.WARNING)
def unsafe_cleanup(case: Case) -> Iterator[Hit]:
    r"""A cleanup breaks packages.

    Deleting every ``tests`` folder breaks ``numpy.testing`` up to numpy 2.3 (numpy/numpy#28936),
    and packages that import it. ``strip`` over every shared library damages those in wheels: «ELF
    load command address/offset not page-aligned» (scipy/scipy#12975). Without ``.dist-info`` entry
    points and versions are not found. Which files can be removed depends on the package;
    ``leanscaffold generate`` removes only what is proven not to be needed.

    Bad:
        RUN pip install --no-cache-dir numpy==2.2.6 \
            && find /usr/local/lib/python3.13 -name tests -type d -exec rm -rf {} +
    Good:
        RUN pip install --no-cache-dir --no-compile numpy==2.2.6
    """
    for step in case.runs():
        for command in case.commands(step):
            argv = command.argv
            line = " ".join(argv)
            removes = argv[:1] == ("rm",) or "-delete" in argv or " rm " in f"{line} "
            names = {word.strip("*/") for word in argv[1:]}
            strips = argv[:1] == ("strip",) or (
                "strip" in argv and argv[:1] in {("find",), ("xargs",)}
            )
            if strips and (".so" in line or "xargs" in argv):
                text = "strip damages libraries that wheels bring along"
            elif removes and argv[:1] == ("find",) and names & {"tests", "test", "testing"}:
                text = "some packages import their tests folders"
            elif removes and any(map(_is_metadata, argv)):
                text = "without .dist-info nothing finds versions and entry points"
            else:
                continue
            yield Hit(text=text, span=command.span)


def _is_metadata(word: str) -> bool:
    """Tell whether a word names metadata; an installer's own may go with the installer."""
    name = posixpath.basename(word.rstrip("/"))
    return "dist-info" in word and not re.match(r"(pip|setuptools|wheel)-", name)


@rule("LS306", Severity.WARNING)
def nothing_ignored(case: Case) -> Iterator[Hit]:
    """The whole folder is copied, and there is no .dockerignore.

    ``COPY . .`` copies version control history, virtual environments, caches and files with
    passwords. It also sends them to the builder, and a change in any of them rebuilds the layer.

    Bad:
        # This is found where the folder has no .dockerignore.
        FROM python:3.13-slim-trixie
        COPY . /app/
    Good:
        COPY src/ /app/
    """
    around = case.around
    if around is None:
        return
    for stage in case.dockerfile.stages:
        for step in stage.steps:
            whole = set(sources_of(step)) & {".", "./", "/"}
            if step.keyword not in {"COPY", "ADD"} or step.flag("from") is not None or not whole:
                continue
            burden = sum(size for _, size in around.burden)
            if around.burden:
                names = ", ".join(name for name, _ in around.burden[:4])
                text = f"it copies {names}: put them into .dockerignore"
                yield Hit(text=text, span=line_of(step), cost=Cost(on_disk=burden))
            elif not around.ignores:
                text = "there is no .dockerignore: everything in the folder is sent to the builder"
                yield Hit(text=text, span=line_of(step))
