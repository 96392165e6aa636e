"""A package loads a library that the image does not have.

Why
Some wheels expect libraries of the system: ``opencv-python`` those of a display, ``psycopg2`` the
client of its database. The install goes well, and the first import ends with «cannot open shared
object file». So do two of the paper's images (docs/paper.md).

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir opencv-python
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir opencv-python-headless
```
"""

from collections.abc import Iterator

from scaffold.core.system import distribution
from scaffold.model.finding import Cost, Hit, Severity
from scaffold.model.knowledge import SystemPackage
from scaffold.rules.bases import image_span
from scaffold.rules.case import Case
from scaffold.rules.installs import system_installs

SEVERITY = Severity.ERROR
_CODES = {"needs-library", "needs-program", "library-unavailable"}


def check(case: Case) -> Iterator[Hit]:
    """Yield each system package that is needed and that no step of the image installs."""
    root, here = case.root(case.final), case.decided.here if case.decided else None
    if root is None or here is None:
        return
    installed = _installed(case)
    wanted: dict[str, list[str]] = {}
    costs: dict[str, SystemPackage] = {}
    for reason in here.reasons:
        library = case.facts.libraries.get(reason.fact)
        if reason.code not in _CODES:
            continue
        package = library.packages.get(here.base.distribution_key) if library else None
        name = package.name if package else ""
        if name not in installed:
            wanted.setdefault(name, []).append(f"{reason.package} needs {reason.fact}")
            costs |= {name: package} if package else {}
    for name, needs in wanted.items():
        cost = costs.get(name)
        yield Hit(
            text=f"{', '.join(dict.fromkeys(needs))}: "
            + (f"install {name}" if name else "nothing known of this base has it"),
            span=image_span(root),
            cost=Cost(on_disk=cost.on_disk, download=cost.download) if cost else None,
        )


def _installed(case: Case) -> set[str]:
    """Return the system packages of the image with all that they pull in."""
    names = {
        word.text.partition("=")[0]
        for step in case.image_runs()
        for one in system_installs(case, step)
        for word in one.names
    }
    known = case.base(case.final)
    table = distribution(known[0].distribution_key, case.arch, case.facts) if known else None
    return names | set(table.closure(names) if table else ())
