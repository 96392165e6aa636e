"""A base image that gets no security fixes any more.

Why
A Python or a distribution past its end keeps its known holes. New releases of packages stop
having wheels for it as well.

Bad
```dockerfile
FROM python:3.8-slim-buster
```

Good
```dockerfile
FROM python:3.13-slim-trixie
```
"""

from collections.abc import Iterator
from datetime import date

from scaffold.lint.base_images import outer_bases
from scaffold.lint.context import Case
from scaffold.lint.image_references import Reference
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING
# Debian's long-term support (wiki.debian.org/LTS) and Alpine's branches (alpinelinux.org/releases),
# as of 2026-11; newer ones are in the knowledge.
_RELEASES = {
    "jessie": date(2020, 6, 30),
    "stretch": date(2022, 6, 30),
    "buster": date(2024, 6, 30),
    "bullseye": date(2026, 8, 31),
    "3.16": date(2024, 5, 23),
    "3.17": date(2024, 11, 22),
    "3.18": date(2025, 5, 9),
    "3.19": date(2025, 11, 1),
    "3.20": date(2026, 4, 1),
    "3.21": date(2026, 11, 1),
}
# The oldest that the knowledge has a date for; what is older ended before.
_OLDEST_PYTHON = (3, 9)


def check(case: Case) -> Iterator[Hit]:
    """Yield images past their end."""
    for _, image, span in outer_bases(case):
        for what in _ended(case, image):
            yield Hit(text=f"{what}: no security fixes", span=span)


def _ended(case: Case, image: Reference) -> Iterator[str]:
    if image.minor:
        end = case.facts.pythons.get(image.minor)
        older = tuple(map(int, image.minor.split("."))) < _OLDEST_PYTHON
        if end is not None and end < case.today:
            yield f"Python {image.minor} ended on {end}"
        elif older:
            yield f"Python {image.minor} ended long ago"
    known = {base.release: base.eol for base in case.facts.bases if base.family == image.family}
    end = known.get(image.release) or _RELEASES.get(image.release)
    if end is not None and end < case.today:
        yield f"{image.release} ended on {end}"
