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

from scaffold.lint.base_images import outer_bases
from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield images whose tag is left open."""
    for _, image, span in outer_bases(case):
        if image.tag in {"", "latest"} and not image.digest:
            yield Hit(text=f"{image.repository} has no tag that means anything", span=span)
