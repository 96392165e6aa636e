"""Recognise secrets by the names of files and variables and by what they look like."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase, translate
from pathlib import Path

from scaffold.model.image import ImageConfig, Suspect
from scaffold.model.project import Found, Origin
from scaffold.project.elsewhere import is_list
from scaffold.project.source_loader import LARGEST_SOURCE
from scaffold.project.text_io import read_bytes

_SYSTEM = ("/usr/lib/", "/usr/share/", "/usr/include/", "/lib/", "/bin/", "/sbin/", "/usr/bin/")
_STDLIB = "/lib/python3."  # what it documents are examples


def _by_name(kinds: Mapping[str, str]) -> dict[str, str]:
    return {name: what for what, names in kinds.items() for name in names.split()}


# Names under which programs look for credentials. A .env with an example's suffix holds none.
_NAMES = _by_name(
    {
        "a file of settings that usually holds secrets": ".env",
        "passwords by host": ".netrc",
        "an index's password": ".pypirc",
        "a registry's token": ".npmrc",
        "database passwords": ".pgpass",
        "a repository's password": ".git-credentials",
        "a private key": "id_rsa id_dsa id_ecdsa id_ed25519",
    }
)
# The same as globs, for files of a project; those that only may hold a secret are not among them.
NAME_GLOBS = _by_name(
    {
        "a file of settings that usually holds secrets": "*.env",
        "an index's address, often with a password": "pip.conf pip.ini",
        "passwords by host": "_netrc",
        "credentials of a service": "credentials.json credentials.y*ml "
        "client_secret*.json service-account*.json service_account*.json",
        "secrets, as its name says": "secrets.json secrets.toml secrets.y*ml",
        "a token": "token.json token.pickle token.txt *.token .vault-token",
        "credentials of a cluster": "kubeconfig kubeconfig.y*ml *.kubeconfig",
        "a state of Terraform's, with every secret in it": "*.tfstate *.tfstate.*",
        "variables of Terraform's, often secrets": "*.tfvars",
        "a store of passwords": "*.kdbx",
        "a store of private keys": "*.jks *.keystore",
        "credentials of a cloud": ".s3cfg .boto",
    }
)
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
_LITERAL = re.compile(r"[\"']([^\"'\n]{1,200})[\"']")
_MOST_READ = 4 << 20  # bytes; a lock of that size is a long one
_MOST_NAMED = 5


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


def find_opened(root: Path, files: Sequence[str]) -> tuple[Found[str], ...]:
    """Return the files with names of secrets that the sources name, each where it is named."""
    found: dict[str, Found[str]] = {}
    for file in files:
        if not file.endswith(".py"):
            continue
        data = read_bytes(root, file)
        if len(data) > LARGEST_SOURCE:  # not parsed either, which is told
            continue
        text = data.decode(errors="replace")
        for literal in _LITERAL.finditer(text):
            for path in _places(root, file, literal[1]):
                line = text.count("\n", 0, literal.start()) + 1
                origin = Origin(file=file, line=line)
                found.setdefault(path, Found(value=path, origin=origin))
    return tuple(found.values())


def _places(root: Path, file: str, literal: str) -> Iterator[str]:
    name = literal.removeprefix("./")
    if not is_secret_name(posixpath.basename(name)) or name.startswith(("/", "..")):
        return
    for path in dict.fromkeys((name, posixpath.join(posixpath.dirname(file), name))):
        if (root / path).is_file():
            yield posixpath.normpath(path)


def find_lists_with_passwords(root: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the requirement, lock and project files that have a password in an address."""
    return tuple(sorted(file for file in set(files) if is_list(file) and _has(root / file)))


def _has(path: Path) -> bool:
    try:
        return path.stat().st_size <= _MOST_READ and has_password(path.read_bytes())
    except OSError:
        return False


def notes_on_ignore(name: str, files: Sequence[str]) -> tuple[str, ...]:
    """Return a note where the project's own ignore file lets secrets into the image."""
    if not name:
        return ()
    through = [file for file in files if looks_secret(f"/{file}")]
    if not through:
        return ()
    more = f" and {len(through) - _MOST_NAMED} more" if len(through) > _MOST_NAMED else ""
    names = ", ".join(through[:_MOST_NAMED]) + more
    return (f"{name} lets {names} into the image: name them there",)
