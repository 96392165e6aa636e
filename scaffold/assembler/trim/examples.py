"""Examples, benchmarks and samples (level ``max``).

Why: nobody runs them on a device. The import scan is that of tests, but applications do open data
of packages' examples by a path that no scan sees, so this goes only where asked for.
"""

from collections.abc import Iterable

from .scan import Packages, Parts
from .tests import find_unreached, home_of

_NAMES = frozenset({"examples", "example", "benchmarks", "benchmark", "samples", "demos", "demo"})


def covers(parts: Parts) -> bool:
    """Tell whether a file lies in such a folder of a package."""
    return bool(home_of(parts, _NAMES))


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return what nothing else imports."""
    return find_unreached(packages, files, _NAMES)
