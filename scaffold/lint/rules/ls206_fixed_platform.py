"""A platform that is written into FROM.

Why
``FROM --platform=linux/amd64`` gives an image for that platform whatever ``--platform`` the build
is told: on a Raspberry Pi it does not start, or runs imitated and many times slower.
``$BUILDPLATFORM`` and ``$TARGETPLATFORM`` follow the build.

Bad
```dockerfile
FROM --platform=linux/amd64 python:3.13-slim-trixie
```

Good
```dockerfile
FROM python:3.13-slim-trixie
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield platforms without a variable."""
    for stage in case.dockerfile.stages:
        for flag in stage.opening.flags:
            if flag.name == "platform" and flag.value and "$" not in flag.value:
                text = f"always {flag.value}, whatever the build is asked for"
                yield Hit(text=text, span=flag.span)
