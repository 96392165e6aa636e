r"""apt installs what it merely recommends.

Why
Debian's packages recommend documentation, fonts, daemons and compilers, which apt installs unless
it is told not to. If one of them is needed, name it: then it stands in the file.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
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
from scaffold.lint.install_commands import system_installs
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield installs by apt without ``--no-install-recommends``."""
    settled = any(
        "Install-Recommends" in step.text
        or any("Install-Recommends" in h.body for h in step.heredocs)
        for step in case.dockerfile.instructions
    )
    for step in () if settled else case.runs():
        for one in system_installs(case, step):
            if one.program == "apt" and one.option("--no-install-recommends") is None:
                text = "recommended packages come along: --no-install-recommends"
                yield Hit(text=text, span=one.verb.span)
