"""sudo in a build.

Why
Steps run as root until USER says otherwise, so that sudo does nothing but need a package, ask for
a terminal, and start its command in another environment. Change USER around the step instead.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN sudo mkdir /data
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN mkdir /data
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.dockerfile import Span
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.shell import commands_of

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield commands behind sudo; as root it can simply go."""
    for step in case.runs():
        for command in commands_of(step):
            if command.argv[:1] == ("sudo",):
                word, rest = command.words[0], command.words[1:]
                plain = rest and not rest[0].text.startswith("-") and "=" not in rest[0].text
                root = step.scope.user in {"", "root", "0", "root:root", "0:0"}
                gone = Span(start=word.span.start, end=rest[0].span.start) if rest else word.span
                yield Hit(
                    text="a build needs no sudo: it is root until USER says otherwise",
                    span=word.span,
                    edits=(Edit(span=gone, text=""),)
                    if plain and root and step.words is None
                    else (),
                )
