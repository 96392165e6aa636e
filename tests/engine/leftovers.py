"""What a test left behind in an engine that others use at the same time."""

import time
from collections.abc import Callable, Iterable

from tests.engine.engine import Engine

# What others' runs make goes away when they end; what was left behind stays.
OTHERS_END_WITHIN = 300.0


def find_left(
    look: Callable[[], Iterable[str]], before: Iterable[str] = (), *, within: float | None = None
) -> set[str]:
    """Return what is there since ``before`` and stays: what goes away was somebody else's."""
    end = time.monotonic() + (OTHERS_END_WITHIN if within is None else within)
    left = set(look()) - set(before)
    while left and time.monotonic() < end:
        time.sleep(0.5)
        left &= set(look())
    return left


def list_images(engine: Engine, prefix: str) -> list[str]:
    """Return the images whose name starts with a prefix, with their tags."""
    names = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    return [name for name in names if name.startswith(prefix)]


def list_all(engine: Engine, prefix: str) -> list[str]:
    """Return all containers and volumes, and the images that this project names."""
    return [
        *engine.docker("ps", "--all", "--quiet").split(),
        *engine.docker("volume", "ls", "--quiet").split(),
        *list_images(engine, prefix),
    ]
