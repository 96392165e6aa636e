"""The packages are in an environment that the command does not start from.

Why
``poetry install``, ``pipenv install`` and ``uv sync`` make an environment of their own unless they
are told otherwise. ``python main.py`` starts the image's Python, which does not have them: the
container ends with «No module named …».

Bad
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-cache
CMD ["python", "main.py"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-cache
CMD [".venv/bin/python", "main.py"]
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.package_locations import copies_from, environments_of, places_of, takes
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR
_FINDS_IT = {"poetry", "uv", "uvx", "pipenv", "pdm", "sh", "bash", "env", "make", "hatch", "rye"}


def check(case: Case) -> Iterator[Hit]:
    """Yield a command by a bare name where the project's environment is not on PATH."""
    final, step = case.final, case.last("ENTRYPOINT") or case.last("CMD")
    commands = case.commands(step) if step else ()
    if final is None or step is None or len(commands) != 1 or not commands[0].argv:
        return
    program = commands[0].argv[0]
    made = list(environments_of(case, final))
    for copy, other in copies_from(case, final):
        made += [place for place in environments_of(case, other) if takes(copy, place)]
    others = set(places_of(case, final)) - set(made)
    path = step.scope.environment.get("PATH", "")
    if "/" in program or "." in program or "$" in program or program in _FINDS_IT or others:
        return
    if made and not any(place in path for place in made) and "venv" not in path:
        text = f"the packages are in {made[0]}: put {made[0]}/bin on PATH, or start from there"
        yield Hit(text=text, span=line_of(step))
