r"""ADD fetches something that nobody verifies.

Why
The address may give out another file tomorrow. ``--checksum`` makes the build stop instead
(BuildKit, for addresses of files).

Bad
```dockerfile
FROM python:3.13-slim-trixie
ADD https://example.org/model.onnx /app/
```

Good
```dockerfile
FROM python:3.13-slim-trixie
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d \
    https://example.org/model.onnx /app/
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import sources_of
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield ADD of an address without a checksum."""
    for step in case.dockerfile.instructions:
        if step.keyword != "ADD" or step.flag("checksum") is not None:
            continue
        if any(source.lower().startswith(("http://", "https://")) for source in sources_of(step)):
            yield Hit(text="nobody verifies what comes: --checksum=sha256:…", span=line_of(step))
