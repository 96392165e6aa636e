"""EXPOSE names a port that does not exist.

Why
Ports are numbers from 1 to 65535, with ``/tcp`` or ``/udp`` behind them at most.

Bad
```dockerfile
FROM python:3.13-slim-trixie
EXPOSE 80000
```

Good
```dockerfile
FROM python:3.13-slim-trixie
EXPOSE 8000
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import fill_in

SEVERITY = Severity.ERROR
_PORT = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?(?:/(?:tcp|udp|sctp))?", re.IGNORECASE)
_LAST = 65535


def check(case: Case) -> Iterator[Hit]:
    """Yield ports that are none; what a variable holds is not judged."""
    for stage in case.dockerfile.stages:
        for step in stage.steps:
            words = fill_in(step.text, step.scope).split() if step.keyword == "EXPOSE" else []
            for word in words:
                found = _PORT.fullmatch(word)
                ports = [int(port) for port in found.groups() if port] if found else []
                if "$" not in word and not (ports and all(0 < port <= _LAST for port in ports)):
                    yield Hit(text=f"{word} is no port", span=step.span)
