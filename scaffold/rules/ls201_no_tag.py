"""A base image without a tag, or with latest.

Why
``python`` and ``python:latest`` are the newest Python on the full image: another interpreter
after every release, and the largest variant. Packages may have no wheels for it yet, so that the
next build compiles for an hour or fails.

Bad
```dockerfile
FROM python:latest
```

Good
```dockerfile
FROM python:3.13-slim-trixie
```
"""

from collections.abc import Iterator

from scaffold.model.finding import Hit, Severity
from scaffold.rules.bases import outer_bases
from scaffold.rules.case import Case

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield images whose tag is left open."""
    for _, image, span in outer_bases(case):
        if image.tag in {"", "latest"} and not image.digest:
            yield Hit(text=f"{image.repository} has no tag that means anything", span=span)
