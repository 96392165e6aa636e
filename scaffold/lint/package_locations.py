"""Where the packages of a stage end up, and what other stages take of them."""

import posixpath
from collections.abc import Iterator

from scaffold.lint.context import Case, sources_of
from scaffold.lint.image_references import parse_image
from scaffold.lint.install_commands import is_true, python_installs
from scaffold.model.dockerfile import Instruction, Stage
from scaffold.project.dockerfile_parser.installs import Install

_SYSTEM = {"/usr/local", "/usr", "/", ""}


def places_of(case: Case, stage: Stage) -> tuple[str, ...]:
    """Return the folders that installs of a stage write packages to, as far as they are known."""
    found = list[str]()
    for step in case.runs(*case.chain(stage)):
        for one in python_installs(case, step):
            place = place_of(case, stage, step, one)
            if place:
                found.append(place)
    return tuple(dict.fromkeys(found))


def place_of(case: Case, stage: Stage, step: Instruction, one: Install) -> str:
    """Return the folder of one install, empty where nobody can tell."""
    for names in (("-t", "--target"), ("--prefix",), ("--root",)):
        goal = one.option(*names)
        if goal is not None:
            return absolute(step, goal)
    if one.option("--user") is not None:
        home = step.scope.environment.get("HOME")
        return posixpath.join(home or "/root", ".local") if step.scope.user in {"", "root"} else ""
    scope = {**step.scope.arguments, **step.scope.environment}
    if one.program in {"poetry", "pipenv", "pdm"} or one.verb.text == "sync":
        return _of_project(case, stage, step, one)
    own = one.first.text.removesuffix(posixpath.basename(one.first.text)).rstrip("/")
    runner = one.command.words[0].text
    folders = [own, posixpath.dirname(runner), _activated(case, step), _first_on_path(step)]
    for folder in folders:
        if folder.endswith("/bin") and posixpath.dirname(folder) not in _SYSTEM:
            return absolute(step, posixpath.dirname(folder))
    if one.program == "uv" and one.option("--system") is None:
        known = scope.get("VIRTUAL_ENV")
        return known or ("" if is_true(scope.get("UV_SYSTEM_PYTHON")) else absolute(step, ".venv"))
    return site_packages(case, stage)


def _of_project(case: Case, stage: Stage, step: Instruction, one: Install) -> str:
    """Return the environment that a project's tool makes, or the image's where it makes none."""
    text = case.dockerfile.text
    scope = {**step.scope.arguments, **step.scope.environment, **dict(one.command.assignments)}
    if one.program == "uv":
        active = scope.get("VIRTUAL_ENV") if one.option("--active") is not None else None
        return absolute(step, scope.get("UV_PROJECT_ENVIRONMENT") or active or ".venv")
    if scope.get("VIRTUAL_ENV"):
        return absolute(step, scope["VIRTUAL_ENV"] or "")
    off = (scope.get("POETRY_VIRTUALENVS_CREATE") or "").lower() in {"0", "false", "no"}
    if off or "virtualenvs.create false" in text or one.option("--system") is not None:
        return site_packages(case, stage)
    inside = {"poetry": "POETRY_VIRTUALENVS_IN_PROJECT", "pipenv": "PIPENV_VENV_IN_PROJECT"}
    if is_true(scope.get(inside.get(one.program, ""))) or "virtualenvs.in-project true" in text:
        return absolute(step, ".venv")
    if one.program == "pdm":
        return absolute(step, ".venv")
    home = scope.get("HOME") or "/root"
    cache = scope.get("POETRY_CACHE_DIR") or f"{home}/.cache/pypoetry"
    apart = {"poetry": f"{cache}/virtualenvs", "pipenv": f"{home}/.local/share/virtualenvs"}
    return scope.get("POETRY_VIRTUALENVS_PATH") or apart[one.program]


def environments_of(case: Case, stage: Stage) -> Iterator[str]:
    """Yield the environments that tools of projects make in a stage, none of them the image's."""
    for step in case.runs(*case.chain(stage)):
        for one in python_installs(case, step):
            if one.program in {"poetry", "pipenv", "pdm"} or one.verb.text == "sync":
                place = _of_project(case, stage, step, one)
                if place and place not in _SYSTEM and "site-packages" not in place:
                    yield place


def _activated(case: Case, step: Instruction) -> str:
    for command in case.commands(step):
        argv = command.argv
        if argv[:1] in {(".",), ("source",)} and argv[-1].endswith("/bin/activate"):
            return posixpath.dirname(argv[-1])
    return ""


def _first_on_path(step: Instruction) -> str:
    path = step.scope.environment.get("PATH", "")
    first = path.partition(":")[0]
    return "" if "$" in first else first


def site_packages(case: Case, stage: Stage) -> str:
    """Return the folder of a stage's own interpreter, empty where the image is not known."""
    root = case.root(stage)
    image = parse_image(root.image) if root else None
    if image is None or not image.official:
        return ""
    return f"/usr/local/lib/python{image.minor or '3'}/site-packages"


def absolute(step: Instruction, path: str) -> str:
    """Return a path of a stage without ``.`` and ``..``, from the root."""
    return posixpath.normpath(posixpath.join("/", step.scope.workdir, path))


def copies_from(case: Case, stage: Stage) -> Iterator[tuple[Instruction, Stage]]:
    """Yield (COPY, the stage it takes from) of a stage and of those that it continues."""
    for one in case.chain(stage):
        for step in one.steps:
            source = step.flag("from") if step.keyword == "COPY" else None
            found = case.dockerfile.find(source, before=one.number)
            if found is not None:
                yield step, found


def takes(step: Instruction, place: str) -> bool:
    """Tell whether a COPY takes a folder, one above it, or something in it."""
    for source in sources_of(step):
        path = posixpath.normpath(posixpath.join("/", source.rstrip("*")))
        inside = place.startswith(path.rstrip("/") + "/")
        if path == place or inside or path.startswith(place.rstrip("/") + "/"):
            return True
    return False


def mounts_stage(case: Case, stage: Stage, other: Stage) -> bool:
    """Tell whether a RUN of a stage sees another one through a mount."""
    for step in case.runs(*case.chain(stage)):
        for flag in step.flags:
            parts = dict(part.partition("=")[::2] for part in flag.value.split(","))
            if flag.name == "mount" and parts.get("from") in {other.name, str(other.number)}:
                return True
    return False
