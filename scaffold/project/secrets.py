"""Recognise secrets by the names of files and variables and by what they look like."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from scaffold.model.image import ImageConfig, Suspect

# Names under which programs look for credentials. A .env with an example's suffix holds none.
_NAMES = {
    ".env": "a file of settings that usually holds secrets",
    ".netrc": "passwords by host",
    ".pypirc": "an index's password",
    ".npmrc": "a registry's token",
    ".pgpass": "database passwords",
    ".git-credentials": "a repository's password",
    "id_rsa": "a private key",
    "id_dsa": "a private key",
    "id_ecdsa": "a private key",
    "id_ed25519": "a private key",
}
_TAILS = {
    ".aws/credentials": "credentials of a cloud",
    ".docker/config.json": "a registry's login",
    ".kube/config": "credentials of a cluster",
}
_CREDENTIALS = re.compile(
    rb"[a-z][a-z0-9+.-]*://[^\s/:@\"'<>{}$]+:[^\s/@\"'<>{}$]+@[\w.-]+", re.IGNORECASE
)
_CONTENT = (
    (
        re.compile(
            rb"-----BEGIN (?:[A-Z]+ )?(?:ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=:]"
        ),
        "a private key",
    ),
    (re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), "an access key of a cloud"),
    (re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}"), "a token of a code host"),
    (re.compile(rb"\bgithub_pat_[A-Za-z0-9_]{60}"), "a token of a code host"),
    (re.compile(rb"\bglpat-[A-Za-z0-9_-]{20}"), "a token of a code host"),
    (re.compile(rb"\bxox[abprs]-[0-9A-Za-z-]{20}"), "a token of a chat"),
    (re.compile(rb"\bpypi-AgEI[A-Za-z0-9_-]{40}"), "a token of a package index"),
)
_INDEX = re.compile(rb"(?im)^\s*(?:extra-)?index-url\s*=\s*\S+://[^\s/]*@")
_VARIABLE = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|SECRET_KEY|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY)$"
)


def looks_secret(path: str) -> str:
    """Return what a file's name says it holds, empty for nothing."""
    for tail, what in _TAILS.items():
        if path.endswith("/" + tail):
            return what
    return _NAMES.get(posixpath.basename(path), "")


def names_secret(variable: str) -> bool:
    """Tell whether a variable's name says that its value is a secret."""
    return _VARIABLE.search(variable.upper()) is not None


def find_in_content(path: str, content: bytes) -> str:
    """Return what of a secret stands in a file, empty for nothing."""
    for pattern, what in _CONTENT:
        if pattern.search(content):
            return what
    name = posixpath.basename(path)
    if name in {"pip.conf", "uv.toml", "pip.ini"} and (
        _INDEX.search(content) or _CREDENTIALS.search(content)
    ):
        return "an index's address with a password"
    return ""


def find_in_config(config: ImageConfig) -> Iterator[Suspect]:
    """Yield what the image's own variables and history tell everybody who pulls it."""
    for name, value in config.environment:
        what = _in_text(value)
        if not what and value and names_secret(name):
            what = "a value that its name calls secret"
        if what:
            yield Suspect(where=f"ENV {name}", what=what)
    for number, line in enumerate(config.history):
        if what := _in_text(line):
            yield Suspect(where=f"history, line {number + 1}", what=what)


def _in_text(text: str) -> str:
    data = text.encode()
    if what := find_in_content("", data):
        return what
    return "an address with a password" if _CREDENTIALS.search(data) else ""


def unique(suspects: Iterable[Suspect]) -> tuple[Suspect, ...]:
    """Return each suspect once, in order."""
    return tuple(dict.fromkeys(suspects))
