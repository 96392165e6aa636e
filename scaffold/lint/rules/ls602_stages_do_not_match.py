"""Packages go from one kind of base to another.

Why
Machine code is for one C library and one minor version of Python: what pip installed on Debian
does not load on Alpine, and packages of 3.12 do not on 3.13, whose folder has another name
besides. Build in a stage of the same base.

Bad
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN pip install --target=/install numpy==2.2.6
FROM python:3.13-alpine3.24
COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
```

Good
```dockerfile
FROM python:3.13-alpine3.24 AS build
RUN pip install --target=/install numpy==2.2.6
FROM python:3.13-alpine3.24
COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.package_locations import copies_from, places_of, takes
from scaffold.model.finding import Hit, Severity
from scaffold.model.knowledge import ImageFamily

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield copies of packages between bases that do not go together."""
    final, root = case.final, case.root(case.final)
    if final is None or root is None:
        return
    here = case.family(final)
    for step, stage in copies_from(case, final):
        origin = case.root(stage)
        if origin is None or not any(takes(step, place) for place in places_of(case, stage)):
            continue
        there = case.family(stage)
        why = _differs(there, here) if there and here else ""
        if why:
            yield Hit(text=why, span=line_of(step))


def _differs(there: ImageFamily, here: ImageFamily) -> str:
    if there.libc and here.libc and there.libc != here.libc:
        return f"the packages are built for {there.libc}, this image has {here.libc}"
    minors = "." in there.python and "." in here.python
    if minors and there.python != here.python:
        return f"the packages are for Python {there.python}, this image has {here.python}"
    return ""
