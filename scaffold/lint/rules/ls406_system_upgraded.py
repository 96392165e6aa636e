"""The base's packages are upgraded in a layer.

Why
Every package that changed is in the image twice, old and new. The official images are rebuilt
when the distribution fixes something: pull the base anew (``docker build --pull``) instead.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
```

Good
```dockerfile
FROM python:3.13-slim-trixie
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import system_commands
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield upgrades of everything in layers of the image."""
    for step in case.image_runs():
        for one in system_commands(case, step):
            if one.verb.text in {"upgrade", "dist-upgrade", "full-upgrade"}:
                text = "what is upgraded is in the image twice: pull the base anew instead"
                yield Hit(text=text, span=one.verb.span)
