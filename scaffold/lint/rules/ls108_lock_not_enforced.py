"""A lock that the build may change.

Why
``uv sync`` resolves anew and rewrites the lock in the image if it does not match the project any
more, ``pipenv install`` does too: the image then holds versions that nobody reviewed. With
``--locked`` or ``--frozen`` (``--deploy``) the build stops, or installs exactly what is locked.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY pyproject.toml uv.lock ./
RUN uv sync --no-dev --no-cache
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-cache
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import is_true, python_installs
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield installs that may rewrite the lock."""
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
