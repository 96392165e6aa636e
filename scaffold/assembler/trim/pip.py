"""The installer itself.

Why: nothing is installed once the image is made. In a base it is 7 MB with its bundled wheel
(``ensurepip``), and none of the bases that are put together have it; as a package it goes unless
another one imports it or names it, or the project asks for it. Its metadata stays.
"""

from collections.abc import Iterable

from .scan import TESTS, Packages, Parts

_NAME = "pip"


def covers(parts: Parts) -> bool:
    """Tell by the top-level name."""
    return parts[0] == _NAME


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return pip's files if no other package knows it."""
    found = list(files)
    others = (p for p in packages.files if p[0] != _NAME and p[-1].endswith(".py"))
    known = (packages.named(p) for p in others if found and TESTS.isdisjoint(p))
    used = any(_NAME in one.texts or (_NAME,) in {i[:1] for i in one.imports} for one in known)
    return [] if used else found
