"""A package has a lighter one that does the same.

Why
Extras and desktop variants outweigh the base: ``fastapi[standard]`` is 66 MB more than
``fastapi`` with uvicorn (pip 23.2.1, installed bytes), ``opencv-python`` needs a display's
libraries that ``opencv-python-headless`` does without. What a swap keeps and loses stands in the
text.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir opencv-python
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir opencv-python-headless
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.install_commands import python_installs
from scaffold.model.codes import Code
from scaffold.model.dockerfile import Span
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield known swaps that save something here."""
    where = _first_install(case)
    for saving in case.decided.savings if case.decided and where else ():
        if saving.code == Code.SWAP and where is not None:
            yield Hit(
                text=saving.text,
                span=where,
                cost=Cost(on_disk=saving.bytes, download=saving.download),
            )


def _first_install(case: Case) -> Span | None:
    for step in case.runs():
        for one in python_installs(case, step):
            return one.names[0].span if one.names else one.verb.span
    final = case.final
    return line_of(final.opening) if final else None
