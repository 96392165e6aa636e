"""PYTHONDONTWRITEBYTECODE does not keep pip from writing bytecode.

Why
The variable is for the interpreter that runs the app. pip compiles what it installs all the same:
27 files for one small wheel with the variable set, none with ``--no-compile`` (pip 23.2.1; the
official image does both, docker-library/python#207). Bytecode is often a third of what is
installed. Without it every start compiles what it imports, so decide for one of the two: small
with ``--no-compile``, or fast without the variable.

Bad
```dockerfile
FROM python:3.13-slim-trixie
ENV PYTHONDONTWRITEBYTECODE=1
RUN pip install --no-cache-dir flask==3.1.2
```

Good
```dockerfile
FROM python:3.13-slim-trixie
ENV PYTHONDONTWRITEBYTECODE=1
RUN pip install --no-cache-dir --no-compile flask==3.1.2
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import is_true, pip_installs
from scaffold.model.finding import Cost, Hit, Severity
from scaffold.planner.size_prediction import bytecode_bytes

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield installs by pip that compile although the variable is set."""
    for step in case.runs():
        scope = step.scope.environment
        quiet = not is_true(scope.get("PYTHONDONTWRITEBYTECODE")) or is_true(
            scope.get("PIP_NO_COMPILE")
        )
        for one in () if quiet else pip_installs(case, step):
            if one.option("--no-compile") is None:
                yield Hit(
                    text="pip writes bytecode although PYTHONDONTWRITEBYTECODE is set: "
                    "--no-compile leaves it away",
                    span=one.verb.span,
                    cost=_cost(case),
                )


def _cost(case: Case) -> Cost | None:
    if case.candidate is None:
        return None
    on_disk, download = bytecode_bytes(case.candidate.packages, case.facts.footprints)
    return Cost(on_disk=on_disk, download=download)
