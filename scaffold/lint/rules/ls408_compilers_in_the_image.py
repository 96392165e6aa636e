r"""Compilers and headers are in the image.

Why
They are needed while packages are built, and never again: gcc with its headers is hundreds of
megabytes on Debian. Build in a first stage and copy the result, or remove them in the RUN that
installed them.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install -y --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uwsgi==2.0.31
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential
RUN pip install --target=/install uwsgi==2.0.31
FROM python:3.13-slim-trixie
COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import system_commands, system_installs
from scaffold.model.finding import Cost, Hit, Severity
from scaffold.planner.os_package_cost import distribution
from scaffold.project.dockerfile_parser.installs import Install

SEVERITY = Severity.WARNING
_TOOLS = {
    *("build-essential", "build-base", "gcc", "g++", "clang", "make", "cmake", "gfortran"),
    *("cargo", "rustc", "rust", "autoconf", "automake", "pkg-config", "pkgconf", "ninja-build"),
    *("musl-dev", "linux-headers", "python3-dev", "cython3"),
}
_HEADERS = re.compile(r".+-dev(?:el)?")


def check(case: Case) -> Iterator[Hit]:
    """Yield installs in layers of the image that bring tools of a build and leave them."""
    for step in case.image_runs():
        removes = any(
            one.verb.text in {"remove", "purge", "autoremove", "del"}
            for one in system_commands(case, step)
        )
        for one in () if removes else system_installs(case, step):
            tools = [word for word in one.names if _is_tool(word.text)]
            if tools:
                names = ", ".join(word.text for word in tools)
                yield Hit(
                    text=f"{names}: only a build needs it; build in a stage of its own",
                    span=tools[0].span,
                    cost=_cost(case, one, [word.text for word in tools]),
                )


def _is_tool(name: str) -> bool:
    plain = name.partition("=")[0]
    return plain in _TOOLS or _HEADERS.fullmatch(plain) is not None or plain.startswith("gcc-")


def _cost(case: Case, one: Install, tools: list[str]) -> Cost | None:
    known = case.base(case.final)
    if known is None or one.program != "apt":
        return None
    table = distribution(known[0].distribution_key, case.arch, case.facts)
    if table is None or not set(tools) & set(table.packages):
        return None
    on_disk, download = table.weigh(table.closure(tools))
    return Cost(on_disk=on_disk, download=download)
