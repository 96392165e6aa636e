"""A base image whose Python moves on by itself.

Why
``python:3-slim`` and ``python:slim`` change the minor version of the interpreter with a rebuild
in autumn: wheels with machine code are for one minor, and a package without one for the new minor
is compiled or fails.

Bad
```dockerfile
FROM python:3-slim
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
    """Yield official images whose tag names no minor version."""
    for _, image, span in outer_bases(case):
        if image.official and not image.minor and image.tag not in {"", "latest"}:
            yield Hit(text="the tag names no minor version of Python", span=span)
