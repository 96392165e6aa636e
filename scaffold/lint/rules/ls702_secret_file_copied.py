"""A file with secrets is copied into the image.

Why
A later ``rm`` does not help: the layer that brought the file keeps it. ``.dockerignore`` holds
files back from ``COPY . .``; a build reads secrets through ``RUN --mount=type=secret``, an app
from a volume or its environment.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY .env main.py /app/
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY main.py /app/
```
"""

import posixpath
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import sources_of
from scaffold.model.finding import Hit, Severity
from scaffold.project.secrets import looks_secret

SEVERITY = Severity.ERROR
_MORE = {"pip.conf": "an index's address, often with a password", ".ssh": "private keys"}


def check(case: Case) -> Iterator[Hit]:
    """Yield copies of such files by name, or with a folder that holds some."""
    for step in case.dockerfile.instructions:
        if step.keyword not in {"COPY", "ADD"} or step.flag("from") is not None:
            continue
        for source in sources_of(step):
            name = posixpath.basename(source.rstrip("/"))
            what = looks_secret(f"/{source}") or _MORE.get(name, "")
            if what:
                yield Hit(
                    text=f"{source} is {what}: it can be read in the image", span=line_of(step)
                )
            elif source in {".", "./", "/"} and case.around and case.around.secrets:
                names = ", ".join(case.around.secrets[:4])
                text = f"{names} goes along: put it into .dockerignore"
                yield Hit(text=text, span=line_of(step))
