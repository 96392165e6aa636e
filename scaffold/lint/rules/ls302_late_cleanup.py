r"""Files are deleted in another layer than the one that brought them.

Why
A layer only adds: a later ``rm`` hides files, and the device still pulls and stores them. Clean
up in the RUN that made the mess, or make it in another stage.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends curl
RUN rm -rf /var/lib/apt/lists/*
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
from scaffold.lint.install_commands import cache_mounts, python_installs, system_commands
from scaffold.model.dockerfile import Instruction
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING
_CACHES = ("/var/lib/apt/lists", "/var/cache/", "/.cache", "~/.cache")
_REMOVING = {"remove", "purge", "autoremove", "clean", "autoclean", "del"}


def check(case: Case) -> Iterator[Hit]:
    """Yield RUNs of the image that do nothing but remove what an earlier layer holds."""
    earlier = False
    for step in case.image_runs():
        brings = _brings(case, step)
        if earlier and not brings and not cache_mounts(step):
            for command in case.commands(step):
                argv = command.argv
                caches = argv[:1] == ("rm",) and any(
                    cache in word for word in argv[1:] for cache in _CACHES
                )
                purges = argv[1:3] == ("cache", "purge")
                uninstalls = argv[:2] == ("pip", "uninstall")
                if caches or purges or uninstalls:
                    text = "this frees nothing: the files are in an earlier layer"
                    yield Hit(text=text, span=command.span)
            for one in system_commands(case, step):
                if one.verb.text in _REMOVING:
                    text = "this frees nothing: the packages are in an earlier layer"
                    yield Hit(text=text, span=one.command.span)
        earlier = earlier or brings


def _brings(case: Case, step: Instruction) -> bool:
    if any(True for _ in python_installs(case, step)):
        return True
    return any(
        one.verb.text in {"install", "add", "update", "upgrade", "dist-upgrade"}
        for one in system_commands(case, step)
    )
