"""The engine that tests use, and what they need to know of it."""

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import pytest

from tests.engine import engine as own
from tests.engine import facts, publish
from tests.engine.choice import REQUIRED, NoEngineError, ca_bundle, choose
from tests.engine.engine import Engine
from tests.engine.home import Home, find_home
from tests.engine.second import unshared

NONE = "no engine: "
USUAL = ("amd64", "arm64")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in one line that there is no engine, not once for each place that needs one."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and NONE in report.longrepr[2]:
        report.longrepr = ("tests/engine", None, report.longrepr[2])  # type: ignore[assignment]
    return report


@pytest.fixture(scope="session")
def home() -> Home:
    return find_home(os.environ)


@pytest.fixture(scope="session")
def engine(home: Home) -> Iterator[Engine]:
    """A running engine; skips where there can be none, or fails where one is required."""
    try:
        found = choose(os.environ, why_not=own.why_not, start=lambda: own.up(home))
    except NoEngineError as reason:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{NONE}{reason}", pytrace=False)
        pytest.skip(f"{NONE}{reason}")
    if not found.own:
        yield found
        return
    with unshared(home, found) as mine:
        yield mine


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
