"""How pip and uv are called."""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import (
    cache_mounts,
    is_true,
    needs_caches,
    pip_installs,
    python_installs,
)
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Cost, Edit, Hit, Instruction, Severity, Span
from scaffold.planner.size_prediction import bytecode_bytes
from scaffold.project.dockerfile_parser.installs import Install

_OPTIONS = {"pip": "--no-cache-dir", "uv": "--no-cache"}
_VARIABLES = {"pip": "PIP_NO_CACHE_DIR", "uv": "UV_NO_CACHE"}


@rule("LS101", Severity.WARNING)
def no_cache_dir(case: Case) -> Iterator[Hit]:
    """pip's download cache stays in the image.

    pip and uv cache every file that they download. In a layer of the image the cache is never read
    again; it can be as large as all wheels together (pip 23.2.1 keeps 2.00 MB of a wheel of 2.00
    MB). ``--no-cache-dir`` (uv: ``--no-cache``) disables it; a cache mount keeps it on the build
    machine, where it makes the next build faster.

    Bad:
        COPY requirements.txt .
        RUN pip install -r requirements.txt
    Good:
        COPY requirements.txt .
        RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
    """
    lives_on = needs_caches(case)
    for step in case.image_runs():
        for one in python_installs(case, step):
            if one.program in _OPTIONS and not _clean(case, step, one):
                option = _OPTIONS[one.program]
                after = Span(start=one.verb.span.end, end=one.verb.span.end)
                yield Hit(
                    text=f"{one.program} keeps its downloads in this layer: add {option}, or a "
                    "cache mount",
                    span=one.verb.span,
                    cost=_kept_downloads(case),
                    edits=() if lives_on else (Edit(span=after, text=f" {option}"),),
                )


def _clean(case: Case, step: Instruction, one: Install) -> bool:
    variable = _VARIABLES[one.program]
    scope = {**step.scope.arguments, **step.scope.environment, **dict(one.command.assignments)}
    removed = any(
        (command.argv[:1] == ("rm",) and ".cache" in " ".join(command.argv))
        or command.argv[1:3] == ("cache", "purge")
        for command in case.commands(step)
    )
    return (
        bool(cache_mounts(step))
        or one.option("--no-cache-dir", "--no-cache", "-n") is not None
        or is_true(scope.get(variable))
        or removed
    )


def _kept_downloads(case: Case) -> Cost | None:
    if case.candidate is None:
        return None
    kept = sum(weighed.pinned.file.size or 0 for weighed in case.candidate.packages)
    return Cost(on_disk=kept, download=kept)


_FOLDERS = {"pip": "PIP_CACHE_DIR", "uv": "UV_CACHE_DIR"}


@rule("LS102", Severity.WARNING)
def defeated_cache_mount(case: Case) -> Iterator[Hit]:
    """pip is told not to use the cache mount.

    ``PIP_NO_CACHE_DIR`` and ``--no-cache-dir`` disable the mounted cache as well: every build
    downloads everything again (pip then reports ``cache_dir = False``). Files in a cache mount are
    not part of a layer, so the cache can stay enabled.

    Bad:
        RUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir flask==3.1.2
    Good:
        RUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.1.2
    """
    for step in case.runs():
        mounts = cache_mounts(step)
        for one in python_installs(case, step):
            variable = _VARIABLES.get(one.program)
            if variable is None or not any(one.program in target for target in mounts):
                continue
            word = one.word("--no-cache-dir", "--no-cache")
            scope = {**step.scope.environment, **dict(one.command.assignments)}
            if word is not None:
                words = one.command.words
                before = words[words.index(word) - 1].span.end
                yield Hit(
                    text=f"{word.text} switches off the cache that is mounted",
                    span=word.span,
                    edits=(Edit(span=Span(start=before, end=word.span.end), text=""),)
                    if _is_its_own(case, step, one, mounts)
                    else (),
                )
            elif is_true(scope.get(variable)):
                yield Hit(
                    text=f"{variable} switches off the cache that is mounted", span=one.verb.span
                )


def _is_its_own(case: Case, step: Instruction, one: Install, mounts: tuple[str, ...]) -> bool:
    """Tell whether what is mounted is where the installer keeps its cache, and nothing links there.

    Anywhere else the cache would be kept in the layer.
    """
    stage = next(stage for stage in case.dockerfile.stages if step in stage.steps)
    scope = {**step.scope.arguments, **step.scope.environment, **dict(one.command.assignments)}
    root = step.scope.user in {"root", "0"} or (not step.scope.user and case.starts_plainly(stage))
    own = scope.get(_FOLDERS[one.program])
    if own is None and root and not {"HOME", "XDG_CACHE_HOME"} & set(scope):
        own = f"/root/.cache/{one.program}"
    linked = "LINK_MODE" in case.dockerfile.text or "--link-mode" in case.dockerfile.text
    return own is not None and own in {mount.rstrip("/") for mount in mounts} and not linked


