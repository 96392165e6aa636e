"""A password in an address.

Why
Commands stand in the image's history word by word, and pip writes the address into what it
installs. Give pip its settings as a secret: ``RUN
--mount=type=secret,id=pip_conf,target=/etc/pip.conf pip install …``.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir --index-url https://me:secret@index.example/simple a==1
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf pip install --no-cache-dir a==1
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://(?P<who>[^\s/@'\"<>]+)@[\w.$-]", re.IGNORECASE)


def check(case: Case) -> Iterator[Hit]:
    """Yield addresses with a password, written down or filled in from an argument."""
    for step in case.dockerfile.instructions:
        for found in _ADDRESS.finditer(step.text):
            if ":" in found["who"] or "$" in found["who"]:
                text = "the password is in the image's history: use a secret mount"
                yield Hit(text=text, span=step.place(found.start(), found.end() - 1))
