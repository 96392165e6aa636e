"""The image will be larger than the device allows.

Why
What the base weighs is known, and what is in every wheel: the size can be predicted before
anything is built. It is asked for with ``--max-size``, or comes from the device's profile. What
``leanscaffold verify --save`` measured of the same Dockerfile counts more.

Bad
```dockerfile
# With --max-size 500MB.
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir tensorflow
```

Good
```dockerfile
# With --max-size 500MB.
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir ai-edge-litert
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield what is beyond the budget, as measured or else as predicted."""
    root, weight, decided = case.root(case.final), case.weight, case.decided
    if root is None or weight is None or decided is None:
        return
    how = "predicted" if decided.measured is None else "measured"
    on_disk, download = weight
    budget = decided.target.budget
    pairs = (("on disk", on_disk, budget.on_disk), ("to download", download, budget.download))
    for what, bytes_, allowed in pairs:
        if allowed is not None and bytes_ > allowed:
            over = bytes_ - allowed
            yield Hit(
                text=f"{how} {bytes_ / 1e6:.0f} MB {what}, {allowed / 1e6:.0f} MB allowed",
                span=image_span(root),
                cost=Cost(on_disk=over) if what == "on disk" else Cost(download=over),
            )
