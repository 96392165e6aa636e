"""A package without a version.

Why
The same Dockerfile then gives another image every week, and nobody can say which change broke it.
``==`` holds one version; a lock file with hashes holds all that it pulls in as well.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir flask
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir flask==3.1.2
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import python_installs
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[\w\s,.-]*\])?\s*(?:[<>!~].*)?")
_INSTALLERS = {"pip", "setuptools", "wheel"}


def check(case: Case) -> Iterator[Hit]:
    """Yield names without an exact version, where no constraints file gives one."""
    for step in case.runs():
        for one in python_installs(case, step):
            if one.program not in {"pip", "uv"} or one.option("-c", "--constraint") is not None:
                continue
            for word in one.names:
                name = re.split(r"[\[<>!~\s]", word.text)[0].lower()
                if word.literal and _NAME.fullmatch(word.text) and name not in _INSTALLERS:
                    yield Hit(text=f"{name} has no exact version: {name}==…", span=word.span)
