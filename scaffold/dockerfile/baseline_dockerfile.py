"""The Dockerfile that people write by hand: one stage, the slim image, pip install."""

import re
from collections.abc import Sequence

from scaffold.dockerfile.quoting import exec_form, quoted, shell_word
from scaffold.model.knowledge import Base
from scaffold.model.options import Options
from scaffold.model.project import Project
from scaffold.planner.entrypoint import (
    WORKDIR,
    find_command,
    find_environment,
    find_folder,
    find_port,
)

# By hand, nobody names a home or a path, or keeps bytecode from being written.
_OURS = {"HOME", "LANG", "PATH", "PYTHONDONTWRITEBYTECODE"}
_SETTINGS = ("pyproject.toml", "setup.py", "setup.cfg")
# What a build behind a company's proxy or index needs; none of it reaches the image.
_RUN = (
    "RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf \\\n"
    "    --mount=type=secret,id=ca,target=/run/secrets/ca \\\n"
    "    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \\\n"
    "    "
)
_FROM = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--platform=(\S+)[ \t]+)?(\S+)(?:[ \t]+AS[ \t]+(\S+))?",
    re.IGNORECASE | re.MULTILINE,
)


def plain_dockerfile(project: Project, options: Options, base: Base, reference: str) -> str:
    """Return a Dockerfile as tutorials have it: requirements first, then the sources, one stage.

    It runs as root and copies everything; packages come without pip's cache, as most people know
    by now. ``base`` only settles which variables the application needs. Raises UsageError where
    nobody says how the application starts.
    """
    command = find_command(project, options)
    port = find_port(project, options)
    variables = [
        (name, value)
        for name, value in find_environment(project, options, base)
        if name not in _OURS
    ]
    lines = [f"FROM {reference}", f"WORKDIR {WORKDIR}"]
    lines += [f"ENV {name}={quoted(value)}" for name, value in variables]
    lines += _install(project.files)
    if port is not None:
        lines.append(f"EXPOSE {port}")
    if (folder := find_folder(project, options)) != WORKDIR:
        lines.append(f"WORKDIR {folder}")
    lines.append(f"CMD {exec_form(command)}")
    return "\n".join(lines) + "\n"


def _install(files: Sequence[str]) -> list[str]:
    """Return the lines that install and copy. ``files`` are the project's own, relative."""
    named = [name for name in files if name.endswith(".txt") and not name.startswith("../")]
    if not named and any(name in _SETTINGS for name in files):
        return ["COPY . .", f"{_RUN}pip install --no-cache-dir ."]
    if not named:
        return ["COPY . ."]
    # Files may include one another: all of them, where the project has them.
    copies = [f"COPY {exec_form([name, f'{WORKDIR}/{name}'])}" for name in named]
    chosen = " ".join(f"-r {shell_word(name)}" for name in named)
    return [*copies, f"{_RUN}pip install --no-cache-dir {chosen}", "COPY . ."]


def pulled_images(dockerfile: str) -> tuple[tuple[str, str], ...]:
    """Return pairs (reference, platform as written) of the images that a Dockerfile starts from.

    Stages of its own, ``scratch`` and references with variables are not among them.
    """
    found: dict[tuple[str, str], None] = {}
    stages: set[str] = set()
    for platform, reference, stage in _FROM.findall(dockerfile):
        if reference not in {*stages, "scratch"} and "$" not in reference:
            found[reference, platform] = None
        stages.add(stage)
    return tuple(found)


def plain_reference(python: str, options: Options) -> str:
    """Return the image that tutorials start from, where the user's registries have it."""
    prefix = dict(options.registries).get("default", "").rstrip("/")
    name = f"python:{python}-slim" if python else "python:slim"
    return f"{prefix}/{name}" if prefix else name
