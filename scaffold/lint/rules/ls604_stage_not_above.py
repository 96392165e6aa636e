"""COPY takes from a stage that is not above it.

Why
A stage can take only from stages above it. The name of a later one is looked up as an image,
which the build then tries to pull; a number that is too large ends the build.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY --from=build /install /install
FROM python:3.13-slim-trixie AS build
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS build
FROM python:3.13-slim-trixie
COPY --from=build /install /install
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield names and numbers of this stage or of later ones."""
    for stage in case.dockerfile.stages:
        below = {one.name for one in case.dockerfile.stages[stage.number :] if one.name}
        above = {one.name for one in case.dockerfile.stages[: stage.number]}
        for step in stage.steps:
            for flag in step.flags:
                if step.keyword != "COPY" or flag.name != "from":
                    continue
                late = flag.value.lower() in below - above
                if late or (flag.value.isdigit() and int(flag.value) >= stage.number):
                    yield Hit(text=f"no stage {flag.value} stands above", span=flag.span)
