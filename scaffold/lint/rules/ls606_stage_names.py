"""Two stages have one name.

Why
``COPY --from`` and ``FROM`` take the nearest one above; who adds a stage between them changes
what is copied without touching that line. BuildKit warns of it.

Bad
```dockerfile
FROM python:3.13-slim-trixie AS build
FROM python:3.13-slim-trixie AS build
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS build
FROM python:3.13-slim-trixie AS test
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield the second and later stages of a name."""
    seen: set[str] = set()
    for stage in case.dockerfile.stages:
        if stage.name and stage.name in seen:
            yield Hit(text=f"another stage is called {stage.name}", span=image_span(stage))
        seen.add(stage.name)
