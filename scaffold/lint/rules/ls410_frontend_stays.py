"""DEBIAN_FRONTEND is set for whoever uses the image.

Why
``ENV`` holds for every container and every image made from this one: installs there are silent
too, and questions that somebody wants to answer do not come. Set it for the command: ``RUN
DEBIAN_FRONTEND=noninteractive apt-get install …``, or with ``ARG``.

Bad
```dockerfile
FROM python:3.13-slim-trixie
ENV DEBIAN_FRONTEND=noninteractive
```

Good
```dockerfile
FROM python:3.13-slim-trixie
ARG DEBIAN_FRONTEND=noninteractive
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.dockerfile import Instruction
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.scopes import pairs_of

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield ENV that sets it; alone on its line it becomes ARG."""
    for step in case.image_steps():
        names = [name for name, _ in pairs_of(step.text)] if step.keyword == "ENV" else []
        if "DEBIAN_FRONTEND" in names:
            (own,) = (stage for stage in case.dockerfile.stages if step in stage.steps)
            alone = (
                names == ["DEBIAN_FRONTEND"]
                and "=" in step.text
                and names[0] not in step.scope.environment
                and case.starts_plainly(own)
                # ARG ends with its stage, and there is none in a container.
                and case.continued(own) == (own,)
                and not any(_asks(one) for one in own.steps)
            )
            yield Hit(
                text="it stays set in every container: ARG, or in front of the command",
                span=line_of(step),
                edits=(Edit(span=line_of(step), text="ARG"),) if alone else (),
            )


def _asks(step: Instruction) -> bool:
    starts = step.keyword in {"CMD", "ENTRYPOINT"} and "apt" in step.text
    return starts or step.keyword == "ONBUILD"
