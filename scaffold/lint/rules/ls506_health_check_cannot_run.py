r"""The health check starts a program that the image does not have.

Why
Slim and Alpine images have no ``curl``, and slim none of ``wget`` either: the check fails for
ever, and an orchestrator restarts the app again and again. Installing curl for it costs
megabytes; Python is there already.

Bad
```dockerfile
FROM python:3.13-slim-trixie
HEALTHCHECK CMD curl -f http://127.0.0.1:8000/health
```

Good
```dockerfile
FROM python:3.13-slim-trixie
HEALTHCHECK CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/', timeout=5)"]
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.image_references import parse_image
from scaffold.lint.install_commands import system_installs
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR
_MISSING = {"slim": {"curl", "wget", "nc", "ncat", "http"}, "alpine": {"curl", "http"}}


def check(case: Case) -> Iterator[Hit]:
    """Yield checks by a program that neither the base has nor a step installs."""
    root, step = case.root(case.final), case.last("HEALTHCHECK")
    if root is None or step is None or case.final is None:
        return
    missing = _MISSING.get(parse_image(root.image).family, set())
    brought = {
        word.text.partition("=")[0]
        for run in case.image_runs()
        for one in system_installs(case, run)
        for word in one.names
    } | {word for one in case.image_steps() if one.keyword == "COPY" for word in one.text.split()}
    for command in case.commands(step):
        name = command.argv[0].rsplit("/", 1)[-1] if command.argv else ""
        if name in missing and not any(name in word for word in brought):
            yield Hit(text=f"the image has no {name}: ask with Python", span=command.span)
