"""USER names a user where a number says more.

Why
A cluster that demands «not root» (``runAsNonRoot``) cannot know who ``app`` is and refuses to
start the container; with a number it can.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN useradd --uid 10001 app
USER app
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN useradd --uid 10001 app
USER 10001
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield the image's last USER if it is a name other than root."""
    last = case.last("USER")
    if last is None:
        return
    name = last.text.partition(":")[0].strip()
    if re.fullmatch(r"[A-Za-z_][\w.-]*", name) and name != "root":
        yield Hit(
            text=f"a cluster cannot tell whether {name} is root: use its number", span=last.span
        )
