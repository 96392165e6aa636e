"""A virtual environment is copied to another path.

Why
Its commands name the interpreter by its full path in their first line, and ``pyvenv.cfg`` and
``activate`` name the folder as well: elsewhere they start nothing. Copy it to where it was made.

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
from scaffold.lint.install_commands import makes_environment
from scaffold.lint.package_locations import absolute, copies_from
from scaffold.model.dockerfile import Stage
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


def _environments(case: Case, stage: Stage) -> Iterator[str]:
    for step in case.runs(*case.chain(stage)):
        for command in case.commands(step):
            argv = command.argv
            made = makes_environment(command) or argv[:2] == ("uv", "venv")
            if made and not argv[-1].startswith("-"):
                yield absolute(step, argv[-1] if argv[-1] != "venv" or len(argv) > 3 else ".venv")  # noqa: PLR2004
