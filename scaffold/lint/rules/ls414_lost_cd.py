"""A cd that is over before anything uses it.

Why
Every RUN starts in the folder of WORKDIR: a ``cd`` at its end changes nothing for the next step.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN mkdir /app && cd /app
COPY main.py .
```

Good
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR /app
COPY main.py .
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield a ``cd`` that is the last command of its step."""
    for step in case.runs():
        commands = case.commands(step)
        if commands and commands[-1].argv[:1] == ("cd",):
            text = "the next step starts in WORKDIR again: use WORKDIR"
            yield Hit(text=text, span=commands[-1].span)
