"""The engine that tests use, and what they need to know of it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.engine import engine as own
from tests.engine import facts, publish
from tests.engine.choice import REQUIRED, NoEngineError, ca_bundle, choose
from tests.engine.engine import Engine
from tests.engine.home import Home, find_home

USUAL = ("amd64", "arm64")


@pytest.fixture(scope="session")
def home() -> Home:
    return find_home(os.environ)


@pytest.fixture(scope="session")
def engine(home: Home) -> Engine:
    """A running engine; skips where there can be none, or fails where one is required."""
    try:
        return choose(os.environ, why_not=own.why_not, start=lambda: own.up(home))
    except NoEngineError as reason:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"no engine: {reason}", pytrace=False)
        pytest.skip(f"no engine: {reason}")


@pytest.fixture(scope="session")
def bases(engine: Engine, home: Home) -> Callable[..., Engine]:
    """Return the engine once it can pull the base images for the named architectures.

    What most tests need is made at once: the end of making drops the cache of the builds that
    another process may be testing.
    """

    ready: set[str] = set()

    def get(*arches: str) -> Engine:
        wanted = {*USUAL, *arches}
        if engine.own and not wanted <= ready:
            publish.publish_all(home, engine, sorted(wanted), print)
            ready.update(wanted)
        return engine

    return get


@pytest.fixture(scope="session")
def knowledge_options(bases: Callable[..., Engine], home: Home) -> tuple[str, ...]:
    """Options that tell leanscaffold what the stand-ins weigh; none where the images are real."""
    engine = bases()
    if not engine.own:
        return ()
    return ("--knowledge", str(facts.overlay(home, engine)))


@pytest.fixture(scope="session")
def certificates() -> Path | None:
    """What a build has to trust besides what the images do, to reach the package index."""
    environ: Mapping[str, str] = os.environ
    return ca_bundle(environ)