@rule("LS103", Severity.NOTE)
def pip_writes_bytecode(case: Case) -> Iterator[Hit]:
    """PYTHONDONTWRITEBYTECODE does not apply to pip.

    The variable affects only the interpreter that runs the app. pip compiles what it installs
    anyway: 27 files for one small wheel with the variable set, none with ``--no-compile`` (pip
    23.2.1; the official image does both, docker-library/python#207). Bytecode is often a third of
    the installed size. Without it every start compiles what it imports. Choose one: a small image
    with ``--no-compile``, or a fast start without the variable.

    Bad:
        ENV PYTHONDONTWRITEBYTECODE=1
        RUN pip install --no-cache-dir flask==3.1.2
    Good:
        ENV PYTHONDONTWRITEBYTECODE=1
        RUN pip install --no-cache-dir --no-compile flask==3.1.2
    """
    for step in case.runs():
        scope = step.scope.environment
        quiet = not is_true(scope.get("PYTHONDONTWRITEBYTECODE")) or is_true(
            scope.get("PIP_NO_COMPILE")
        )
        for one in () if quiet else pip_installs(case, step):
            if one.option("--no-compile") is None:
                yield Hit(
                    text="pip writes bytecode although PYTHONDONTWRITEBYTECODE is set: "
                    "--no-compile leaves it away",
                    span=one.verb.span,
                    cost=_bytecode_cost(case),
                )


def _bytecode_cost(case: Case) -> Cost | None:
    if case.candidate is None:
        return None
    on_disk, download = bytecode_bytes(case.candidate.packages, case.facts.footprints)
    return Cost(on_disk=on_disk, download=download)


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[\w\s,.-]*\])?\s*(?:[<>!~].*)?")
_INSTALLERS = {"pip", "setuptools", "wheel"}


@rule("LS104", Severity.WARNING)
def unpinned_packages(case: Case) -> Iterator[Hit]:
    """A package has no version.

    The same Dockerfile then builds a different image every week, and it is hard to find out which
    change broke it. ``==`` pins one version; a lock file with hashes pins its dependencies as well.

    Bad:
        RUN pip install --no-cache-dir flask
    Good:
        RUN pip install --no-cache-dir flask==3.1.2
    """
    for step in case.runs():
        for one in python_installs(case, step):
            if one.program not in {"pip", "uv"} or one.option("-c", "--constraint") is not None:
                continue
            for word in one.names:
                name = re.split(r"[\[<>!~\s]", word.text)[0].lower()
                if word.literal and _NAME.fullmatch(word.text) and name not in _INSTALLERS:
                    yield Hit(text=f"{name} has no exact version: {name}==…", span=word.span)


@rule("LS105", Severity.WARNING)
def upgraded_pip(case: Case) -> Iterator[Hit]:
    """pip is upgraded in a layer of the image.

    The image's own pip stays in the layer below, and the new one adds about 7 MB on disk that the
    running app does not need. The official images have a recent pip; if the build needs a newer
    one, upgrade it in a build stage.

    Bad:
        RUN pip install --no-cache-dir --upgrade pip && pip install --no-cache-dir flask==3.1.2
    Good:
        RUN pip install --no-cache-dir flask==3.1.2
    """
    known = case.base(case.final)
    cost = Cost(on_disk=known[0].pip_bytes, download=known[0].pip_download) if known else None
    for step in case.image_runs():
        for one in pip_installs(case, step):
            for word in one.names:
                upgrades = one.option("-U", "--upgrade") is not None
                if re.split(r"[<>=!~]", word.text)[0] == "pip" and (upgrades or word.text != "pip"):
                    text = "a second pip comes on top of the image's own"
                    yield Hit(text=text, span=word.span, cost=cost)


@rule("LS106", Severity.WARNING)
def editable_install(case: Case) -> Iterator[Hit]:
    """A package is installed in editable mode.

    ``-e`` installs a pointer to the sources: the image works only as long as they stay where they
    are, and a stage that copies site-packages copies only the pointer. An image does not need
    editable sources.

    Bad:
        COPY . /app/
        RUN pip install --no-cache-dir -e /app
    Good:
        COPY . /app/
        RUN pip install --no-cache-dir /app
    """
    for step in case.runs():
        for one in python_installs(case, step):
            word = one.word("-e", "--editable")
            if word is not None:
                yield Hit(text="editable: the image holds a pointer, no package", span=word.span)


_OFF = {
    "uv": ("--no-dev", "--no-default-groups", "--only-group"),
    "poetry": ("--only", "--without", "--only-main", "--no-dev"),
    "pdm": ("--prod", "--production", "--no-default", "--without"),
}


@rule("LS107", Severity.WARNING)
def development_dependencies(case: Case) -> Iterator[Hit]:
    """Development dependencies are installed.

    poetry, pdm, pipenv and uv install the development groups unless they are told not to: test
    runners, type checkers, debuggers, often as much as the app itself.

    Bad:
        COPY pyproject.toml uv.lock ./
        RUN uv sync --locked --no-cache
    Good:
        COPY pyproject.toml uv.lock ./
        RUN uv sync --locked --no-cache --no-dev
    """
    for step in case.runs():
        for one in python_installs(case, step):
            if one.program == "pipenv":
                word = one.word("--dev", "-d")
                if word is not None:
                    yield Hit(text="--dev installs what only developers need", span=word.span)
            elif _takes_groups(one) and not _without(step, one):
                option = _OFF[one.program][0]
                text = f"the development group comes along: {option}"
                text += " main" if option == "--only" else ""
                yield Hit(text=text, span=one.verb.span)


