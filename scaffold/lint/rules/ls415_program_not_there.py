"""A step starts a program that its image does not have.

Why
``apt-get`` and ``useradd`` are Debian's, ``apk`` and ``adduser -D`` Alpine's, and minimal images
have no shell at all: the build ends with «not found». On Alpine ``shadow`` brings ``useradd``; a
slim image has neither ``curl`` nor ``git`` until a step installs them.

Bad
```dockerfile
FROM python:3.13-alpine3.24
RUN useradd -m app
```

Good
```dockerfile
FROM python:3.13-alpine3.24
RUN adduser -D app
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.install_commands import may_have
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR
_GUARDS = ("command -v", "which ", "if ", "case ", "type ", "hash ")


def check(case: Case) -> Iterator[Hit]:
    """Yield commands of builds that the image's family lacks and that no step before brings."""
    for stage in case.dockerfile.stages:
        family = case.family(stage)
        for step in case.runs(stage) if family else ():
            if family is not None and not family.shell and step.words is None:
                yield Hit(text="this image has no shell: RUN cannot start", span=line_of(step))
                continue
            script = step.text + "".join(document.body for document in step.heredocs)
            commands = case.commands(step)
            if any(word in script for word in _GUARDS) or any(c.operator == "||" for c in commands):
                continue
            for command in commands:
                name = command.argv[0] if command.argv else ""
                package = family.lacks.get(name) if family else None
                if package is None or family is None:
                    continue
                if not package:
                    hint = f"; {family.manager} installs packages there" if family.manager else ""
                    text = f"{family.distribution} has no {name}{hint}"
                    yield Hit(text=text, span=command.span)
                elif not may_have(case, stage, step, name, package):
                    text = f"the image has no {name}: install {package} before"
                    yield Hit(text=text, span=command.span)
