import socket

import pytest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError

from scaffold.index.client import Http
from scaffold.index.configuration import IndexConfig

HOST = "index.example"


def fail(errno: int) -> int:
    """Return how many tries are left after a name could not be resolved."""
    http = Http(IndexConfig(index_url=f"https://{HOST}/simple"), retries=3, backoff=0)
    adapter = http.session.get_adapter(f"https://{HOST}/simple")
    assert isinstance(adapter, HTTPAdapter)
    reason = socket.gaierror(errno, "made up")
    error = NameResolutionError(HOST, HTTPConnection(HOST), reason)
    error.__cause__ = reason
    left = adapter.max_retries.increment(
        "GET", "/simple", error=error, _pool=HTTPConnectionPool(HOST)
    )
    return int(left.total or 0)


def test_a_host_that_nothing_knows_is_not_asked_for_again() -> None:
    with pytest.raises(MaxRetryError):
        fail(socket.EAI_NONAME)


def test_a_name_server_that_fails_for_now_is_asked_again() -> None:
    assert fail(socket.EAI_AGAIN) == 2
