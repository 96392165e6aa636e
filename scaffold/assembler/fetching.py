"""Fetching one file of the application, a model for instance, and checking what arrived."""

import hashlib
import ssl
import urllib.request
from pathlib import Path

from . import FetchError

_CHUNK = 1 << 20
_TIMEOUT = 60.0  # seconds without an answer


def fetch(url: str, sha256: str, goal: Path, *, token: str = "", cert: str = "") -> None:
    """Write what an address serves into a file. Raises FetchError for anything but that hash.

    The token goes to that host alone, not to where it redirects. ``cert`` is a file of
    certificates; SSL_CERT_FILE and the variables of proxies hold, too.
    """
    request = urllib.request.Request(url)  # noqa: S310 - http and https alone pass as options
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    found = hashlib.sha256()
    context = ssl.create_default_context(cafile=cert or None)
    goal.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            urllib.request.urlopen(request, timeout=_TIMEOUT, context=context) as answer,  # noqa: S310
            goal.open("wb") as file,
        ):
            while chunk := answer.read(_CHUNK):
                found.update(chunk)
                file.write(chunk)
    except OSError as error:
        goal.unlink(missing_ok=True)
        message = f"{url} cannot be fetched: {error}"
        raise FetchError(message) from error
    if found.hexdigest() != sha256:
        goal.unlink()
        message = f"{url} serves a file with SHA-256 {found.hexdigest()}, not {sha256}"
        raise FetchError(message)
