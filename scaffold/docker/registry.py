"""A client of container registries: pull and push, with Docker's store of credentials.

Of the libraries there are, oras refuses every manifest that names several platforms, and dxf knows
no credential helpers; the Docker SDK, which is here anyway, reads the credentials, and requests
does the rest. Source of the protocol: the OCI distribution specification, 1.1.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urljoin

import requests
from docker import auth
from requests.auth import _basic_auth_str

from scaffold.docker.blob_store import Blob, Store
from scaffold.docker.oci import (
    HUB,
    INDEX,
    LISTS,
    MANIFESTS,
    BaseImage,
    Image,
    is_platform,
    make_base,
    make_index,
    split_reference,
)
from scaffold.model.errors import BaseUnavailableError, PushError, UsageError
from scaffold.model.target import Arch

_HUB_HOST = "registry-1.docker.io"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_CHUNK = 1 << 24
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_TIMEOUT = 60.0  # seconds without an answer
_CONNECTION_ERRORS = {
    "Failed to resolve": "its name cannot be resolved",
    "Connection refused": "it refuses the connection",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted (--ca FILE)",
    "timed out": "it does not answer in time",
    "Network is unreachable": "there is no network",
}


class Registry:
    """One registry and its credentials; tokens are kept for as long as this lives."""

    def __init__(self, name: str, environ: Mapping[str, str], *, cert: str = "") -> None:
        self.name = name
        host = _HUB_HOST if name == HUB else name
        plain = host.rpartition(":")[0] in _LOOPBACK or host in _LOOPBACK
        self._root = f"{'http' if plain else 'https'}://{host}/v2/"
        self._session = requests.Session()
        if cert:
            self._session.verify = cert
        self._tokens: dict[str, str] = {}
        folder = environ.get("DOCKER_CONFIG")
        self._config = str(Path(folder, "config.json")) if folder else None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def request(self, method: str, path: str, *, scope: str, **more: Any) -> requests.Response:
        """Send a request, and log in where the registry asks for it."""
        url = urljoin(self._root, path)
        headers = dict(more.pop("headers", {}))
        for attempt in (1, 2):
            if scope in self._tokens:
                headers["Authorization"] = self._tokens[scope]
            if hasattr(more.get("data"), "seek"):
                more["data"].seek(0)  # the first attempt read it
            answer = self._session.request(method, url, headers=headers, timeout=_TIMEOUT, **more)
            if answer.status_code != HTTPStatus.UNAUTHORIZED or attempt > 1:
                return answer
            answer.close()
            self._tokens[scope] = self._log_in(answer.headers.get("WWW-Authenticate", ""), scope)
        raise AssertionError

    def _log_in(self, challenge: str, scope: str) -> str:
        user = self._credentials()
        if challenge.lower().startswith("basic"):
            return str(_basic_auth_str(*user)) if user else ""
        asked = dict(_PARAMETER.findall(challenge))
        answer = self._session.get(
            asked.get("realm", ""),
            params={"service": asked.get("service", ""), "scope": scope},
            auth=user,
            timeout=_TIMEOUT,
        )
        answer.raise_for_status()
        said = answer.json()
        return f"Bearer {said.get('token') or said.get('access_token')}"

    def _credentials(self) -> tuple[str, str] | None:
        """Return what ``docker login`` left, asked of its credential helper if there is one."""
        config = auth.load_config(self._config)
        found = config.resolve_authconfig(None if self.name == HUB else self.name) or {}
        user, password = found.get("username"), found.get("password")
        return (user, password) if user and password else None

    def read_manifest(self, path: str, tag: str) -> tuple[str, dict[str, Any]]:
        """Return digest and document of a manifest or index."""
        accept = {"Accept": ", ".join((*LISTS, *MANIFESTS))}
        scope = f"repository:{path}:pull"
        answer = self.request("GET", f"{path}/manifests/{tag}", scope=scope, headers=accept)
        answer.raise_for_status()
        return f"sha256:{hashlib.sha256(answer.content).hexdigest()}", answer.json()

    def open_blob(self, path: str, digest: str) -> IO[bytes]:
        """Return the bytes of a blob as they come."""
        scope = f"repository:{path}:pull"
        answer = self.request("GET", f"{path}/blobs/{digest}", scope=scope, stream=True)
        answer.raise_for_status()
        return cast("IO[bytes]", answer.raw)

    def push_blob(self, path: str, blob: Blob, store: Store) -> bool:
        """Send a blob unless it is there; tell whether it was sent."""
        scope = f"repository:{path}:pull,push"
        there = self.request("HEAD", f"{path}/blobs/{blob.digest}", scope=scope)
        if there.ok:
            return False
        sent = self._send(path, blob, store, scope)
        if sent.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            sent = self._send(path, blob, store, scope, chunk=_CHUNK)
        sent.raise_for_status()
        return True

    def _send(
        self, path: str, blob: Blob, store: Store, scope: str, chunk: int = 0
    ) -> requests.Response:
        """Upload a blob in one request, or in chunks, which pass a proxy that limits requests."""
        kind = {"Content-Type": "application/octet-stream"}
        answer = self.request("POST", f"{path}/blobs/uploads/", scope=scope)
        answer.raise_for_status()
        place = urljoin(answer.url, answer.headers["Location"])
        with store.path(blob.digest).open("rb") as file:
            while chunk and (data := file.read(chunk)):
                end = file.tell()
                headers = {**kind, "Content-Range": f"{end - len(data)}-{end - 1}"}
                answer = self.request("PATCH", place, scope=scope, data=data, headers=headers)
                answer.raise_for_status()
                place = urljoin(answer.url, answer.headers["Location"])
            place += f"{'&' if '?' in place else '?'}digest={blob.digest}"
            rest = b"" if chunk else file
            return self.request("PUT", place, scope=scope, data=rest, headers=kind)

    def push_manifest(self, path: str, tag: str, data: bytes, media_type: str) -> None:
        """Send a manifest or index under a tag or digest."""
        scope, headers = f"repository:{path}:pull,push", {"Content-Type": media_type}
        place = f"{path}/manifests/{tag}"
        self.request("PUT", place, scope=scope, data=data, headers=headers).raise_for_status()


class Registries:
    """Base images in registries, found by their names."""

    def __init__(self, environ: Mapping[str, str], *, cert: str = "") -> None:
        self._environ, self._cert = environ, cert
        self._open: dict[str, Registry] = {}

    def find_digest(self, reference: str) -> str:
        """Return what a name stands for today, for all platforms. Raises BaseUnavailableError."""
        registry, path, tag = self._split(reference)
        try:
            return registry.read_manifest(path, tag)[0]
        except (requests.RequestException, ValueError) as error:
            raise _unread(reference, registry, error) from error

    def find(self, reference: str, arch: Arch) -> BaseImage:
        """Return an image for a platform."""
        registry, path, tag = self._split(reference)
        try:
            digest, document = registry.read_manifest(path, tag)
            if "manifests" in document:
                digest = _choose(document["manifests"], reference, arch)
                digest, document = registry.read_manifest(path, digest)
            with registry.open_blob(path, document["config"]["digest"]) as file:
                config = json.loads(file.read())
        except (requests.RequestException, ValueError) as error:
            raise _unread(reference, registry, error) from error
        if not is_platform(config, arch):
            raise _not_for(reference, arch)
        return make_base(digest, document, config)

    def open(self, reference: str, blob: Blob) -> IO[bytes]:
        """Return the bytes of a blob."""
        registry, path, _ = self._split(reference)
        return registry.open_blob(path, blob.digest)

    def close(self) -> None:
        """Close all connections."""
        for registry in self._open.values():
            registry.close()

    def _split(self, reference: str) -> tuple[Registry, str, str]:
        name, path, tag = split_reference(reference)
        if name not in self._open:
            self._open[name] = Registry(name, self._environ, cert=self._cert)
        return self._open[name], path, tag


def push_images(
    images: Sequence[Image], goal: str, store: Store, environ: Mapping[str, str], *, cert: str = ""
) -> int:
    """Push images under one name, several as a list; return the bytes sent. Raises PushError."""
    name, path, tag = split_reference(goal)
    if goal.count("@"):
        raise UsageError(f"{goal} names a digest", hint="push to a tag: registry.example/app:1")
    try:
        with closing(Registry(name, environ, cert=cert)) as registry:
            return _push(registry, path, tag, images, store)
    except requests.RequestException as error:
        raise PushError(
            f"{name} does not accept the image: {_told(error)}",
            hint=f"`docker login {name}`, and check that you may write to {path}",
        ) from error


def _push(registry: Registry, path: str, tag: str, images: Sequence[Image], store: Store) -> int:
    sent, listed = 0, len(images) > 1 or any(one.attached for one in images)
    for one in images:
        for blob in one.blobs:
            if blob.digest not in one.manifests:
                sent += blob.size if registry.push_blob(path, blob, store) else 0
                continue
            data = store.path(blob.digest).read_bytes()
            registry.push_manifest(path, blob.digest if listed else tag, data, blob.media_type)
    if listed:
        registry.push_manifest(path, tag, make_index(images), INDEX)
    return sent


def _choose(rows: Sequence[Mapping[str, Any]], reference: str, arch: Arch) -> str:
    for row in rows:
        if is_platform(row.get("platform") or {}, arch):
            return str(row["digest"])
    raise _not_for(reference, arch)


def _unread(reference: str, registry: Registry, error: Exception) -> BaseUnavailableError:
    return BaseUnavailableError(
        f"{reference} cannot be read from {registry.name}: {_told(error)}",
        hint="check the name and the network; `docker login` where it is private; "
        "--base-from oci:DIR takes a copy on this machine",
    )


def _told(error: Exception) -> str:
    """Return what went wrong in words; what requests says of a connection names its own classes."""
    if isinstance(error, requests.HTTPError):
        status = HTTPStatus(error.response.status_code)
        return f"{status.value} {status.phrase}"
    text = str(error)
    return next((said for known, said in _CONNECTION_ERRORS.items() if known in text), text)


def _not_for(reference: str, arch: Arch) -> BaseUnavailableError:
    return BaseUnavailableError(
        f"{reference} is not there for {arch.platform}",
        hint=f"`docker buildx imagetools inspect {reference}` lists its platforms",
    )
