"""A script from the network runs as it comes.

Why
What ``curl … | sh`` runs is whatever the server gives out that day: no version, no checksum, and
the layer is cached all the same. Take the distribution's package, a pinned release with its
checksum, or copy the program from a pinned image.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN set -o pipefail; curl -LsSf https://example.org/install.sh | sh
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir uv==0.13.0
```
"""

from collections.abc import Iterator
from itertools import pairwise

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING
_FETCHERS = {"curl", "wget"}
_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "python", "python3"}


def check(case: Case) -> Iterator[Hit]:
    """Yield pipes from a downloader into an interpreter."""
    for step in case.runs():
        commands = case.commands(step)
        for one, after in pairwise(commands):
            fetches = bool(one.argv) and one.argv[0] in _FETCHERS and one.operator == "|"
            if fetches and after.argv and after.argv[0].rsplit("/", 1)[-1] in _SHELLS:
                text = "whatever the server gives out runs: pin a release and its checksum"
                yield Hit(text=text, span=one.span)
