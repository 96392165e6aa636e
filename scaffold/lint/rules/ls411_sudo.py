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

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.dockerfile import Span
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.shell import commands_of

SEVERITY = Severity.WARNING
_UNSEEN = re.compile(r"PYTHON|PIP_|UV_|POETRY_")
_ROOT = {"root", "0", "root:root", "0:0"}
_ALIKE = frozenset(
    {
        *("addgroup", "adduser", "apk", "apt", "apt-get", "chgrp", "chmod", "chown", "cp"),
        *("groupadd", "install", "ln", "mkdir", "mv", "rm", "tee", "touch", "useradd"),
        "usermod",
    }
)


def check(case: Case) -> Iterator[Hit]:
    """Yield commands behind sudo; as root it can simply go."""
    for stage in case.dockerfile.stages:
        for step in case.runs(stage):
            user = step.scope.user
            root = user in _ROOT or (not user and case.starts_plainly(stage))
            for command in commands_of(step):
                if command.argv[:1] == ("sudo",):
                    word, rest = command.words[0], command.words[1:]
                    # sudo hides PATH and every other variable; these programs do not look.
                    seen = {**step.scope.environment, **step.scope.arguments}
                    same = rest and rest[0].text in _ALIKE and all(map(_UNSEEN.match, seen))
                    end = rest[0].span.start if rest else word.span.end
                    gone = Edit(span=Span(start=word.span.start, end=end), text="")
                    yield Hit(
                        text="a build needs no sudo: it is root until USER says otherwise",
                        span=word.span,
                        edits=(gone,) if same and root else (),
                    )
