r"""Certificates of the package index are not checked.

Why
``--trusted-host`` takes packages from anybody who answers in the index's place. A company's own
certificate belongs to pip as a secret while building: ``RUN
--mount=type=secret,id=ca,target=/run/secrets/ca`` with ``PIP_CERT=/run/secrets/ca``.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir --trusted-host index.example --index-url http://index.example/ a==1
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN --mount=type=secret,id=ca,target=/run/secrets/ca \
    PIP_CERT=/run/secrets/ca pip install --no-cache-dir --index-url https://index.example/ a==1
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import python_installs
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield installs that trust a host blindly."""
    for step in case.runs():
        for one in python_installs(case, step):
            word = one.word("--trusted-host", "--allow-insecure-host")
            if word is not None:
                yield Hit(text="the index's certificate is not checked", span=word.span)
    for step in case.dockerfile.instructions:
        if step.keyword in {"ENV", "ARG"} and "PIP_TRUSTED_HOST=" in step.text:
            yield Hit(text="the index's certificate is not checked", span=step.span)
