"""An index on loopback for the tests of what talks to one."""

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from tests.support.index_server import FakeIndex


@pytest.fixture
def server(closed_network: None) -> Iterator[FakeIndex]:  # noqa: ARG001 - has to run before
    enable_socket()
    socket_allow_hosts(["127.0.0.1"])
    index = FakeIndex()
    yield index
    index.stop()
