"""The project does not go with this Python.

Why
``requires-python``, a version file, or a package that dropped or does not yet support this minor
rules the base out. pip then stops, or takes a release from years ago.

Bad
```dockerfile
FROM python:3.14-slim-trixie
RUN pip install --no-cache-dir tensorflow
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir tensorflow
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.model.codes import Code
from scaffold.model.finding import Hit, Severity
from scaffold.model.verdict import Rejected

SEVERITY = Severity.ERROR
_CODES = {Code.PYTHON_NOT_ADMISSIBLE, Code.VERSION_CONFLICT, Code.YANKED_ONLY, Code.NO_WHEEL}


def check(case: Case) -> Iterator[Hit]:
    """Yield why the base's Python is refused, where another Python is not."""
    root, decided = case.root(case.final), case.decided
    if root is None or decided is None or not isinstance(decided.here, Rejected):
        return
    best = decided.best
    other = best is not None and best.python != decided.here.python
    for reason in decided.here.reasons:
        conflict = reason.code in _CODES - {Code.NO_WHEEL}
        if conflict or (reason.code == Code.NO_WHEEL and other and _same_libc(case)):
            better = f"; Python {best.python} does" if best is not None and other else ""
            yield Hit(text=f"{reason.text}{better}", span=image_span(root))


def _same_libc(case: Case) -> bool:
    decided = case.decided
    return bool(
        decided
        and decided.best
        and decided.here
        and decided.best.base.libc is decided.here.base.libc
    )
