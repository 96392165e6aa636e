"""OCI images as files: layouts and archives, read and written."""

import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol

from scaffold.docker.blob_store import Blob, Store
from scaffold.model.errors import BaseUnavailableError
from scaffold.model.target import Arch

if sys.version_info >= (3, 14):
    from compression import zstd as zstd  # noqa: PLC0414 - others import it from here
else:
    from backports import zstd as zstd  # noqa: PLC0414 - others import it from here

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
ZSTD_LAYER = "application/vnd.oci.image.layer.v1.tar+zstd"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# What Docker calls the same; registries that are asked for neither answer with a form of 2014.
LISTS = (INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = (MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
_PLAIN = "application/vnd.oci.image.layer.v1.tar"
_CONTAINERD = "io.containerd.image.name"
HUB = "docker.io"
REF_NAME = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """An image for one platform: the digest of its manifest, its configuration, its layers."""

    digest: str
    config: Mapping[str, Any]
    layers: tuple[Blob, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A finished image by its full name (``tag``); the last blob ``attached`` is a manifest."""

    arch: Arch
    tag: str
    manifest: Blob
    config: Blob
    layers: tuple[Blob, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[Blob, ...] = ()

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """Return all blobs, each before what names it."""
        return (*dict.fromkeys(self.layers), self.config, self.manifest, *self.attached)

    @property
    def manifests(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what an index says of its manifests, by their digests."""
        found = {self.manifest.digest: {"platform": platform_of(self.arch)}}
        if self.attached:
            found[self.attached[-1].digest] = {
                "annotations": {
                    "vnd.docker.reference.digest": self.manifest.digest,
                    "vnd.docker.reference.type": "attestation-manifest",
                },
                "platform": {"architecture": "unknown", "os": "unknown"},
            }
        return found


class Source(Protocol):
    """Where base images come from."""

    def find(self, reference: str, arch: Arch) -> BaseImage:
        """Return an image for a platform. Raises BaseUnavailableError."""
        ...

    def open(self, reference: str, blob: Blob) -> IO[bytes]:
        """Return the bytes of a blob."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""


class Layout:
    """Images in a folder in OCI's layout, or in a tar archive of one or of ``docker save``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: Mapping[str, str] = {}
        self._tar = None if path.is_dir() else _open_archive(path)

    def find(self, reference: str, arch: Arch) -> BaseImage:
        """Return the image of that name, or the only one there is."""
        try:
            named = json.loads(self._read("index.json"))["manifests"]
        except KeyError:
            return self._find_saved(reference, arch)
        names = [(one.get("annotations") or {}).get(_CONTAINERD) for one in named]
        for entry in self._flatten(self._choose(named, names, reference)):
            manifest = json.loads(self._read(_blob(entry["digest"])))
            config = json.loads(self._read(_blob(manifest["config"]["digest"])))
            if is_platform(config, arch):
                return make_base(entry["digest"], manifest, config)
        raise self._missing(reference, arch)

    def open(self, reference: str, blob: Blob) -> IO[bytes]:  # noqa: ARG002 - of a protocol
        """Return the bytes of a blob."""
        return self._open(self._places.get(blob.digest) or _blob(blob.digest))

    def close(self) -> None:
        """Close the archive."""
        if self._tar is not None:
            self._tar.close()

    def _find_saved(self, reference: str, arch: Arch) -> BaseImage:
        images = json.loads(self._read("manifest.json"))
        names = [next(iter(one.get("RepoTags") or ()), None) for one in images]
        for one in self._choose(images, names, reference):
            text = self._read(one["Config"])
            config = json.loads(text)
            if is_platform(config, arch):
                diffs = config["rootfs"]["diff_ids"]
                self._places = dict(zip(diffs, one["Layers"], strict=True))
                layers = tuple(
                    Blob(digest=diff, size=self._size(name), media_type=_PLAIN, diff=diff)
                    for diff, name in self._places.items()
                )
                digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
                return BaseImage(digest=digest, config=config, layers=layers)
        raise self._missing(reference, arch)

    def _choose(
        self, rows: Sequence[Any], names: Sequence[str | None], reference: str
    ) -> Sequence[Any]:
        """Return the images of a name, whatever registry they were copied to, or those without."""
        pairs = list(zip(rows, names, strict=True))
        found = [row for row, name in pairs if name and _last(name) == _last(reference)]
        if not found and all(names):
            listed = ", ".join(dict.fromkeys(str(name) for name in names))
            raise BaseUnavailableError(
                f"{self._path} has {listed}, and the plan wants {reference}",
                hint=f"put {reference} there, or plan for what is there: --base and --python",
            )
        return found or [row for row, name in pairs if not name]

    def _size(self, name: str) -> int:
        with self._open(name) as file:
            return file.seek(0, 2)

    def _flatten(self, entries: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for entry in entries:
            document = json.loads(self._read(_blob(entry["digest"])))
            if "manifests" in document:
                yield from self._flatten(document["manifests"])
            elif "layers" in document and "config" in document:
                yield entry

    def _read(self, name: str) -> bytes:
        with self._open(name) as file:
            return file.read()

    def _open(self, name: str) -> IO[bytes]:
        if self._tar is None:
            path = self._path / name
            if not path.is_file():
                raise KeyError(name)
            return path.open("rb")
        file = self._tar.extractfile(name)  # KeyError where there is none
        if file is None:
            raise KeyError(name)
        return file

    def _missing(self, reference: str, arch: Arch) -> BaseUnavailableError:
        return BaseUnavailableError(
            f"{self._path} has no image for {arch.platform}",
            hint=f"put {reference} for {arch.platform} there, or leave --base-from out",
        )


def make_base(digest: str, manifest: Mapping[str, Any], config: Mapping[str, Any]) -> BaseImage:
    """Return an image of its two documents."""
    diffs = config["rootfs"]["diff_ids"]
    layers = tuple(
        Blob(digest=one["digest"], size=one["size"], media_type=one["mediaType"], diff=diff)
        for one, diff in zip(manifest["layers"], diffs, strict=True)
    )
    return BaseImage(digest=digest, config=config, layers=layers)


def platform_of(arch: Arch) -> dict[str, str]:
    """Return a platform as indexes and configurations spell it."""
    name, _, variant = arch.partition("/")
    return {"architecture": name, "os": "linux", **({"variant": variant} if variant else {})}


def is_platform(found: Mapping[str, Any], arch: Arch) -> bool:
    """Tell whether an index means a platform; an arm64 may be called v8, a 386 anything."""
    wanted = platform_of(arch)
    same = found.get("architecture") == wanted["architecture"] and found.get("os") == "linux"
    variant = str(found.get("variant") or "")
    return same and (wanted["architecture"] != "arm" or variant == wanted.get("variant", ""))


@contextmanager
def open_layer(file: IO[bytes]) -> Iterator[tarfile.TarFile]:
    """Yield the archive of a layer, however it is packed."""
    packed = file.read(len(ZSTD_MAGIC)) == ZSTD_MAGIC
    file.seek(0)
    with (
        zstd.open(file) if packed else nullcontext(file) as opened,
        tarfile.open(fileobj=opened) as tar,
    ):
        yield tar


def write_layout(folder: Path, images: Sequence[Image], store: Store) -> None:
    """Write images into a folder in OCI's layout; blobs that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    index, blobs = _index(images, store)
    for blob in blobs:
        target = folder / _blob(blob.digest)
        if not target.exists():
            with Store(folder).draft(target) as draft:
                draft.write_bytes(store.path(blob.digest).read_bytes())
            target.chmod(0o644)
    (folder / "oci-layout").write_bytes(_MARK)
    (folder / "index.json").write_bytes(index)


_MARK = b'{"imageLayoutVersion":"1.0.0"}'


def write_archive(path: Path, images: Sequence[Image], store: Store) -> None:
    """Write a tar archive that ``docker load`` takes as well as whoever reads OCI's layout."""
    index, blobs = _index(images, store)
    saved = [
        {
            "Config": _blob(one.config.digest),
            "RepoTags": [one.tag],
            "Layers": [_blob(layer.digest) for layer in one.layers],
        }
        for one in images
    ]
    texts = {"oci-layout": _MARK, "index.json": index, "manifest.json": dump(saved)}
    with Store(path.parent).draft(path) as draft:
        with tarfile.open(draft, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, data in texts.items():
                _add(tar, name, len(data), BytesIO(data))
            for blob in blobs:
                with store.path(blob.digest).open("rb") as file:
                    _add(tar, _blob(blob.digest), blob.size, file)
        draft.chmod(0o644)


def make_index(images: Sequence[Image]) -> bytes:
    """Return the index that names one image per platform."""
    blobs = {blob.digest: blob for one in images for blob in one.blobs}
    rows = [
        {**blobs[digest].describe(), **said}
        for one in images
        for digest, said in one.manifests.items()
    ]
    shared = dict(images[0].annotations)
    more = {"annotations": shared} if shared else {}
    return dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": rows, **more})


def dump(value: object) -> bytes:
    """Return JSON, the same bytes for the same value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _index(images: Sequence[Image], store: Store) -> tuple[bytes, list[Blob]]:
    """Return ``index.json`` and all blobs, each once. Several images are named by one index."""
    blobs = list(dict.fromkeys(blob for one in images for blob in one.blobs))
    if len(images) == 1 and not images[0].attached:
        top = images[0].manifest
        row = {**top.describe(), "platform": platform_of(images[0].arch)}
    else:
        top = store.add(make_index(images), INDEX)
        blobs.append(top)
        row = top.describe()
    name = images[0].tag
    if len(images) > 1:
        name = name.removesuffix(f"-{images[0].arch.slug}").removesuffix(f":{images[0].arch.slug}")
    if name and "@" not in name:
        registry, path, tag = split_reference(name)
        # Whole, or an engine that keeps images as containerd does would not find it by its name.
        row["annotations"] = {_CONTAINERD: f"{registry}/{path}:{tag}", REF_NAME: tag}
    return dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": [row]}), blobs


def split_reference(reference: str) -> tuple[str, str, str]:
    """Return registry, repository and tag or digest, as Docker completes what is left out."""
    name, _, digest = reference.partition("@")
    head, _, rest = name.partition("/")
    named = bool(rest) and ("." in head or ":" in head or head == "localhost")
    registry, path = (head, rest) if named else (HUB, name)
    path, _, tag = path.partition(":")
    if registry == HUB and "/" not in path:
        path = f"library/{path}"
    return registry, path, digest or tag or "latest"


def _add(tar: tarfile.TarFile, name: str, size: int, file: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    tar.addfile(info, file)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _last(name: str) -> str:
    return name.partition("@")[0].rpartition("/")[2]


def _open_archive(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path)
    except (OSError, tarfile.TarError) as error:
        raise BaseUnavailableError(
            f"{path} cannot be read: {error}",
            hint="--base-from oci:DIR, or a tar that `docker save` or `skopeo copy` wrote",
        ) from error
