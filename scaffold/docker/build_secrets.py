"""What a build needs to reach the index, as files that no layer holds: certificates, settings."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit, urlunsplit

from requests.utils import get_netrc_auth

from scaffold.docker.buildx_argv import PROXY_ARGUMENTS
from scaffold.index.configuration import IndexConfig
from scaffold.model.build import Secret
from scaffold.model.errors import ConfigInvalidError

CERTIFICATES = "ca"
SETTINGS = "pip_conf"
_LARGEST = 500 * 1024  # bytes of a secret that BuildKit takes (moby/buildkit, session/secrets)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_DEFAULT_TIMEOUT = 15.0  # seconds; pip's own

Credentials = Callable[[str], tuple[str, str] | None]


def read_netrc(url: str) -> tuple[str, str] | None:
    """Return the user and password that netrc has for a URL's host; pip looks there too."""
    found = get_netrc_auth(url)
    return (str(found[0]), str(found[1])) if found else None


@contextmanager
def build_secrets(
    config: IndexConfig, *, credentials: Credentials = read_netrc
) -> Iterator[tuple[Secret, ...]]:
    """Give the secrets that a build with these index settings needs, and remove them afterwards.

    ``credentials`` returns user and password for an address that has none. The files are for this
    user only. Raises ConfigInvalidError for certificates that cannot be read or are too many.
    """
    texts = {
        CERTIFICATES: read_certificates(Path(config.cert)) if config.cert else "",
        SETTINGS: spell_settings(config, credentials),
    }
    with TemporaryDirectory(prefix="leanscaffold-") as folder:
        yield tuple(
            Secret(id=name, path=str(_write_private(Path(folder, name), text)))
            for name, text in texts.items()
            if text
        )


def proxy_arguments(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the names of the proxy variables that are set; a build may use their values."""
    return tuple(name for name in PROXY_ARGUMENTS if environ.get(name))


def read_certificates(path: Path) -> str:
    """Return all certificates of a file, or of the files in a folder: each once, nothing else.

    Raises ConfigInvalidError where there are none, or more than a build can be given.
    """
    try:
        files = [f for f in sorted(path.iterdir()) if f.is_file()] if path.is_dir() else [path]
        texts = [file.read_text("utf-8", "replace") for file in files]
    except OSError as error:
        raise ConfigInvalidError(
            f"the certificates in {path} cannot be read: {error.strerror or error}",
            hint="correct --ca, PIP_CERT, REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
        ) from error
    found = dict.fromkeys(match[0] for text in texts for match in _PEM.finditer(text))
    if not found:
        raise ConfigInvalidError(
            f"there is no certificate in {path}",
            hint="a file of PEM blocks is needed: openssl x509 -inform der -in FILE -out ca.pem",
        )
    bundle = "\n".join(found) + "\n"
    if len(bundle) > _LARGEST:
        raise ConfigInvalidError(
            f"the certificates in {path} are {len(bundle)} bytes, a build secret holds {_LARGEST}",
            hint="name a file with your own certificates only: --ca FILE",
        )
    return bundle


def spell_settings(config: IndexConfig, credentials: Credentials) -> str:
    """Return pip's settings for the build, empty where pip's own would do the same."""
    said = [_spell_setting(name, values) for name, values in _settings(config, credentials).items()]
    return "\n".join(["[global]", *said, ""]) if said else ""


def pip_environment(config: IndexConfig, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a pip that is to do the same here: these settings, no others."""
    kept = {k: v for k, v in environ.items() if not k.startswith("PIP_") or k == "PIP_CACHE_DIR"}
    lines = _settings(config, read_netrc).items()
    own = {f"PIP_{name.upper().replace('-', '_')}": " ".join(values) for name, values in lines}
    own |= {"PIP_CERT": config.cert} if config.cert else {}
    return {**kept, **own, "PIP_CONFIG_FILE": os.devnull}


def _settings(config: IndexConfig, credentials: Credentials) -> dict[str, list[str]]:
    origins = [origin for _, origin in config.origins]
    own = config.index_url and origins[:1] != ["pip's default"]
    lines = {
        "index-url": [_with_credentials(config.index_url, credentials)] if own else [],
        "extra-index-url": [_with_credentials(u, credentials) for u in config.extra_index_urls],
        "trusted-host": list(config.trusted_hosts),
        "proxy": [config.proxy] if config.proxy else [],
        "timeout": [f"{config.timeout:g}"] if config.timeout != _DEFAULT_TIMEOUT else [],
    }
    return {name: values for name, values in lines.items() if values}


def _spell_setting(name: str, values: Sequence[str]) -> str:
    for value in values:
        if any(character.isspace() for character in value):
            raise ConfigInvalidError(
                f"pip's {name} has a blank or line break in it",
                hint="correct pip's or uv's configuration: blanks in an address are written %20",
            )
    return f"{name} = " + "\n    ".join(values)


def _with_credentials(url: str, credentials: Credentials) -> str:
    parts = urlsplit(url)
    found = None if parts.username else credentials(url)
    if found is None:
        return url
    user, password = (quote(part, safe="") for part in found)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


def _write_private(path: Path, text: str) -> Path:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path
