"""GET, with retries, certificates and credentials; every failure becomes an error with a hint."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from threading import Timer
from typing import Any, Self
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, ReadTimeoutError
from urllib3.util.retry import Retry

from scaffold.index.configuration import IndexConfig, redact
from scaffold.model.errors import ConfigInvalidError, LeanscaffoldError, TransientError

POOL_SIZE = 32
LARGEST_ANSWER = 128 << 20  # bytes of a page, unpacked; the largest public ones have 30 MB
_PATIENCE = 60.0  # seconds for the head of an answer, and for its body, and one more for each
_SLOWEST = 10_000  # bytes
_BODY_TRIES = 3
_REFUSED = {401, 403}
MISSING = {404, 410}
_FAILED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said. ``url`` is where the answer came from in the end."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def missing(self) -> bool:
        """Tell whether the server has no such thing."""
        return self.status in MISSING


class Http:
    """One session for all threads. ``retries`` and ``backoff`` (seconds) are for 5xx answers.

    ``patience`` are the seconds that a server may take for a head, and for a body of nothing.
    """

    def __init__(
        self,
        config: IndexConfig,
        *,
        retries: int = 3,
        backoff: float = 0.3,
        patience: float = _PATIENCE,
    ) -> None:
        self._config = config
        self.patience = patience
        self._retries = retries
        self._backoff = backoff
        known = (_read_credentials(url) for url in (*config.bound_urls, *config.urls))
        self._credentials = {host: login for host, login in known if login is not None}

    @cached_property
    def session(self) -> "requests.Session":
        """Return the session, with everything the configuration asks for."""
        hosts, trusting = self._config.trusted_hosts, self._adapter(_trusting_context())

        class Session(requests.Session):
            def get_adapter(self, url: str) -> "requests.adapters.BaseAdapter":
                return trusting if is_trusted(url, hosts) else super().get_adapter(url)

        session = Session()
        session.headers["User-Agent"] = "leanscaffold"
        if self._config.proxy:
            session.proxies = {"http": self._config.proxy, "https": self._config.proxy}
        session.mount("https://", self._adapter(self._context()))
        session.mount("http://", self._adapter(None))
        return session

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, limit: int = LARGEST_ANSWER
    ) -> Answer:
        """Return the whole answer; a connection that drops midway is tried again.

        Raises TransientError (network, 5xx, more than ``limit`` bytes) or ConfigInvalidError
        (access refused). A missing page is an answer.
        """
        for attempt in range(_BODY_TRIES):
            with self.open(url, headers) as response:
                try:
                    body = self.read_body(response, limit)
                except (requests.RequestException, OSError) as error:
                    if attempt == _BODY_TRIES - 1 or isinstance(error, requests.Timeout):
                        said = _describe(url, error, "broke off in the middle")
                        raise self._hidden(said) from error
                    continue
                return Answer(
                    status=response.status_code,
                    url=_without_login(response.url),
                    headers=response.headers,
                    body=body,
                )
        raise AssertionError

    @contextmanager
    def open(
        self, url: str, headers: Mapping[str, str] | None = None
    ) -> "Iterator[requests.Response]":
        """Give the answer to read bit by bit. Raises as ``get`` does."""
        try:
            response = self.session.get(
                url,
                headers=dict(headers or {}),
                timeout=self._config.timeout,
                auth=self.credentials(url),
                stream=True,
            )
        except (requests.RequestException, OSError, _SlowHeadError) as error:
            raise self._hidden(_describe(url, error, "cannot be reached")) from error
        with response:
            try:
                check_status(response.status_code, url)
            except LeanscaffoldError as error:
                raise self._hidden(error) from error
            yield response

    def read_body(self, response: requests.Response, limit: int) -> bytes:
        """Return a body. Raises TransientError for more than ``limit`` bytes, requests' errors."""
        parts: list[bytes] = []
        size = 0
        for part in self.read_parts(response):
            parts.append(part)
            size += len(part)
            if size > limit:
                raise TransientError(
                    f"{redact(response.url)} is larger than {limit} bytes",
                    hint="use --offline to plan from the bundled facts",
                )
        return b"".join(parts)

    def read_parts(self, response: requests.Response) -> Iterator[bytes]:
        """Yield a body as it comes. Raises requests.Timeout once it comes slower than any line."""

        def read() -> bytes:
            try:
                return bytes(response.raw.read1(1 << 18, decode_content=True))
            except HTTPError as error:
                raise requests.ConnectionError(error) from error

        begun, size = time.monotonic(), 0
        while part := read():
            size += len(part)
            yield part
            if time.monotonic() - begun > self.patience + size / _SLOWEST:
                raise requests.Timeout(f"{size} bytes in {self.patience} s")

    def _hidden(self, error: LeanscaffoldError) -> LeanscaffoldError:
        """Return an error without the values of variables in the addresses it names."""
        return type(error)(self._config.hide(error.cause), hint=error.hint, details=error.details)

    def credentials(self, url: str) -> tuple[str, str] | None:
        """Return the user and password that the configuration has for a URL's host."""
        return self._credentials.get(_host(url))

    @property
    def timeout(self) -> float:
        """Return the seconds to wait for a connection or the next bytes."""
        return self._config.timeout

    def _context(self) -> ssl.SSLContext:
        """Return one TLS context for all connections: loading certificates is slow."""
        cert = self._config.cert or DEFAULT_CA_BUNDLE_PATH
        try:
            context = ssl.create_default_context(cafile=cert)
        except IsADirectoryError:
            context = ssl.create_default_context(capath=cert)
        except OSError as error:
            raise ConfigInvalidError(
                f"the certificates in {cert} cannot be read",
                hint="correct PIP_CERT, REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
            ) from error
        if self._config.client_cert:
            try:
                context.load_cert_chain(self._config.client_cert)
            except OSError as error:
                raise ConfigInvalidError(
                    f"the client certificate {self._config.client_cert} cannot be read",
                    hint="correct pip's client-cert setting",
                ) from error
        return context

    def _adapter(self, context: ssl.SSLContext | None) -> "HTTPAdapter":
        retry = _Retry(
            total=self._retries,
            backoff_factor=self._backoff,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=("GET",),
            raise_on_status=False,
            respect_retry_after_header=False,  # it may say an hour
        )
        return _Adapter(context, retry, self.patience)


