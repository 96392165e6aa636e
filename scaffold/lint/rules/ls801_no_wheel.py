"""A package cannot be installed on this base, or has to be compiled there.

Why
Wheels are for one C library, architecture and Python. Where none suits, pip compiles, if there is
a source archive and a compiler, or ends with «No matching distribution found»: tensorflow has
nothing at all for Alpine, and the paper's build of its stack there took 2423 s. A wheel may also
need a newer glibc than the base has; that fails on import.

Bad
```dockerfile
FROM python:3.13-alpine3.24
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
from scaffold.model.finding import Cost, Hit, Severity
from scaffold.planner.source_builds import effort_of

SEVERITY = Severity.ERROR
_CODES = {
    *(Code.NO_WHEEL, Code.LOCKED_VERSION_NO_WHEEL, Code.GLIBC_TOO_OLD),
    *(Code.COMPILE_NEEDED, Code.COMPILE_UNKNOWN),
}


def check(case: Case) -> Iterator[Hit]:
    """Yield packages that have no file for the base and the target."""
    root, decided = case.root(case.final), case.decided
    if root is None or decided is None or decided.here is None:
        return
    best = decided.best
    for reason in decided.here.reasons:
        if reason.code not in _CODES:
            continue
        better = ""
        if best is not None and best.base.libc != decided.here.base.libc:
            better = f"; with {best.base.libc} ({best.base.id}) every package has a wheel"
        effort = effort_of(case.facts.packages.get(reason.package))
        cost = Cost(compiling=effort) if reason.code.startswith("compile-") else None
        yield Hit(text=f"{reason.text}{better}", span=image_span(root), cost=cost)
