"""The whole folder is copied, and no .dockerignore holds anything back.

Why
``COPY . .`` takes the history, virtual environments, caches and files with passwords along. It
also sends them to the builder, and a change in any of them builds the layer anew.

Bad
```dockerfile
# This is found where the folder has no .dockerignore.
FROM python:3.13-slim-trixie
COPY . /app/
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY src/ /app/
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import sources_of
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield copies of the whole folder where too much of it is not ignored."""
    around = case.around
    if around is None:
        return
    for stage in case.dockerfile.stages:
        for step in stage.steps:
            whole = set(sources_of(step)) & {".", "./", "/"}
            if step.keyword not in {"COPY", "ADD"} or step.flag("from") is not None or not whole:
                continue
            burden = sum(size for _, size in around.burden)
            if around.burden:
                names = ", ".join(name for name, _ in around.burden[:4])
                text = f"it copies {names}: put them into .dockerignore"
                yield Hit(text=text, span=line_of(step), cost=Cost(on_disk=burden))
            elif not around.ignores:
                text = "there is no .dockerignore: whatever lies in the folder goes along"
                yield Hit(text=text, span=line_of(step))
