"""Two indexes on loopback: the public one, and a company's."""

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from tests.support.index_server import FakeIndex


@pytest.fixture
def public(closed_network: None) -> Iterator[FakeIndex]:  # noqa: ARG001 - has to run before
    enable_socket()
    socket_allow_hosts(["127.0.0.1"])
    index = FakeIndex()
    yield index
    index.stop()


@pytest.fixture
def company(public: FakeIndex) -> Iterator[FakeIndex]:
    del public  # has opened the network
    index = FakeIndex()
    yield index
    index.stop()
