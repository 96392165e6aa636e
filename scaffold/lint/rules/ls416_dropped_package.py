r"""A package that this release of the distribution does not have.

Why
A new release of Debian renames libraries and drops what nobody maintains: ``apt-get install``
ends with «Unable to locate package», or «has no installation candidate» where several others
provide the name. A tag without a release moves to it on some rebuild.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends libgl1-mesa-glx \
    && rm -rf /var/lib/apt/lists/*
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 \
    && rm -rf /var/lib/apt/lists/*
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.image_references import release_of
from scaffold.lint.install_commands import system_installs
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield names of dropped packages in installs by apt; sources that a step adds may have it."""
    for stage in case.dockerfile.stages:
        family = case.family(stage)
        release = release_of(family) if family and family.manager == "apt" else ""
        dropped = case.facts.dropped.get(release)
        adds = any("sources.list" in s.text or "add-apt-repository" in s.text for s in stage.steps)
        for step in case.runs(stage) if dropped and not adds else ():
            for one in system_installs(case, step):
                for word in one.names:
                    name = word.text.partition("=")[0].partition(":")[0]
                    new = dropped.successors(name) if dropped else None
                    if new is not None:
                        hint = f": {' '.join(new)}" if new else "; nothing takes its place"
                        yield Hit(text=f"{release} has no {name} any more{hint}", span=word.span)
