"""A command before a pipe fails, and the build goes on.

Why
The shell looks at the last command of a pipe only. When ``curl`` cannot download, ``curl … | tar
xz`` may still end well, and the image lacks the files. ``SHELL`` with ``pipefail`` makes any
failure count; Alpine's and new Debian's ``sh`` know ``set -o pipefail``.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN curl -fsSL https://example.org/tool.tar.gz | tar -xz -C /usr/local/bin
```

Good
```dockerfile
FROM python:3.13-slim-trixie
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN curl -fsSL https://example.org/tool.tar.gz | tar -xz -C /usr/local/bin
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING
_HARMLESS = {"echo", "printf", "yes", "true"}


def check(case: Case) -> Iterator[Hit]:
    """Yield pipes whose first command may fail unseen."""
    for step in case.runs():
        commands = case.commands(step)
        settled = any("pipefail" in word for word in step.scope.shell) or any(
            "pipefail" in word for command in commands for word in command.argv
        )
        for command in () if settled else commands:
            if command.operator in {"|", "|&"} and command.argv[:1] not in {
                (name,) for name in _HARMLESS
            }:
                name = command.argv[0] if command.argv else "the command"
                text = f"if {name} fails, the step goes on: set -o pipefail"
                yield Hit(text=text, span=command.span)
                break
