"""apk keeps its index in the layer.

Why
``apk add`` after ``apk update`` leaves the index of all packages in ``/var/cache/apk``, which
nothing reads any more. ``--no-cache`` fetches the index for this one command.

Bad
```dockerfile
FROM python:3.13-alpine3.24
RUN apk update && apk add curl
```

Good
```dockerfile
FROM python:3.13-alpine3.24
RUN apk add --no-cache curl
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import cache_mounts, needs_caches, system_installs
from scaffold.model.dockerfile import Span
from scaffold.model.finding import Edit, Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield ``apk add`` without ``--no-cache``."""
    lives_on = needs_caches(case)
    for step in case.image_runs():
        removed = any(
            command.argv[:1] == ("rm",) and "/var/cache/apk" in " ".join(command.argv)
            for command in case.commands(step)
        )
        if removed or cache_mounts(step):
            continue
        for one in system_installs(case, step):
            if one.program == "apk" and one.option("--no-cache") is None:
                after = Span(start=one.verb.span.end, end=one.verb.span.end)
                yield Hit(
                    text="the index stays in this layer: --no-cache",
                    span=one.verb.span,
                    edits=() if lives_on else (Edit(span=after, text=" --no-cache"),),
                )
