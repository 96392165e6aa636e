"""A virtual environment that is activated for nothing.

Why
Every RUN has a shell of its own: what ``activate`` set is gone in the next one, whose pip
installs somewhere else. ``source`` moreover is no command of Debian's and Alpine's ``sh``. Put
the environment's ``bin`` on PATH instead.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN python -m venv /opt/venv
RUN . /opt/venv/bin/activate
RUN pip install --no-cache-dir flask==3.1.2
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN python -m venv /opt/venv
ENV PATH="/opt/venv/bin:$PATH"
RUN pip install --no-cache-dir flask==3.1.2
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield activations at the end of a RUN, and ``source`` in a shell that has none."""
    for step in case.runs():
        commands = case.commands(step)
        bash = any("bash" in word for word in step.scope.shell)
        for number, command in enumerate(commands):
            argv = command.argv
            if argv[:1] not in {(".",), ("source",)}:
                continue
            activates = argv[-1].endswith("bin/activate")
            if activates and number == len(commands) - 1:
                text = "the environment is active in this RUN only: put its bin on PATH"
                yield Hit(text=text, span=command.span)
            elif argv[0] == "source" and not bash and "bash" not in commands[0].argv[:1]:
                yield Hit(text="sh has no `source`: use `.`", span=command.words[0].span)
