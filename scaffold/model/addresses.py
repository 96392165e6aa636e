"""What of an address is a secret: user and password, and a token in its query."""

import re
from urllib.parse import urlsplit, urlunsplit

_NAMED = r"[^?&=#\s]*(?:token|key|secret|passw|pwd|sig|auth|credential)[^?&=#\s]*"
_PAIR = re.compile(rf"(?i){_NAMED}=[^&#\s]*")
_USER_INFO = re.compile(r"(https?://)(?!(?:[^:/\s@]*:)?(?:\$\{\w+\})+@)[^/\s@]+@", re.IGNORECASE)
_IN_TEXT = re.compile(rf"(?i)([?&]{_NAMED}=)[^&#\s]+")


def without_credentials(url: str) -> str:
    """Return an address without user, password, and what its query names as a secret."""
    parts = urlsplit(url)
    query = "&".join(pair for pair in parts.query.split("&") if not _PAIR.fullmatch(pair))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def has_token(url: str) -> bool:
    """Tell whether the query of an address names a secret."""
    return any(_PAIR.fullmatch(pair) for pair in urlsplit(url).query.split("&"))


def mask_credentials(text: str) -> str:
    """Return a text for people: ``***`` for the secrets of the addresses that it names."""
    return _IN_TEXT.sub(r"\1***", _USER_INFO.sub(r"\1***@", text))
