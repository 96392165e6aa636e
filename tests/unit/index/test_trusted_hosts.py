"""A trusted host is a host, not the beginning of an address."""

import pytest

from scaffold.index.client import is_trusted


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
