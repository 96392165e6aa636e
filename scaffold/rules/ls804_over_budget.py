"""The image will be larger than the device allows.

Why
What the base weighs is known, and what is in every wheel: the size can be predicted before
anything is built. It is asked for with ``--max-size``, or comes from the device's profile.

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

from scaffold.model.finding import Cost, Hit, Severity
from scaffold.rules.bases import image_span
from scaffold.rules.case import Case

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield what is predicted beyond the budget."""
    root, candidate, decided = case.root(case.final), case.candidate, case.decided
    if root is None or candidate is None or decided is None:
        return
    size, budget = candidate.size, decided.target.budget
    pairs = (
        ("on disk", size.on_disk, budget.on_disk),
        ("to download", size.download, budget.download),
    )
    for what, predicted, allowed in pairs:
        if allowed is not None and predicted > allowed:
            over = predicted - allowed
            yield Hit(
                text=f"predicted {predicted / 1e6:.0f} MB {what}, {allowed / 1e6:.0f} MB allowed",
                span=image_span(root),
                cost=Cost(on_disk=over) if what == "on disk" else Cost(download=over),
            )
