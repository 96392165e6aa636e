"""A cache mount that pip is told not to use.

Why
``PIP_NO_CACHE_DIR`` and ``--no-cache-dir`` switch the cache off altogether, also the one that is
mounted: every build downloads everything again (pip then reports ``cache_dir = False``). What is
in a mount is in no layer, so nothing has to be switched off.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir flask==3.1.2
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.1.2
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import cache_mounts, is_true, python_installs
from scaffold.model.dockerfile import Instruction, Span
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.installs import Install

SEVERITY = Severity.WARNING
_FOLDERS = {"pip": "PIP_CACHE_DIR", "uv": "UV_CACHE_DIR"}
_VARIABLES = {"pip": "PIP_NO_CACHE_DIR", "uv": "UV_NO_CACHE"}


def check(case: Case) -> Iterator[Hit]:
    """Yield installs that have a cache mounted and do not use it."""
    for step in case.runs():
        mounts = cache_mounts(step)
        for one in python_installs(case, step):
            variable = _VARIABLES.get(one.program)
            if variable is None or not any(one.program in target for target in mounts):
                continue
            word = one.word("--no-cache-dir", "--no-cache")
            scope = {**step.scope.environment, **dict(one.command.assignments)}
            if word is not None:
                words = one.command.words
                before = words[words.index(word) - 1].span.end
                yield Hit(
                    text=f"{word.text} switches off the cache that is mounted",
                    span=word.span,
                    edits=(Edit(span=Span(start=before, end=word.span.end), text=""),)
                    if _is_its_own(case, step, one, mounts)
                    else (),
                )
            elif is_true(scope.get(variable)):
                yield Hit(
                    text=f"{variable} switches off the cache that is mounted",
                    span=one.verb.span,
                )


def _is_its_own(case: Case, step: Instruction, one: Install, mounts: tuple[str, ...]) -> bool:
    """Tell whether what is mounted is where the installer keeps its cache, and nothing links there.

    Anywhere else the cache would be kept in the layer.
    """
    stage = next(stage for stage in case.dockerfile.stages if step in stage.steps)
    scope = {**step.scope.arguments, **step.scope.environment, **dict(one.command.assignments)}
    root = step.scope.user in {"root", "0"} or (not step.scope.user and case.starts_plainly(stage))
    own = scope.get(_FOLDERS[one.program])
    if own is None and root and not {"HOME", "XDG_CACHE_HOME"} & set(scope):
        own = f"/root/.cache/{one.program}"
    linked = "LINK_MODE" in case.dockerfile.text or "--link-mode" in case.dockerfile.text
    return own is not None and own in {mount.rstrip("/") for mount in mounts} and not linked
