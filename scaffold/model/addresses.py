"""What of an address is a secret: user and password, and a token in its query or path."""

import re
from urllib.parse import urlsplit, urlunsplit

_NAMED = r"[^?&=#\s]*(?:token|key|secret|passw|pwd|sig|auth|credential)[^?&=#\s]*"
_PAIR = re.compile(rf"(?i){_NAMED}=[^&#\s]*")
_USER_INFO = re.compile(r"(https?://)(?!(?:[^:/\s@]*:)?(?:\$\{\w+\})+@)[^/\s@]+@", re.IGNORECASE)
_ADDRESS = re.compile(r"(?i)(https?://[^/\s]+)(/[^\s?#'\"<>]*)")
_TURNS = re.compile(r"[a-z](?=[0-9])|[0-9](?=[a-z])", re.IGNORECASE)
_KNOWN = re.compile(r"pypi-AgE\w+|gh[pousr]_\w{30,}|github_pat_\w+|glpat-[\w-]{20,}")
# A mix of both cases and digits, or of small letters and digits by turns: no word that people give.
_LEAST_MIXED, _LEAST_PLAIN, _LEAST_TURNS = 16, 20, 5
_IN_TEXT = re.compile(rf"(?i)([?&]{_NAMED}=)[^&#\s]+")


def without_credentials(url: str) -> str:
    """Return an address without user, password, tokens, and what its query names as a secret."""
    parts = urlsplit(url)
    query = "&".join(pair for pair in parts.query.split("&") if not _PAIR.fullmatch(pair))
    host, path = parts.netloc.rpartition("@")[2], mask_path(parts.path)
    return urlunsplit(parts._replace(netloc=host, path=path, query=query))


def has_token(url: str) -> bool:
    """Tell whether the query of an address names a secret, or its path has one."""
    parts = urlsplit(url)
    named = any(_PAIR.fullmatch(pair) for pair in parts.query.split("&"))
    return named or mask_path(parts.path) != parts.path


def mask_path(path: str) -> str:
    """Return the path of an address with ``***`` for the folders that can only be tokens."""
    *folders, last = path.split("/")
    return "/".join([*("***" if _is_token(one) else one for one in folders), last])


def _is_token(folder: str) -> bool:
    if _KNOWN.fullmatch(folder):
        return True
    for word in re.split(r"[^A-Za-z0-9]", folder):
        turns = len(_TURNS.findall(word))
        if re.fullmatch(r"[0-9a-f]*", word):  # a hash: files lie below theirs
            continue
        if len(word) >= _LEAST_MIXED and turns and not (word.islower() or word.isupper()):
            return True
        if len(word) >= _LEAST_PLAIN and turns >= _LEAST_TURNS:
            return True
    return False


def mask_credentials(text: str) -> str:
    """Return a text for people: ``***`` for the secrets of the addresses that it names."""
    text = _ADDRESS.sub(lambda found: found[1] + mask_path(found[2]), text)
    return _IN_TEXT.sub(r"\1***", _USER_INFO.sub(r"\1***@", text))
