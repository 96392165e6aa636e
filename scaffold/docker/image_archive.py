"""An image's archive, read in one pass: its layers, their bytes, and what checks look at."""

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import IO, Any, cast

from scaffold.docker.image_fs import Entry, is_kept, make_contents, site_folders
from scaffold.docker.oci import ZSTD_MAGIC, zstd
from scaffold.index.elf import read_elf
from scaffold.model.errors import EngineError, PathUnreadableError
from scaffold.model.image import Contents, ImageFile, Suspect
from scaffold.project.secrets import find_in_content, is_scanned, looks_secret

_CHUNK = 1 << 20
_MOST_JSON = 1 << 24
_MOST_SCANNED = 1 << 20
_GZIP, _ELF = b"\x1f\x8b", b"\x7fELF"
# An engine pushes layers with Go's compress/gzip. What that makes of one at its default level,
# relative to zlib: 1.038 to 1.047 for packages, 1.047 to 1.050 for a base (`docker push` of three
# images, engine 28.5.2, 2026-11-24).
_GZIP_LEVEL = 6
_GO_GZIP = 1.045


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A layer read from an archive: its digest, its bytes unpacked and compressed, its entries."""

    digest: str
    on_disk: int
    download: int
    entries: tuple[Entry, ...] = ()


class _Joined(io.RawIOBase):
    """Chunks as one readable stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._rest = self._rest or next(self._chunks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


class _Measured:
    """A stream that is hashed, and compressed to see what comes out, while it is read."""

    def __init__(self, source: io.BufferedIOBase, *, compress: bool) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self._zip = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 31) if compress else None
        self.compressed = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        if self._zip:
            self.compressed += len(self._zip.compress(data))
        return data

    def finish(self) -> str:
        """Read to the end and return the digest."""
        while self.read(_CHUNK):
            pass
        if self._zip:
            self.compressed += len(self._zip.flush())
        return f"sha256:{self._hash.hexdigest()}"


def read_archive(chunks: Iterable[bytes]) -> Contents:
    """Return what an image is made of. Raises EngineError for what is no image's archive."""
    texts, packed = _read_members(chunks, {})
    manifest, config = _find_config(texts)
    blobs = [packed[_real(name, packed)] for name in manifest["Layers"]]
    folders = site_folders(entry.file.path for blob in blobs for entry in blob.entries)
    layers = [
        (
            (blob.digest, blob.on_disk, blob.download),
            tuple(_without_published(entry, folders) for entry in blob.entries),
        )
        for blob in blobs
    ]
    digest = hashlib.sha256(texts[manifest["Config"]]).hexdigest()
    return make_contents(f"sha256:{digest}", config, layers)


def read_archive_file(path: Path) -> Contents:
    """Return what an image in an archive on this machine is made of. Raises PathUnreadableError."""
    try:
        with path.open("rb") as file:
            return read_archive(iter(lambda: file.read(_CHUNK), b""))
    except (OSError, EngineError) as error:
        why = getattr(error, "strerror", None) or error.__cause__ or error
        raise PathUnreadableError(
            f"{path} cannot be read as the archive of an image: {why}",
            hint="name what `leanscaffold build --to app.tar` or `docker save` wrote",
        ) from error


def read_layers(
    chunks: Iterable[bytes], known: Mapping[str, tuple[int, int]]
) -> tuple[Packed, ...]:
    """Return the layers without files; those ``known`` (on disk, download) are skipped."""
    texts, packed = _read_members(chunks, known)
    manifest, _ = _find_config(texts)
    return tuple(replace(packed[_real(name, packed)], entries=()) for name in manifest["Layers"])


def _read_members(
    chunks: Iterable[bytes], known: Mapping[str, tuple[int, int]]
) -> tuple[dict[str, bytes], dict[str, Packed]]:
    texts: dict[str, bytes] = {}
    packed: dict[str, Packed] = {}
    try:
        stream = io.BufferedReader(_Joined(chunks), _CHUNK)
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as archive:
            for member in archive:
                if member.issym() or member.islnk():
                    texts[member.name] = member.linkname.encode()
                if not member.isreg():
                    continue
                digest = f"sha256:{member.name.rpartition('/')[2]}"
                if digest in known:
                    on_disk, download = known[digest]
                    packed[member.name] = Packed(digest=digest, on_disk=on_disk, download=download)
                    continue
                _read_member(archive, member, texts, packed)
    except (tarfile.TarError, BadGzipFile, zlib.error, zstd.ZstdError, EOFError) as error:
        raise EngineError(
            f"the engine's archive of the image cannot be read: {error}",
            hint="try `docker save` by hand; is its disk full?",
        ) from error
    return texts, packed


