"""Decide, predict, write and prove lean Docker images of Python projects for small devices.

``scaffold.plan``, ``generate``, ``lint`` and ``verify`` are the Python API: see ``scaffold.api``.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaffold.api import generate, lint, plan, verify

__version__ = "0.1.0"
__all__ = ["__version__", "generate", "lint", "plan", "verify"]

# Two functions have the names of packages. An import sets such a name once: it is free then.
for _name in ("lint", "verify"):
    importlib.import_module(f"{__name__}.{_name}")
    del globals()[_name]


def __getattr__(name: str) -> object:
    """Return a function of the API; it is imported when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("scaffold.api"), name)
