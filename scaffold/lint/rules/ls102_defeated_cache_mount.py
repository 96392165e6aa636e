"""A cache mount that pip is told not to use.

Why
``PIP_NO_CACHE_DIR`` and ``--no-cache-dir`` switch the cache off altogether, also the one that is
mounted: every build downloads everything again (pip then reports ``cache_dir = False``). What is
in a mount is in no layer, so nothing has to be switched off.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir flask==3.1.2
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.1.2
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import cache_mounts, is_true, python_installs
from scaffold.model.dockerfile import Span
from scaffold.model.finding import Edit, Hit, Severity

SEVERITY = Severity.WARNING
_VARIABLES = {"pip": "PIP_NO_CACHE_DIR", "uv": "UV_NO_CACHE"}


def check(case: Case) -> Iterator[Hit]:
    """Yield installs that have a cache mounted and do not use it."""
    for step in case.runs():
        mounts = cache_mounts(step)
        for one in python_installs(case, step):
            variable = _VARIABLES.get(one.program)
            if variable is None or not any(one.program in target for target in mounts):
                continue
            word = one.word("--no-cache-dir", "--no-cache")
            scope = {**step.scope.environment, **dict(one.command.assignments)}
            if word is not None:
                before = word.span.start - (case.dockerfile.text[word.span.start - 1] == " ")
                yield Hit(
                    text=f"{word.text} switches off the cache that is mounted",
                    span=word.span,
                    edits=(Edit(span=Span(start=before, end=word.span.end), text=""),),
                )
            elif is_true(scope.get(variable)):
                yield Hit(
                    text=f"{variable} switches off the cache that is mounted",
                    span=one.verb.span,
                )
