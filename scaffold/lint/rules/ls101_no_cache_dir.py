"""pip leaves what it downloaded in the image.

Why
pip and uv keep every file that they download below the user's cache folder. In a layer of the
image nobody reads it again: as far as the index lets it be cached, it is the size of all wheels
once more (pip 23.2.1 keeps 2.00 MB of a wheel of 2.00 MB). ``--no-cache-dir`` (uv: ``--no-cache``)
leaves it out; a cache mount keeps it on the machine that builds instead, where the next build is
faster for it.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY requirements.txt .
RUN pip install -r requirements.txt
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import (
    cache_mounts,
    is_true,
    needs_caches,
    python_installs,
)
from scaffold.model.dockerfile import Instruction, Span
from scaffold.model.finding import Cost, Edit, Hit, Severity
from scaffold.project.dockerfile_parser.installs import Install

SEVERITY = Severity.WARNING
_OPTIONS = {"pip": "--no-cache-dir", "uv": "--no-cache"}
_VARIABLES = {"pip": "PIP_NO_CACHE_DIR", "uv": "UV_NO_CACHE"}


def check(case: Case) -> Iterator[Hit]:
    """Yield installs in layers of the image that keep their cache."""
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
                    cost=_cost(case),
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


def _cost(case: Case) -> Cost | None:
    if case.candidate is None:
        return None
    kept = sum(weighed.pinned.file.size or 0 for weighed in case.candidate.packages)
    return Cost(on_disk=kept, download=kept)
