"""Several files are copied to something that is no folder.

Why
With more than one source the last word has to end with a slash. Otherwise the build stops, or makes
one file of that name, with the last of the sources in it (Docker Engine 28.5.2). Which of the two
was meant is for you to say: ``--fix`` leaves it.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY main.py settings.py /app
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY main.py settings.py /app/
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import goal_of, sources_of
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield copies of several files whose goal has no slash at its end."""
    for step in case.dockerfile.instructions:
        goal = goal_of(step) if step.keyword in {"COPY", "ADD"} else "/"
        if len(sources_of(step)) > 1 and not goal.endswith(("/", ".")) and "$" not in goal:
            yield Hit(text=f"{goal} has to end with a slash", span=line_of(step))
