"""A relative goal, and no WORKDIR says where it is.

Why
``COPY main.py .`` without WORKDIR goes to the base image's folder, mostly the root of the file
system, among ``bin`` and ``etc``.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY main.py ./
```

Good
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR /app
COPY main.py ./
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import goal_of, sources_of
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield copies to a relative path in stages of a known image that have no WORKDIR yet."""
    for stage in case.dockerfile.stages:
        for step in stage.steps:
            goal = goal_of(step) if step.keyword in {"COPY", "ADD"} else ""
            known = not goal or goal.startswith(("/", "$")) or step.scope.workdir
            if not known and sources_of(step):
                yield Hit(text="no WORKDIR says where this goes", span=line_of(step))
