"""A virtual environment is copied to another path, or without its interpreter.

Why
Its commands name the interpreter by its full path in their first line, and ``pyvenv.cfg`` and
``activate`` name the folder as well: elsewhere they start nothing. Copy it to where it was made.
Its ``bin/python`` is a link to the interpreter that made it, which has to be there too: uv's own
stays in ``/root/.local/share/uv`` unless it is copied too.

Bad
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN python -m venv /build/venv && /build/venv/bin/pip install flask==3.1.2
FROM python:3.13-slim-trixie
COPY --from=build /build/venv /opt/venv
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN python -m venv /opt/venv && /opt/venv/bin/pip install flask==3.1.2
FROM python:3.13-slim-trixie
COPY --from=build /opt/venv /opt/venv
```
"""

import posixpath
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import goal_of, sources_of
from scaffold.lint.install_commands import makes_environment, system_installs
from scaffold.lint.package_locations import absolute, copies_from, environments_of
from scaffold.model.dockerfile import Instruction, Stage
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield copies of a virtual environment to a path that is not its own."""
    for stage in case.dockerfile.stages:
        for step, other in copies_from(case, stage):
            made = set(_environments(case, other))
            for source in sources_of(step):
                path = posixpath.normpath(posixpath.join("/", source))
                goal = absolute(step, goal_of(step))
                if path in made and goal != path:
                    text = (
                        f"the environment was made in {path}: its commands start nothing in {goal}"
                    )
                    yield Hit(text=text, span=line_of(step))
                elif any(path in {one, posixpath.dirname(one)} for one in made):
                    yield from _left_behind(case, stage, other, step)


def _left_behind(case: Case, stage: Stage, other: Stage, step: Instruction) -> Iterator[Hit]:
    """Yield that the interpreter of an environment is not where the environment is copied to."""
    there, here = _interpreter(case, other), _interpreter(case, stage)
    folder = posixpath.dirname(there)
    copied = any(
        path != "/" and (folder == path or folder.startswith(f"{path}/"))
        for copy in stage.steps
        if copy.keyword == "COPY"
        for path in [absolute(copy, goal_of(copy))]
    )
    if there and here and there != here and not copied:
        text = f"the environment links to {there}, which stays behind: this image has {here}"
        yield Hit(text=text, span=line_of(step))


def _interpreter(case: Case, stage: Stage) -> str:
    """Return the Python that environments of a stage link to, empty where it is not known."""
    family = case.family(stage)
    if family is None:
        return ""
    managed = "/root/.local/share/uv/python"
    for step in case.runs(*case.chain(stage)):
        managed = step.scope.environment.get("UV_PYTHON_INSTALL_DIR", managed)
        for command in case.commands(step):
            own = step.scope.environment.get("UV_PYTHON_PREFERENCE") == "only-managed"
            if command.argv[:3] == ("uv", "python", "install") or own:
                return f"{managed}/python3"
        for one in system_installs(case, step):
            if any(word.text.startswith("python3") for word in one.names):
                return family.interpreter or "/usr/bin/python3"
    uses_uv = any(
        command.argv[:2] in {("uv", "sync"), ("uv", "venv")}
        for step in case.runs(*case.chain(stage))
        for command in case.commands(step)
    )
    return family.interpreter or (f"{managed}/python3" if uses_uv else "")


def _environments(case: Case, stage: Stage) -> Iterator[str]:
    yield from (place for place in environments_of(case, stage) if place.endswith("venv"))
    for step in case.runs(*case.chain(stage)):
        for command in case.commands(step):
            argv = command.argv
            made = makes_environment(command) or argv[:2] == ("uv", "venv")
            if made and not argv[-1].startswith("-"):
                yield absolute(step, argv[-1] if argv[-1] != "venv" or len(argv) > 3 else ".venv")  # noqa: PLR2004
