r"""The lists of apt stay in the layer.

Why
``apt-get update`` writes the index of the whole distribution, tens of megabytes that nothing
reads once the packages are installed: 17 MB to download in the paper's image, run again
(docs/paper.md). They have to go in the same RUN, for a later layer frees nothing.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends curl
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import cache_mounts, system_commands
from scaffold.model.dockerfile import Instruction, Span
from scaffold.model.finding import Cost, Edit, Hit, Severity

SEVERITY = Severity.WARNING
_LISTS = "/var/lib/apt"
# `du -sb /var/lib/apt/lists` and its compressed archive after `apt-get update` in the slim image of
# trixie, main only, amd64, 2026-11-25.
_COST = Cost(on_disk=21_700_000, download=16_700_000)


def check(case: Case) -> Iterator[Hit]:
    """Yield updates in layers of the image whose lists stay."""
    for step in case.image_runs():
        if any(target.startswith("/var/lib/apt") for target in cache_mounts(step)):
            continue
        updates = [
            one
            for one in system_commands(case, step)
            if one.program == "apt" and one.verb.text == "update"
        ]
        if updates and not _removed(case, step):
            yield Hit(
                text="the lists of apt stay in this layer: && rm -rf /var/lib/apt/lists/*",
                span=updates[0].command.span,
                cost=_COST,
                edits=_edits(case, step),
            )


def _removed(case: Case, step: Instruction) -> bool:
    return any(
        command.argv[:1] in {("rm",), ("find",)} and any(_LISTS in w for w in command.argv[1:])
        for command in case.commands(step)
    )


def _edits(case: Case, step: Instruction) -> tuple[Edit, ...]:
    """Add the removal where the step is a plain chain of ``&&``."""
    commands = case.commands(step)
    plain = all(command.operator == "&&" for command in commands[:-1])
    end = commands[-1].span.end
    rest = case.dockerfile.text[end : step.span.end].strip()
    if not plain or rest or step.heredocs or step.words is not None:
        return ()
    escape = case.dockerfile.escape
    text = f" {escape}\n    && rm -rf /var/lib/apt/lists/*"
    return (Edit(span=Span(start=end, end=end), text=text),)
