"""An editable install in an image.

Why
``-e`` installs a pointer to the sources: the image works only as long as they stay where they
are, and a stage that copies site-packages copies the pointer alone. Nobody edits files in an
image.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY . /app/
RUN pip install --no-cache-dir -e /app
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY . /app/
RUN pip install --no-cache-dir /app
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import python_installs
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield editable installs."""
    for step in case.runs():
        for one in python_installs(case, step):
            word = one.word("-e", "--editable")
            if word is not None:
                yield Hit(text="editable: the image holds a pointer, no package", span=word.span)
