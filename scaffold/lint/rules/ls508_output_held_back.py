"""What the app prints is held back.

Why
Python collects its output while it goes into a pipe, as in a container: messages come late, and
the last ones before a crash not at all. ``PYTHONUNBUFFERED=1`` (or ``python -u``) sends them at
once.

Bad
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "main.py"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
ENV PYTHONUNBUFFERED=1
CMD ["python", "main.py"]
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import pairs_of

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield images that start Python without the variable."""
    names = {
        name
        for step in case.image_steps()
        if step.keyword == "ENV"
        for name, _ in pairs_of(step.text)
    }
    command = case.last("CMD", "ENTRYPOINT")
    argv = [word for one in case.commands(command) for word in one.argv] if command else []
    python = bool(argv) and re.fullmatch(r"(?:.*/)?python[\d.]*", argv[0]) is not None
    if command is not None and python and "PYTHONUNBUFFERED" not in names and "-u" not in argv:
        yield Hit(text="messages come late: ENV PYTHONUNBUFFERED=1", span=line_of(command))
