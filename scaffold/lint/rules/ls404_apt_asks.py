r"""apt asks whether to go on, and nobody answers.

Why
A build has no terminal: without ``-y`` the step ends with «Abort.» as soon as anything but the
named packages would be installed.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
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
from scaffold.lint.install_commands import plain_chain, system_commands
from scaffold.model.dockerfile import Span
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.installs import Install

SEVERITY = Severity.ERROR
_ASKS = {"install", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge", "autoremove"}


def check(case: Case) -> Iterator[Hit]:
    """Yield commands of apt that would ask."""
    settled = any("Assume-Yes" in step.text for step in case.dockerfile.instructions)
    for step in () if settled else case.runs():
        for one in system_commands(case, step):
            if one.program == "apt" and one.verb.text in _ASKS and not _answers(one):
                after = Span(start=one.verb.span.end, end=one.verb.span.end)
                yield Hit(
                    text="apt asks, and nobody answers: -y",
                    span=one.verb.span,
                    # A failure that goes unnoticed today would become an installation.
                    edits=(Edit(span=after, text=" -y"),) if plain_chain(case, step) else (),
                )


def _answers(one: Install) -> bool:
    return any(
        name in {"--yes", "--assume-yes", "--quiet=2", "--force-yes", "--simulate", "--dry-run"}
        or (not name.startswith("--") and ("y" in name or name.count("q") > 1 or "s" in name))
        or (name == "-q" and value == "2")
        for name, value, _ in one.options
    ) or any("$" in word.text for word in one.names[:1])
