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

from collections.abc import Iterable, Iterator, Mapping

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.lint.install_commands import system_installs
from scaffold.model.codes import Code
from scaffold.model.finding import Cost, Hit, Severity
from scaffold.model.knowledge import Base
from scaffold.planner.os_package_cost import distribution, system_cost

SEVERITY = Severity.ERROR
_CODES = {Code.NEEDS_LIBRARY, Code.NEEDS_PROGRAM, Code.LIBRARY_UNAVAILABLE}


def check(case: Case) -> Iterator[Hit]:
    """Yield, for each package, what it needs and no step of the image installs."""
    root, here = case.root(case.final), case.decided.here if case.decided else None
    if root is None or here is None:
        return
    installed = _installed(case)
    lacks: dict[str, dict[str, str]] = {}
    for reason in here.reasons:
        if reason.code in _CODES:
            name = _provider(case, here.base, reason.fact)
            if name not in installed:
                lacks.setdefault(reason.package, {})[reason.fact] = name
    for package, needs in lacks.items():
        yield Hit(
            text=f"{package} needs {', '.join(needs)}: {_remedy(needs)}",
            span=image_span(root),
            cost=_cost(case, here.base, needs.values()),
        )


def _provider(case: Case, base: Base, identifier: str) -> str:
    library = case.facts.libraries.get(identifier)
    package = library.packages.get(base.distribution_key) if library else None
    return package.name if package else ""


def _remedy(needs: Mapping[str, str]) -> str:
    names = sorted({name for name in needs.values() if name})
    nobody = [fact for fact, name in needs.items() if not name]
    unknown = f"no package of this base is known to have {', '.join(nobody)}" if nobody else ""
    return "; ".join(filter(None, (f"install {' '.join(names)}" if names else "", unknown)))


def _installed(case: Case) -> set[str]:
    """Return the system packages of the image with all that they pull in.

    Debian renamed many libraries to ``…t64`` in trixie; the old names still install them.
    """
    names = {
        word.text.partition("=")[0]
        for step in case.image_runs()
        for one in system_installs(case, step)
        for word in one.names
    }
    names |= {f"{name}t64" for name in names}
    known = case.base(case.final)
    table = distribution(known[0].distribution_key, case.arch, case.facts) if known else None
    return names | set(table.closure(names) if table else ())


def _cost(case: Case, base: Base, names: Iterable[str]) -> Cost | None:
    cost = system_cost(
        base.distribution_key,
        filter(None, names),
        case.facts,
        arch=case.arch,
        ships=(*base.ships, *base.programs),
    )
    return Cost(on_disk=cost.on_disk, download=cost.download) if cost.on_disk else None
