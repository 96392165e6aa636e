"""Recognise secrets by the names of files and variables and by what they look like."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase, translate

from scaffold.model.image import ImageConfig, Suspect

_SYSTEM = ("/usr/lib/", "/usr/share/", "/usr/include/", "/lib/", "/bin/", "/sbin/", "/usr/bin/")
_STDLIB = "/lib/python3."  # what it documents are examples

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
# The same as globs, for files of a project; those that only may hold a secret are not among them.
NAME_GLOBS = {
    "*.env": "a file of settings that usually holds secrets",
    "pip.conf": "an index's address, often with a password",
    "pip.ini": "an index's address, often with a password",
    "_netrc": "passwords by host",
    "credentials.json": "credentials of a service",
    "credentials.y*ml": "credentials of a service",
    "client_secret*.json": "credentials of a service",
    "service-account*.json": "credentials of a service",
    "service_account*.json": "credentials of a service",
    "secrets.json": "secrets, as its name says",
    "secrets.toml": "secrets, as its name says",
    "secrets.y*ml": "secrets, as its name says",
    "token.json": "a token",
    "token.pickle": "a token",
    "token.txt": "a token",
    "*.token": "a token",
    ".vault-token": "a token",
    "kubeconfig": "credentials of a cluster",
    "kubeconfig.y*ml": "credentials of a cluster",
    "*.kubeconfig": "credentials of a cluster",
    "*.tfstate": "a state of Terraform's, with every secret in it",
    "*.tfstate.*": "a state of Terraform's, with every secret in it",
    "*.tfvars": "variables of Terraform's, often secrets",
    "*.kdbx": "a store of passwords",
    "*.jks": "a store of private keys",
    "*.keystore": "a store of private keys",
    ".s3cfg": "credentials of a cloud",
    ".boto": "credentials of a cloud",
}
_GLOBBED = re.compile("|".join(map(translate, NAME_GLOBS)))
# What people write where a password would stand.
_PLACEHOLDERS = re.compile(
    rb"(?i)(?:user(?:name)?|your\W?|my\W?|pass(?:word|wd)?|pw|pwd|secret|token|changeme|example|x+|\*+|\.+)+"
)
_NO_HOST = re.compile(rb"(?i)(?:[\w.-]*\.)?(?:example(?:\.\w+)?|localhost|host(?:name)?)$")
_ADDRESS = re.compile(
    rb"[a-z][a-z0-9+.-]*://([^\s/:@\"'<>{}$]*):([^\s/@\"'<>{}$]+)@([\w.-]+)", re.IGNORECASE
)
_TOKEN_ADDRESS = re.compile(rb"(?i)https?://[a-z0-9_-]{20,}@[\w.-]+")
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
    name = posixpath.basename(path)
    globbed = (what for glob, what in NAME_GLOBS.items() if fnmatchcase(name, glob))
    return _NAMES.get(name, "") or (next(globbed, "") if is_scanned(path) else "")


def is_secret_name(name: str) -> bool:
    """Tell whether a file's name is one of those that a project's secrets go by."""
    return _GLOBBED.match(name) is not None


def is_scanned(path: str) -> bool:
    """Tell whether a file of an image is searched for secrets: not what is published anyway."""
    return not path.startswith(_SYSTEM) and "/site-packages/" not in path


def has_password(content: bytes) -> bool:
    """Tell whether an address with a password stands in a text, examples of one aside."""
    found = any(
        _PLACEHOLDERS.fullmatch(secret) is None
        and secret != user
        and _NO_HOST.fullmatch(host) is None
        for user, secret, host in _ADDRESS.findall(content)
    )
    return found or _TOKEN_ADDRESS.search(content) is not None


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
    if _STDLIB not in path and b"\0" not in content[:1024] and has_password(content):
        return "an address with a password"
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
