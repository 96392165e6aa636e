"""A service without a health check.

Why
The engine sees only whether the process lives. An app that hangs, or has lost its database,
counts as well until somebody complains.

Bad
```dockerfile
FROM python:3.13-slim-trixie
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "--host", "0.0.0.0", "main:app"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), 5)"]
CMD ["python", "-m", "uvicorn", "--host", "0.0.0.0", "main:app"]
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield an image that opens a port and says nothing of its health."""
    exposed = case.last("EXPOSE")
    if exposed is not None and case.last("HEALTHCHECK") is None:
        yield Hit(text="it listens, and nothing asks whether it is well", span=line_of(exposed))
