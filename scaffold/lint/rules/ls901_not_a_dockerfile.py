"""Docker would not take this.

Why
An unknown instruction, a document that nothing ends, an instruction that says nothing or that
stands before the first FROM: the build ends before its first step.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RNU pip install flask
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir flask==3.1.2
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield what the reader could not make sense of."""
    for problem in case.dockerfile.problems:
        yield Hit(text=problem.text, span=problem.span)