def _read_member(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    texts: dict[str, bytes],
    packed: dict[str, Packed],
) -> None:
    file = cast("io.BufferedReader", archive.extractfile(member))
    head = file.peek(4)[:4]
    if head[:1] in {b"{", b"["}:
        if member.size < _MOST_JSON:
            texts[member.name] = file.read()
    elif member.size > tarfile.BLOCKSIZE or head.startswith((_GZIP, ZSTD_MAGIC)):
        packed[member.name] = _read_layer(file, member.size, head)


def _read_layer(source: io.BufferedIOBase, size: int, head: bytes) -> Packed:
    packed = head.startswith((_GZIP, ZSTD_MAGIC))
    if head.startswith(ZSTD_MAGIC):
        source = zstd.open(source)
    elif packed:
        source = GzipFile(fileobj=source)
    stream = _Measured(source, compress=not packed)
    entries = []
    with tarfile.open(
        fileobj=cast("IO[bytes]", stream), mode="r|", bufsize=_CHUNK, errorlevel=0
    ) as layer:
        for member in layer:
            entries.append(_read_entry(layer, member))
            vars(layer)["members"].clear()  # or it keeps them all
    digest = stream.finish()
    return Packed(
        digest=digest,
        on_disk=sum(entry.file.size for entry in entries),
        download=size if packed else round(stream.compressed * _GO_GZIP),
        entries=tuple(entries),
    )


def _read_entry(layer: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    path = "/" + member.name.removeprefix("./").strip("/")
    if member.isdir():
        return Entry(file=ImageFile(path=path, kind="folder"))
    if member.issym():
        return Entry(file=ImageFile(path=path, kind="link", target=member.linkname))
    if member.islnk():
        target = "/" + member.linkname.removeprefix("./").strip("/")
        return Entry(file=ImageFile(path=path, kind="hard-link", target=target))
    if not member.isreg():
        return Entry(file=ImageFile(path=path, kind="other"))
    file = layer.extractfile(member)
    assert file is not None  # noqa: S101 - of a regular file there always is one
    return _read_file(path, member.size, file)


def _read_file(path: str, size: int, file: IO[bytes]) -> Entry:
    named = looks_secret(path)
    entry = Entry(
        file=ImageFile(path=path, size=size),
        suspect=Suspect(where=path, what=named) if named and size else None,
    )
    head = file.read(len(_ELF))
    if head == _ELF:
        return replace(entry, file=replace(entry.file, elf=read_elf(head, file)))
    if is_kept(path) or (size <= _MOST_SCANNED and is_scanned(path)):
        content = head + file.read()
        found = "" if entry.suspect else find_in_content(path, content)
        return replace(
            entry,
            text=content.decode(errors="replace") if is_kept(path) else "",
            suspect=Suspect(where=path, what=found) if found else entry.suspect,
        )
    return entry


def _find_config(texts: Mapping[str, bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        manifest = json.loads(texts["manifest.json"])[0]
        return manifest, json.loads(texts[manifest["Config"]])
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise EngineError(
            "the engine's archive of the image has no manifest",
            hint="leanscaffold needs Docker Engine 20.10 or newer",
        ) from error


def _real(name: str, packed: Mapping[str, Packed]) -> str:
    if name not in packed:
        raise EngineError(
            f"the engine's archive of the image lacks the layer {name}",
            hint="pull or build the image again: parts of it are missing in the engine's store",
        )
    return name


def _without_published(entry: Entry, folders: frozenset[str]) -> Entry:
    """Take no notice of keys inside installed packages: everybody has them."""
    published = any(entry.file.path.startswith(f"{folder}/") for folder in folders)
    return replace(entry, suspect=None) if entry.suspect and published else entry
