"""Another base carries the same project and is smaller.

Why
The base is what every image of the device starts with. What fits depends on the wheels: Alpine is
small but has none for many packages; a base cut to measure holds the interpreter and the
libraries that are needed, and nothing else. ``leanscaffold plan`` shows them all, ``generate``
writes the file.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir flask
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS root
RUN pip install --target=/install flask
FROM scratch
COPY --from=root /install/ /usr/local/lib/python3.13/site-packages/
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.NOTE
# Less than this share is not worth another base.
_WORTH = 0.1


def check(case: Case) -> Iterator[Hit]:
    """Yield what leanscaffold would make of the project, where it saves enough."""
    root, weight, decided = case.root(case.final), case.weight, case.decided
    best = decided.best if decided else None
    if root is None or weight is None or decided is None or best is None:
        return
    on_disk, download = weight
    saved = on_disk - best.size.on_disk
    if saved > _WORTH * on_disk:
        measured = "" if decided.measured is None else ", as measured"
        yield Hit(
            text=f"{best.base.id} with Python {best.python} makes it "
            f"{best.size.on_disk / 1e6:.0f} MB instead of {on_disk / 1e6:.0f} MB{measured}: "
            "leanscaffold generate",
            span=image_span(root),
            cost=Cost(on_disk=saved, download=max(0, download - best.size.download)),
        )
