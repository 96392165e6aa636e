r"""apt, which is made for people at a terminal.

Why
``apt`` says of itself that its command line is not stable and warns when it is used in a script.
``apt-get`` takes the same words and stays as it is.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt update && apt install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
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
from scaffold.lint.install_commands import system_commands
from scaffold.model.finding import Edit, Hit, Severity

SEVERITY = Severity.NOTE
# `apt upgrade` installs new packages, too, and apt keeps no archives where docker-clean is gone.
_SAME = {"install", "update", "remove", "purge", "autoremove", "clean"}


def check(case: Case) -> Iterator[Hit]:
    """Yield uses of apt."""
    for step in case.runs():
        for one in system_commands(case, step):
            if one.first.text == "apt":
                yield Hit(
                    text="apt is for terminals: apt-get",
                    span=one.first.span,
                    edits=(Edit(span=one.first.span, text="apt-get"),)
                    if one.verb.text in _SAME and "docker-clean" not in case.dockerfile.text
                    else (),
                )
