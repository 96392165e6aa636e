"""Connections that share one TLS context; slow to import, so only ``http`` does, when needed."""

import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


class ContextAdapter(HTTPAdapter):
    """Uses the context given, where requests would load all certificates for each connection."""

    def __init__(self, context: ssl.SSLContext | None, *, pool_size: int, retry: Retry) -> None:
        self._tls: dict[str, Any] = {} if context is None else {"ssl_context": context}
        super().__init__(pool_connections=8, pool_maxsize=pool_size, max_retries=retry)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Give the context to the connections."""
        kwargs.update(self._tls)
        super().init_poolmanager(*args, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Give the context to connections through a proxy."""
        return super().proxy_manager_for(proxy, **kwargs, **self._tls)

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """Leave certificates out of what tells connections apart: the context has them."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection alone: the context already says what to trust."""
