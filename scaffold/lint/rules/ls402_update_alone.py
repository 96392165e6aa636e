r"""apt-get update in a step of its own, or an install without it.

Why
The layer with the lists is cached: weeks later ``apt-get install`` runs with old lists and asks
for versions that the mirror has no more. In one RUN both are made anew together.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update
RUN apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import cache_mounts, system_commands
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING
_USES = {"install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep"}


def check(case: Case) -> Iterator[Hit]:
    """Yield updates without an install, and installs without an update, in one RUN."""
    for step in case.runs():
        found = [one for one in system_commands(case, step) if one.program == "apt"]
        updates = [one for one in found if one.verb.text == "update"]
        installs = [one for one in found if one.verb.text in _USES]
        local = all(word.text.startswith(("./", "/")) for one in installs for word in one.names)
        if updates and not installs:
            text = "update alone is cached, and a later install gets old lists"
            yield Hit(text=text, span=updates[0].command.span)
        elif installs and not updates and not local and not cache_mounts(step):
            text = "install without update in the same step: it gets old lists, or none"
            yield Hit(text=text, span=installs[0].command.span)
