"""The app starts through a shell.

Why
``CMD python main.py`` runs ``/bin/sh -c``: the shell is process 1 and hands no signal on, so the
app never hears that it should stop and is killed after ten seconds, in the middle of whatever it
does. The list form starts the app itself.

Bad
```dockerfile
FROM python:3.13-slim-trixie
CMD python main.py --port 8000
```

Good
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "main.py", "--port", "8000"]
```
"""

import json
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.dockerfile import Instruction
from scaffold.model.finding import Edit, Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield commands of the image without a list; a plain one becomes a list."""
    for keyword in ("CMD", "ENTRYPOINT"):
        step = case.last(keyword)
        if step is None or step.words is not None or step.text.startswith("["):
            continue
        if step.text.startswith("exec "):
            continue  # the shell gives way to the app
        yield Hit(
            text="a shell stands between the engine's signals and the app: use a list",
            span=line_of(step),
            edits=_edits(case, step),
        )


def _edits(case: Case, step: Instruction) -> tuple[Edit, ...]:
    commands = case.commands(step)
    if len(commands) != 1 or step.scope.shell or not step.origins:
        return ()
    (command,) = commands
    whole = step.place(0, len(step.text))
    covered = command.words and (command.words[0].span.start, command.words[-1].span.end) == (
        whole.start,
        whole.end,
    )
    simple = all(word.literal and not set(word.text) & set("~{}*?") for word in command.words)
    if not covered or not simple or command.assignments:
        return ()
    return (Edit(span=whole, text=json.dumps(list(command.argv), ensure_ascii=False)),)
