"""A list that is no JSON runs as a shell command.

Why
The list form is JSON: double quotes, no comma at the end. Anything else, such as single quotes,
is taken for a shell command, and the shell looks for a program called ``[python,``.

Bad
```dockerfile
FROM python:3.13-slim-trixie
CMD ['python', 'main.py']
```

Good
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "main.py"]
```
"""

import ast
import json
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.dockerfile import Instruction
from scaffold.model.finding import Edit, Hit, Severity

SEVERITY = Severity.ERROR
_LISTS = {"CMD", "ENTRYPOINT", "SHELL", "VOLUME", "RUN", "COPY", "ADD"}


def check(case: Case) -> Iterator[Hit]:
    """Yield what looks like a list and is none; what Python can read as one becomes JSON."""
    for step in case.dockerfile.instructions:
        text = step.text
        looks = text.startswith("[") and text.endswith("]") and not text.startswith(("[ ", "[["))
        if step.keyword in _LISTS and looks and step.words is None:
            yield Hit(
                text="this is no JSON, so a shell runs it: double quotes, no comma at the end",
                span=step.place(0, len(text)),
                edits=_edits(step),
            )


def _edits(step: Instruction) -> tuple[Edit, ...]:
    try:
        words = ast.literal_eval(step.text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return ()
    whole = step.place(0, len(step.text))
    return (Edit(span=whole, text=json.dumps(words, ensure_ascii=False)),)
