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
from scaffold.lint.install_commands import may_have
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR
_CLIENTS = {"curl", "wget", "nc", "sh", "bash"}


def check(case: Case) -> Iterator[Hit]:
    """Yield checks by a program that neither the base has nor a step installs."""
    root, step = case.root(case.final), case.last("HEALTHCHECK")
    if root is None or step is None or case.final is None:
        return
    family = case.family(case.final)
    bare = root.image.lower() == "scratch" or (family is not None and not family.shell)
    copied = " ".join(one.text for one in case.image_steps() if one.keyword in {"COPY", "ADD"})
    for command in case.commands(step):
        name = command.argv[0].rsplit("/", 1)[-1] if command.argv else ""
        if bare and step.words is None and not step.text.startswith("CMD ["):
            yield Hit(text="the image has no shell to run it: use a list", span=command.span)
            return
        if bare and name in _CLIENTS and name not in copied and "/bin" not in copied:
            yield Hit(text=f"the image has no {name}: ask with Python", span=command.span)
        package = family.lacks.get(name) if family else None
        last = case.image_steps()[-1]
        if package and not may_have(case, case.final, last, name, package):
            yield Hit(text=f"the image has no {name}: ask with Python", span=command.span)
