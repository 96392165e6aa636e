"""WORKDIR is relative.

Why
It is added to the WORKDIR before it, be that in this file or in the base image: where the app
ends up then depends on what somebody else changes.

Bad
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR app
```

Good
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR /app
```
"""

import posixpath
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.scopes import fill_in

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield relative folders; the first of a file's own stage can only have meant the root."""
    ends = dict[int | None, str]()
    for stage in case.dockerfile.stages:
        folder = ends.get(stage.parent, "")
        for step in stage.steps:
            if step.keyword != "WORKDIR":
                continue
            path = fill_in(step.text.strip("\"'"), step.scope)
            full = posixpath.join(folder, path)
            if path and not path.startswith(("/", "$", "\\")) and path[1:2] != ":":
                whole = step.place(0, len(step.text))
                text = f"it means {full}" if folder else "it depends on the base's WORKDIR"
                plain = folder and not set("$\\") & set(step.text)
                edits = (Edit(span=whole, text=full),) if plain else ()
                yield Hit(text=f"relative: {text}", span=whole, edits=edits)
            # Below what only the base or the build knows, nothing is known.
            folder = full if full.startswith("/") and "$" not in full else ""
        ends[stage.number] = folder
