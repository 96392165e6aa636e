"""The application is copied before its packages are installed.

Why
A layer is built anew when anything before it changed. With ``COPY . .`` above ``pip install``,
every edit of a source file installs all packages again and moves them to every device again: for
the paper's project 48.2 s and 772 MB instead of 0.3 s and 1.2 kB (docs/paper.md). Copy the list
of requirements alone, install, then copy the rest.

Bad
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
```

Good
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, compiling, line_of
from scaffold.lint.copies import sources_of
from scaffold.lint.install_commands import python_installs
from scaffold.model.dockerfile import Instruction, Stage
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield copies of the whole project above an install from a list."""
    for stage in case.dockerfile.stages:
        yield from _of_stage(case, stage)


def _of_stage(case: Case, stage: Stage) -> Iterator[Hit]:
    whole: Instruction | None = None
    earlier: set[str] = set()
    for step in stage.steps:
        if step.keyword in {"COPY", "ADD"} and step.flag("from") is None:
            if whole is None and set(sources_of(step)) & {".", "./", "/", "*", "./*"}:
                whole = step
        elif step.keyword == "RUN":
            lists = set(_lists(case, step))
            if whole is not None and lists - earlier:
                yield Hit(
                    text="every edit of the application installs all packages again: copy their "
                    "list alone, install, then copy the rest",
                    span=line_of(whole),
                    cost=_cost(case),
                )
                return
            earlier |= lists


def _lists(case: Case, step: Instruction) -> Iterator[str]:
    """Yield what packages are installed from; the project itself needs its sources.

    A second install from the same list, such as ``uv sync`` of the project alone, is quick.
    """
    for one in python_installs(case, step):
        if one.program not in {"pip", "uv"} or one.verb.text == "sync":
            yield one.program
        elif not any(name.text.startswith((".", "/")) for name in one.names):
            yield from one.files() or (" ".join(word.text for word in one.names),)


def _cost(case: Case) -> Cost | None:
    if case.candidate is None:
        return None
    moved = [part for part in case.candidate.size.parts if part[0] in {"packages", "bytecode"}]
    measured = case.decided.measured if case.decided else None
    return Cost(
        moved=sum(download for _, _, download in moved),
        seconds=measured.rebuild_seconds if measured else None,
        compiling=compiling(case.candidate),
    )