def _takes_groups(one: Install) -> bool:
    """Tell whether an install is of a project's file; ``uv pip install`` is of a list."""
    return one.program in _OFF and (one.program != "uv" or one.verb.text == "sync")


def _without(step: Instruction, one: Install) -> bool:
    scope = step.scope.environment
    return one.option(*_OFF[one.program]) is not None or (
        one.program == "uv" and is_true(scope.get("UV_NO_DEV"))
    )


@rule("LS108", Severity.WARNING)
def lock_not_enforced(case: Case) -> Iterator[Hit]:
    """The build may change the lock.

    ``uv sync`` resolves again and rewrites the lock in the image if it does not match the project,
    and so does ``pipenv install``: the image then has versions that were not reviewed. With
    ``--locked`` or ``--frozen`` (``--deploy``) the build fails instead, or installs exactly what is
    locked.

    Bad:
        COPY pyproject.toml uv.lock ./
        RUN uv sync --no-dev --no-cache
    Good:
        COPY pyproject.toml uv.lock ./
        RUN uv sync --locked --no-dev --no-cache
    """
    for step in case.runs():
        scope = {**step.scope.environment, **step.scope.arguments}
        for one in python_installs(case, step):
            if one.program == "uv" and one.verb.text == "sync":
                held = one.option("--locked", "--frozen") is not None
                if not held and not any(map(is_true, map(scope.get, ("UV_LOCKED", "UV_FROZEN")))):
                    yield Hit(text="uv may change the lock: --locked", span=one.verb.span)
            elif one.program == "pipenv" and one.verb.text == "install" and not one.names:
                held = one.option("--deploy", "--ignore-pipfile") is not None
                text = "pipenv may change the lock: --deploy"
                yield from () if held else (Hit(text=text, span=one.verb.span),)


@rule("LS109", Severity.WARNING)
def trusted_host(case: Case) -> Iterator[Hit]:
    r"""Certificates of the package index are not checked.

    With ``--trusted-host`` pip accepts packages from any server that pretends to be the index. Pass
    a company certificate to pip as a build secret: ``RUN
    --mount=type=secret,id=ca,target=/run/secrets/ca`` with ``PIP_CERT=/run/secrets/ca``.

    Bad:
        RUN pip install --no-cache-dir --trusted-host index.example -i http://index.example/ a==1
    Good:
        RUN --mount=type=secret,id=ca,target=/run/secrets/ca \
            PIP_CERT=/run/secrets/ca \
            pip install --no-cache-dir --index-url https://index.example/ a==1
    """
    for step in case.runs():
        for one in python_installs(case, step):
            word = one.word("--trusted-host", "--allow-insecure-host")
            if word is not None:
                yield Hit(text="the index's certificate is not checked", span=word.span)
    for step in case.dockerfile.instructions:
        if step.keyword in {"ENV", "ARG"} and "PIP_TRUSTED_HOST=" in step.text:
            yield Hit(text="the index's certificate is not checked", span=step.span)


# BusyBox has `source`, and what a base's SHELL is, or its sh, is not known of others.
_WITH_DASH = {"debian", "ubuntu"}


@rule("LS110", Severity.ERROR)
def activation_is_lost(case: Case) -> Iterator[Hit]:
    """A virtual environment is activated, and the activation is lost.

    Every RUN starts a new shell: what ``activate`` set is gone in the next one, where pip installs
    somewhere else. ``source`` does not exist in the ``sh`` of Debian and Ubuntu either. Add the
    environment's ``bin`` to PATH instead.

    Bad:
        RUN python -m venv /opt/venv
        RUN . /opt/venv/bin/activate
        RUN pip install --no-cache-dir flask==3.1.2
    Good:
        RUN python -m venv /opt/venv
        ENV PATH="/opt/venv/bin:$PATH"
        RUN pip install --no-cache-dir flask==3.1.2
    """
    for step in case.runs():
        commands = case.commands(step)
        family = case.family(next(one for one in case.dockerfile.stages if step in one.steps))
        dash = family is not None and family.distribution in _WITH_DASH
        bash = any("bash" in word for word in step.scope.shell)
        for number, command in enumerate(commands):
            argv = command.argv
            if argv[:1] not in {(".",), ("source",)}:
                continue
            activates = argv[-1].endswith("bin/activate")
            if activates and number == len(commands) - 1:
                text = "the environment is active in this RUN only: put its bin on PATH"
                yield Hit(text=text, span=command.span)
            elif argv[0] == "source" and dash and not bash and "bash" not in commands[0].argv[:1]:
                yield Hit(text="sh has no `source`: use `.`", span=command.words[0].span)
