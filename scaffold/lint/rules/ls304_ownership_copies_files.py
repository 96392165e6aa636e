"""Changing owner or mode copies every file into another layer.

Why
A layer stores whole files. ``RUN chown -R`` over what an earlier step copied or installed puts
all of it into the image a second time. ``COPY --chown`` and ``COPY --chmod`` write it right the
first time.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY . /app/
RUN chown -R 10001:10001 /app
USER 10001
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY --chown=10001:10001 . /app/
USER 10001
```
"""

import posixpath
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.copies import goal_of
from scaffold.model.dockerfile import Instruction
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield recursive changes of files that came with an earlier layer of the image."""
    goals: list[str] = []
    for step in case.image_steps():
        if step.keyword in {"COPY", "ADD"}:
            goals.append(_absolute(step, goal_of(step)))
        elif step.keyword == "RUN":
            for command in case.commands(step):
                argv = command.argv
                recursive = any(
                    (w.startswith("-") and "R" in w) or w == "--recursive" for w in argv
                )
                if argv[:1] not in {("chown",), ("chmod",), ("chgrp",)} or not recursive:
                    continue
                paths = [_absolute(step, word) for word in argv[2:] if not word.startswith("-")]
                if any(_covers(path, goal) for path in paths for goal in goals):
                    yield Hit(
                        text=f"{argv[0]} -R stores these files a second time: COPY --"
                        f"{'chmod' if argv[0] == 'chmod' else 'chown'} writes them right at once",
                        span=command.span,
                        cost=_cost(case),
                    )


def _absolute(step: Instruction, path: str) -> str:
    return posixpath.normpath(posixpath.join(step.scope.workdir or "/", path))


def _covers(path: str, goal: str) -> bool:
    return goal == path or goal.startswith(path.rstrip("/") + "/") or path.startswith(goal + "/")


def _cost(case: Case) -> Cost | None:
    app = case.decided.project.app_bytes if case.decided else 0
    return Cost(on_disk=app) if app else None
