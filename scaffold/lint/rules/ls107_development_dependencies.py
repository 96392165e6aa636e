"""What only developers need is installed as well.

Why
poetry, pdm, pipenv and uv install the development groups unless they are told not to: test
runners, type checkers, debuggers, often as much as the app itself.

Bad
```dockerfile
FROM python:3.13-slim-trixie
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-cache
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-cache --no-dev
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import is_true, python_installs
from scaffold.model.dockerfile import Instruction
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.installs import Install

SEVERITY = Severity.WARNING
_OFF = {
    "uv": ("--no-dev", "--no-default-groups", "--only-group"),
    "poetry": ("--only", "--without", "--only-main", "--no-dev"),
    "pdm": ("--prod", "--production", "--no-default", "--without"),
}


def check(case: Case) -> Iterator[Hit]:
    """Yield installs from a project's file that take the development groups along."""
    for step in case.runs():
        for one in python_installs(case, step):
            if one.program == "pipenv":
                word = one.word("--dev", "-d")
                if word is not None:
                    yield Hit(text="--dev installs what only developers need", span=word.span)
            elif _takes_groups(one) and not _without(step, one):
                option = _OFF[one.program][0]
                text = f"the development group comes along: {option}"
                text += " main" if option == "--only" else ""
                yield Hit(text=text, span=one.verb.span)


def _takes_groups(one: Install) -> bool:
    """Tell whether an install is of a project's file; ``uv pip install`` is of a list."""
    return one.program in _OFF and (one.program != "uv" or one.verb.text == "sync")


def _without(step: Instruction, one: Install) -> bool:
    scope = step.scope.environment
    return one.option(*_OFF[one.program]) is not None or (
        one.program == "uv" and is_true(scope.get("UV_NO_DEV"))
    )
