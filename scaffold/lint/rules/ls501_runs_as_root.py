"""The app runs as root.

Why
Whoever breaks into the app is root in the container, and one mistake of the engine away from
being root on the device. A number (``USER 10001``) lets a cluster see that it is not root.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY main.py /app/
CMD ["python", "/app/main.py"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY main.py /app/
USER 10001:10001
CMD ["python", "/app/main.py"]
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING
# Images that set another user themselves.
_NOT_ROOT = ("nonroot", "rootless", "unprivileged")


def check(case: Case) -> Iterator[Hit]:
    """Yield a final stage whose user is root, or was never set."""
    final, root = case.final, case.root(case.final)
    if final is None or root is None:
        return
    last = case.last("USER")
    if last is not None:
        name = last.text.partition(":")[0].strip()
        if name in {"root", "0"}:
            yield Hit(text="the app runs as root: end with another USER", span=last.span)
    elif "$" not in root.image and not any(word in root.image for word in _NOT_ROOT):
        text = "no USER: the app runs as root"
        yield Hit(text=text, span=line_of(case.last("CMD", "ENTRYPOINT") or final.opening))
