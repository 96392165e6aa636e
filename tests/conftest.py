"""Options and rules of the whole suite: goldens are rewritten on request, the network is closed."""

import os
import signal
import tempfile
from typing import Any

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

_ENGINE = "tests/engine/"

# A slow machine is no failure: speed is the benchmark's business.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


def pytest_configure(config: pytest.Config) -> None:
    """Keep a cache of the run's own: the user's would change plans. Hear Ctrl-C."""
    # A shell starts what it runs in the background deaf to it, and tests send it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # nohup starts it deaf to that one.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    folder = tempfile.TemporaryDirectory(prefix="leanscaffold-cache-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    os.environ["LEANSCAFFOLD_CACHE_DIR"] = folder.name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Give the tests of the engine to the processes by files, each process with its own engine.

    Images are reproducible, so that those of two tests may be one: an engine that stores it for the
    one while the other removes it loses layers (moby/moby, issue 41595). Where the engine was there
    already there is one alone, and all its tests run in one process.
    """
    own = os.environ.get("LEANSCAFFOLD_ENGINE") == "own"
    from xdist import scheduler  # type: ignore[import-untyped]  # noqa: PLC0415 - if it is there

    class EngineApart(scheduler.LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if not nodeid.startswith(_ENGINE):
                return nodeid
            return nodeid.partition("::")[0] if own else _ENGINE

    return EngineApart(config, log)


@pytest.fixture(autouse=True)
def closed_network() -> None:
    """Let no test leave the machine: servers of the tests' own listen on loopback."""
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
