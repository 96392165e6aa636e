r"""curl and wget, where one would do.

Why
Both fetch files, and each brings libraries along. Python itself can fetch too, and ``ADD`` does
it without any program.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends curl wget \
    && rm -rf /var/lib/apt/lists/*
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

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield the second of the two in the image."""
    seen: set[str] = set()
    for step in case.image_runs():
        for one in system_installs(case, step):
            for word in one.names:
                if word.text in {"curl", "wget"}:
                    if seen and word.text not in seen:
                        text = f"{word.text} does what {seen.pop()} does: one is enough"
                        yield Hit(text=text, span=word.span)
                    seen.add(word.text)
