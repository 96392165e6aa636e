"""A secret in ENV or ARG.

Why
ENV is in the image's configuration, ARG in its history: whoever can pull the image reads both
with ``docker history``. A build gets secrets through ``RUN --mount=type=secret``, an app when it
starts.

Bad
```dockerfile
FROM python:3.13-slim-trixie
ENV API_TOKEN=0123456789
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN --mount=type=secret,id=token,env=API_TOKEN python fetch.py
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import argument_pairs, pairs_of
from scaffold.project.secrets import names_secret

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield variables whose names say secret: ENV with a value, and any ARG."""
    for step in case.dockerfile.instructions:
        if step.keyword == "ENV":
            names = [name for name, value in pairs_of(step.text) if value]
        elif step.keyword == "ARG":
            names = [name for name, _ in argument_pairs(step.text)]
        else:
            continue
        for name in filter(names_secret, names):
            text = f"{name} can be read by whoever has the image: use a secret mount"
            yield Hit(text=text, span=step.span)
