"""A stage that nothing takes from.

Why
BuildKit skips it, the old builder makes it for nothing, and who reads the file looks for what it
is good for. Remove it, unless it is the ``--target`` of another build.

Bad
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN pip install --target=/install flask==3.1.2
FROM python:3.13-slim-trixie
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN pip install --target=/install flask==3.1.2
FROM python:3.13-slim-trixie
COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.lint.package_locations import copies_from, find_stage
from scaffold.model.dockerfile import Stage
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield stages that neither the last one nor what it takes from needs."""
    stages = case.dockerfile.stages
    if any("$" in stage.image for stage in stages):
        return  # a variable may name any of them
    needed: set[int] = set()
    waiting = list(stages[-1:])
    while waiting:
        stage = waiting.pop()
        if stage.number not in needed:
            needed.add(stage.number)
            waiting += _taken_from(case, stage)
    for stage in stages:
        if stage.number not in needed and not any(
            s.keyword in {"CMD", "ENTRYPOINT"} for s in stage.steps
        ):
            yield Hit(text="nothing takes from this stage", span=image_span(stage))


def _taken_from(case: Case, stage: Stage) -> Iterator[Stage]:
    if stage.parent is not None:
        yield case.dockerfile.stages[stage.parent]
    yield from (other for _, other in copies_from(case, stage))
    for step in stage.steps:
        for flag in step.flags:
            parts = dict(part.partition("=")[::2] for part in flag.value.split(","))
            found = find_stage(case, parts.get("from"), before=stage.number)
            if flag.name == "mount" and found is not None:
                yield found
