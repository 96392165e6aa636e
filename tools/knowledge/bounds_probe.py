"""Runs apart: imports a distribution in a folder, uses it, and tells what does not load.

    python -I -S bounds_probe.py FOLDER NAME [CODE]

Prints ``{"error": text, "missing": module, "frames": [distribution, ...], "installed": {name:
version}}``; ``error`` is empty where all loads, ``missing`` the module that lacks something, and
``frames`` are the distributions whose code ran, the innermost first.
"""

import json
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from wsgiref.util import setup_testing_defaults


def normalise(name: str) -> str:
    """Return a name as indexes spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def modules_of(one: Distribution) -> Iterator[str]:
    """Yield a distribution's top-level modules."""
    found = {
        path.parts[0].partition(".")[0]
        for path in one.files or ()
        if path.suffix == ".py" and (len(path.parts) == 1 or path.name == "__init__.py")
    }
    yield from sorted(
        name
        for name in found
        if name.isidentifier() and name not in {"tests", "test", "examples", "docs", "setup"}
    )


def get(app: Callable[..., Iterable[bytes]], path: str) -> int:
    """Call a WSGI application, and return the status it answers with."""
    told: list[int] = []
    environ: dict[str, object] = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    list(app(environ, lambda status, _headers, _error=None: told.append(int(status[:3]))))
    return told[0]


def owners(folder: str, found: dict[str, Distribution]) -> dict[str, str]:
    """Return which distribution a file is of."""
    return {
        str(Path(folder, str(path))): name
        for name, one in found.items()
        for path in one.files or ()
    }


def main() -> None:
    """Import and print."""
    folder, asked, *code = sys.argv[1:]
    found = {normalise(one.metadata["Name"]): one for one in distributions(path=[folder])}
    sys.path.insert(0, folder)
    error, missing, frames = "", "", []
    space: dict[str, object] = {"get": get}
    for work in (*(f"import {one}" for one in modules_of(found[asked])), *code):
        try:
            exec(work, space)  # noqa: S102 - this tool's own
        except (Exception, SystemExit) as caught:  # noqa: BLE001 - any of them is an answer
            error = f"{type(caught).__name__}: {caught}".splitlines()[0].replace(folder, "")
            error = re.sub(r" \(/\S+\)$", "", error)  # the file, in a temporary folder
            missing = getattr(caught, "name", "") or ""
            if match := re.search(r"module '([\w.]+)'", error):
                missing = match[1]
            by_file = owners(folder, found)
            files = [frame.filename for frame in traceback.extract_tb(caught.__traceback__)]
            names = [by_file[one] for one in reversed(files) if one in by_file]
            frames = list(dict.fromkeys(names))
            break
    tops = {
        path.parts[0].partition(".")[0]: name
        for name, one in found.items()
        for path in one.files or ()
        if path.suffix in {".py", ".so"}
    }
    print(
        json.dumps(
            {
                "error": error,
                "missing": tops.get(missing.partition(".")[0], "") if missing else "",
                "frames": frames,
                "installed": {name: one.version for name, one in found.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
