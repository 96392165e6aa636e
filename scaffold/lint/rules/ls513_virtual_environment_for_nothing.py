"""A virtual environment in an image that has one app.

Why
The image is the isolation. In the stage that becomes the image, ``python -m venv`` brings a
second pip (about 7 MB) and one more PATH to get wrong; ``--without-pip`` spares the former. In a
build stage it is a good way to get everything into one folder.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir flask==3.1.2
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN python -m venv /opt/venv && /opt/venv/bin/pip install flask==3.1.2
FROM python:3.13-slim-trixie
COPY --from=build /opt/venv /opt/venv
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import makes_environment
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield environments made in layers of the image."""
    known = case.base(case.final)
    cost = Cost(on_disk=known[0].pip_bytes, download=known[0].pip_download) if known else None
    for step in case.image_runs():
        for command in case.commands(step):
            if makes_environment(command) and "--without-pip" not in command.argv:
                yield Hit(text="a second pip, for nothing", span=command.span, cost=cost)
