"""A server for development, or a reloader, is what the image starts.

Why
``flask run``, ``manage.py runserver`` and ``--reload`` serve one developer: they watch the file
system, show tracebacks to whoever asks, and say themselves that they are not for production. On a
small device the watcher alone takes noticeable CPU.

Bad
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "-m", "gunicorn", "--bind", "0.0.0.0:8000", "site_config.wsgi"]
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import pairs_of

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield commands and variables of development."""
    for keyword in ("CMD", "ENTRYPOINT"):
        step = case.last(keyword)
        for command in case.commands(step) if step else ():
            argv = command.argv
            flask = "flask" in {word.rsplit("/", 1)[-1] for word in argv} and "run" in argv
            if step and (flask or "runserver" in argv or "--reload" in argv):
                text = "this serves one developer: start a server for production"
                yield Hit(text=text, span=line_of(step))
    for step in case.image_steps():
        for name, value in pairs_of(step.text) if step.keyword == "ENV" else ():
            if name in {"FLASK_DEBUG", "DJANGO_DEBUG"} and value.lower() in {"1", "true", "on"}:
                yield Hit(text=f"{name} shows tracebacks to whoever asks", span=line_of(step))
