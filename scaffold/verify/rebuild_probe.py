"""Small changes to a project, to see what they cost."""

import re
from collections.abc import Iterable

from scaffold.model.expectation import Expectation
from scaffold.model.image import Contents

_TESTS = {"tests", "test", "conftest.py"}


def pick_source(contents: Contents, sources: Iterable[str]) -> str:
    """Return the source file to edit: the least deep one that the image holds, empty for none."""
    app = contents.config.workdir.rstrip("/")
    found = [
        path
        for path in sources
        if f"{app}/{path}" in contents.files and not _TESTS & set(path.split("/"))
    ]
    return min(found, key=lambda path: (path.count("/"), path), default="")


def pick_lightest(promise: Expectation) -> str:
    """Return the package that weighs least by its wheel, empty if there is none."""
    return min(
        promise.packages,
        key=lambda name: (promise.weights.get(name, 1 << 60), name),
        default="",
    )


def without_package(lock: str, package: str) -> str:
    """Return a lock's text without one package's line and those that continue it."""
    kept, dropping = [], False
    start = re.compile(rf"{re.escape(package)}\s*(==|@)", re.IGNORECASE)
    for line in lock.splitlines(keepends=True):
        if not dropping and start.match(line.replace("_", "-").replace(".", "-", 0)):
            dropping = True
        if not dropping:
            kept.append(line)
        dropping = dropping and line.rstrip().endswith("\\")
    return "".join(kept)
