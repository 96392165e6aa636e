import socket

import pytest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError

from scaffold.index.client import Http, is_trusted
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


@pytest.mark.parametrize(
    ("url", "host", "trusted"),
    [
        ("https://pypi.example/simple/", "pypi.example", True),
        ("https://pypi.example:8443/", "PyPI.example", True),
        ("https://pypi.example:8443/", "pypi.example:8443", True),
        ("https://[::1]:8443/", "[::1]", True),
        ("https://pypi.example.evil.example/", "pypi.example", False),
        ("https://pypi.example:x@evil.example/", "pypi.example", False),
        ("https://pypi.example:8443/", "pypi.example:443", False),
        ("https://pypi.example:99999/", "pypi.example", False),
        ("http://pypi.example/", "pypi.example", False),
    ],
)
def test_only_the_host_itself_is_trusted(url: str, host: str, *, trusted: bool) -> None:
    assert is_trusted(url, (host,)) is trusted
