"""Importing the packages takes more memory than the device has.

Why
The device then swaps to its SD card, or ends the app. What packages hold in memory after their
import is measured for the heavy ones (``leanscaffold explain tensorflow``); ``--memory`` or a
device says what there is.

Bad
```dockerfile
# With --memory 512MB.
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir tensorflow
```

Good
```dockerfile
# With --memory 512MB.
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir ai-edge-litert
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.model.codes import Code
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield what is known to be too much."""
    root, here = case.root(case.final), case.decided.here if case.decided else None
    for reason in here.reasons if here and root else ():
        if reason.code == Code.MEMORY_TIGHT and root is not None:
            yield Hit(text=reason.text, span=image_span(root))
