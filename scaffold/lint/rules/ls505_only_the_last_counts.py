"""An instruction that a later one replaces.

Why
Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage only the last counts. The others look as if
they did something.

Bad
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "migrate.py"]
CMD ["python", "main.py"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "main.py"]
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield all but the last of a kind in a stage."""
    for stage in case.dockerfile.stages:
        for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            found = [step for step in stage.steps if step.keyword == keyword]
            for step in found[:-1]:
                yield Hit(text=f"a later {keyword} replaces this one", span=line_of(step))
