r"""An empty line inside of an instruction.

Why
Docker joins over it and warns that it will be an error: whoever reads the file takes the rest for
something new. A comment is fine there.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN mkdir /data && \

    chmod 700 /data
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN mkdir /data && \
    chmod 700 /data
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Edit, Hit, Severity

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield such lines; they can go."""
    for span in case.dockerfile.blanks:
        text = "an empty line inside of an instruction"
        yield Hit(text=text, span=span, edits=(Edit(span=span, text=""),))
