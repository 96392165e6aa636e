"""A variable that has no value here.

Why
What ARG declares above the first FROM is known to FROM lines only: inside of a stage it is empty
until ``ARG name`` stands there again. An empty variable makes ``/$DIR/*`` the root of the file
system.

Bad
```dockerfile
ARG APP=app
FROM python:3.13-slim-trixie
WORKDIR /$APP
```

Good
```dockerfile
ARG APP=app
FROM python:3.13-slim-trixie
ARG APP
WORKDIR /$APP
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.image_references import parse_image
from scaffold.model.dockerfile import Instruction, Stage
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import BUILT_IN, argument_pairs, names_in

SEVERITY = Severity.ERROR
_FILLED_IN = {"ADD", "COPY", "EXPOSE", "USER", "VOLUME", "WORKDIR", "STOPSIGNAL", "LABEL"}
# What the official images set, and Docker itself.
_OF_BASE = {"PATH", "HOME", "HOSTNAME", "LANG", "GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256"}


def check(case: Case) -> Iterator[Hit]:
    """Yield variables that nothing has declared where they are used."""
    head = {name for step in case.dockerfile.head for name, _ in argument_pairs(step.text)}
    escape = case.dockerfile.escape
    for stage in case.dockerfile.stages:
        for name, has_default, at in names_in(stage.written, escape):
            if name not in head | BUILT_IN and not has_default:
                where = stage.opening.place(at, at + len(name) + 1)
                yield Hit(text=f"no ARG above the first FROM declares {name}", span=where)
        for step in stage.steps if _is_known(case, stage) else ():
            yield from _of_step(case, step, head)


def _is_known(case: Case, stage: Stage) -> bool:
    """Tell whether the image's own variables are known."""
    root = case.root(stage)
    return root is not None and (root.image == "scratch" or parse_image(root.image).official)


def _of_step(case: Case, step: Instruction, head: set[str]) -> Iterator[Hit]:
    known = {*step.scope.environment, *step.scope.arguments} | BUILT_IN | _OF_BASE
    if step.keyword == "RUN":
        # The shell has variables of its own: only what is surely meant as an argument counts.
        assigned = {name for c in case.commands(step) for name, _ in c.assignments}
        known = {*known, *assigned}
        wanted = head
    elif step.keyword in _FILLED_IN and not step.heredocs:
        wanted = None
    else:
        return
    for name, has_default, at in names_in(step.text, case.dockerfile.escape):
        if name in known or has_default or (wanted is not None and name not in wanted):
            continue
        text = (
            f"{name} is declared above the first FROM only: ARG {name} in this stage, too"
            if name in head
            else f"nothing above sets {name}"
        )
        yield Hit(text=text, span=step.place(at, at + len(name) + 1))
