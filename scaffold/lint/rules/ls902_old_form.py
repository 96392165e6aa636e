"""A form that Docker keeps for old files only.

Why
``ENV name value`` takes one variable a line and every blank behind it as its value;
``MAINTAINER`` is a label today. BuildKit warns of both.

Bad
```dockerfile
FROM python:3.13-slim-trixie
ENV PYTHONUNBUFFERED 1
```

Good
```dockerfile
FROM python:3.13-slim-trixie
ENV PYTHONUNBUFFERED=1
```
"""

import json
import re
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.dockerfile import Span
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.scopes import is_old_form, pairs_of

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield the old ENV and MAINTAINER, with the new form where it says the same."""
    for step in case.dockerfile.instructions:
        whole = step.place(0, len(step.text))
        if step.keyword == "MAINTAINER" and step.text:
            span = Span(start=step.span.start, end=whole.end)
            name = json.dumps(step.text.strip("\"'"), ensure_ascii=False)
            plain = re.fullmatch(r"[^\\$\"`]*", step.text) is not None
            edit = Edit(span=span, text=f"LABEL org.opencontainers.image.authors={name}")
            yield Hit(
                text="MAINTAINER is old: LABEL org.opencontainers.image.authors",
                span=line_of(step),
                edits=(edit,) if plain else (),
            )
        elif step.keyword == "ENV" and is_old_form(step.text):
            ((name, value),) = pairs_of(step.text)
            plain = re.fullmatch(r"[^\s\\\"'`]+", value) is not None and name.isidentifier()
            yield Hit(
                text=f"the old form: ENV {name}=…",
                span=line_of(step),
                edits=(Edit(span=whole, text=f"{name}={value}"),) if plain else (),
            )