def check_status(status: int, url: str) -> None:
    """Raise the error that an HTTP status stands for; found and missing pages pass."""
    if status in _REFUSED:
        raise ConfigInvalidError(
            f"the index refuses access to {redact(url)} (HTTP {status})",
            hint="give user and password in pip's or uv's index-url, or in ~/.netrc",
        )
    if status >= _FAILED and status not in MISSING:
        raise TransientError(
            f"the index failed at {redact(url)} (HTTP {status})",
            hint="try again later, or use --offline to plan from the bundled facts",
        )


def _trusting_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _Retry(Retry):
    """Does not ask again for a host whose name nothing knows: that stays so."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        """Return what is left to try. Raises MaxRetryError where nothing is."""
        error, pool = kwargs.get("error"), kwargs.get("_pool")
        reason = error.__cause__ if isinstance(error, NameResolutionError) else None
        if isinstance(reason, socket.gaierror) and reason.errno == socket.EAI_NONAME and pool:
            raise MaxRetryError(pool, args[1] if len(args) > 1 else "", error)
        return super().increment(*args, **kwargs)


class _Adapter(HTTPAdapter):
    """Uses the context given, where requests would load all certificates for each connection."""

    def __init__(self, context: ssl.SSLContext | None, retry: Retry, patience: float) -> None:
        self._tls: dict[str, Any] = {} if context is None else {"ssl_context": context}
        self._pools = _make_pools(patience)
        super().__init__(pool_connections=8, pool_maxsize=POOL_SIZE, max_retries=retry)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Give the context to the connections."""
        kwargs.update(self._tls)
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Give the context to connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs, **self._tls)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """Leave certificates out of what tells connections apart: the context has them."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection alone: the context already says what to trust."""


def _make_pools(patience: float) -> dict[str, Any]:
    """Return pools whose connections end a head that comes byte by byte after some seconds."""

    def make(connection: Any, pool: Any) -> Any:
        class Connection(connection):  # type: ignore[misc]
            def getresponse(self) -> Any:
                with _cut_off(self.sock, patience):
                    return super().getresponse()

        return type(pool.__name__, (pool,), {"ConnectionCls": Connection})

    return {
        "http": make(HTTPConnection, HTTPConnectionPool),
        "https": make(HTTPSConnection, HTTPSConnectionPool),
    }


class _SlowHeadError(Exception):
    """A head that came too slowly; urllib3 would try again after any OSError."""


@contextmanager
def _cut_off(connected: socket.socket | None, seconds: float) -> Iterator[None]:
    """Shut a connection down after some seconds. Raises _SlowHeadError then."""
    late: list[bool] = []

    def cut() -> None:
        late.append(True)
        with suppress(OSError):
            if connected is not None:
                connected.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not late:
            raise
    finally:
        timer.cancel()
    if late:
        raise _SlowHeadError


def _describe(url: str, error: Exception, what: str) -> LeanscaffoldError:
    """Turn a failure into an error; its own text may hold credentials, so only its kind is used."""
    hint = "check the network, or use --offline to plan from the bundled facts"
    if isinstance(error, requests.exceptions.SSLError):
        what = "cannot be trusted: its certificate does not check out"
        hint = "name your certificates with PIP_CERT or SSL_CERT_FILE"
    elif isinstance(error, requests.exceptions.ProxyError):
        what = "cannot be reached through the proxy"
        hint = "check HTTPS_PROXY and pip's proxy setting"
    elif isinstance(error, requests.exceptions.Timeout | _SlowHeadError) or any(
        isinstance(getattr(one, "reason", None), ReadTimeoutError) for one in error.args
    ):
        what = "did not answer in time"
    return TransientError(f"the index {what}: {redact(url)}", hint=hint)


def is_trusted(url: str, hosts: tuple[str, ...]) -> bool:
    """Tell whether a URL's host is one of those named, by any port unless one is named too."""
    parts = urlsplit(url)
    try:
        names = {parts.hostname, f"{parts.hostname}:{parts.port or 443}"}
    except ValueError:
        return False
    return parts.scheme == "https" and any(
        host.lower().replace("[", "").replace("]", "") in names for host in hosts
    )


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _read_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    parts = urlsplit(url)
    if parts.username is None:
        return _host(url), None
    return _host(url), (unquote(parts.username), unquote(parts.password or ""))
