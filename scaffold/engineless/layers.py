"""Layers as tar archives: owner, mode and time of an entry are values, never those of this disk."""

import hashlib
import json
import math
import os
import posixpath
import stat
import struct
import tarfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, cast

from scaffold.docker.blob_store import Blob, Store
from scaffold.docker.oci import ZSTD_LAYER, zstd
from scaffold.model.build import zstd_level

_LEVEL = 5  # 0.5 % larger than 6, in 3/4 of the time
_CHUNK = 1 << 20
_WINDOW = 1 << 15  # how far back deflate refers
_AHEAD = 4 * (os.cpu_count() or 1)  # chunks in memory
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time, no system


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A path of the image, without the leading slash; ``kind`` is a type of ``tarfile``.

    ``source`` holds a file's bytes on this machine, ``target`` is what a link says.
    """

    path: str
    kind: bytes = tarfile.REGTYPE
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int
    size: int = 0
    target: str = ""
    source: Path | None = None
    extra: tuple[tuple[str, str], ...] = ()  # PAX records, such as extended attributes


class _Packed:
    """A file that is hashed, compressed and hashed again while it is written.

    Every chunk is compressed by itself, with the end of the one before as its dictionary: several
    at a time, and to the same bytes however many processors there are.
    """

    def __init__(self, file: IO[bytes], pool: Executor) -> None:
        self._file, self._pool = file, pool
        self._plain, self._packed = hashlib.sha256(), hashlib.sha256()
        self._crc = self._length = self._size = 0
        self._waiting, self._before = bytearray(), b""
        self._running: deque[Future[bytes]] = deque()
        self._put(_HEADER)

    def tell(self) -> int:
        return self._length + len(self._waiting)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) >= _CHUNK:
            self._pack(bytes(self._waiting[:_CHUNK]))
            del self._waiting[:_CHUNK]
        return len(data)

    def finish(self) -> Blob:
        self._pack(bytes(self._waiting), zlib.Z_FINISH)
        for one in self._running:
            self._put(one.result())
        self._put(struct.pack("<II", self._crc, self._length & 0xFFFFFFFF))
        digest, diff = (f"sha256:{one.hexdigest()}" for one in (self._packed, self._plain))
        return Blob(digest=digest, size=self._size, diff=diff)

    def _pack(self, chunk: bytes, end: int = zlib.Z_SYNC_FLUSH) -> None:
        self._running.append(self._pool.submit(_deflate, chunk, self._before, end))
        self._before = chunk[-_WINDOW:]
        self._plain.update(chunk)
        self._crc = zlib.crc32(chunk, self._crc)
        self._length += len(chunk)
        while len(self._running) > _AHEAD:
            self._put(self._running.popleft().result())

    def _put(self, data: bytes) -> None:
        self._packed.update(data)
        self._size += len(data)
        self._file.write(data)


class _Zstandard:
    """A file that is hashed, compressed with zstd and hashed again while it is written.

    Workers are asked for even where there is one: their number changes nothing, their absence does.
    """

    def __init__(self, file: IO[bytes], level: int) -> None:
        self._file = file
        self._plain, self._packed = hashlib.sha256(), hashlib.sha256()
        self._length = self._size = 0
        parameter = zstd.CompressionParameter
        how: dict[int, int] = {
            parameter.compression_level: level,
            parameter.checksum_flag: 1,
            parameter.nb_workers: os.cpu_count() or 1,
        }
        self._packer = zstd.ZstdCompressor(options=how)

    def tell(self) -> int:
        return self._length

    def write(self, data: bytes) -> int:
        self._plain.update(data)
        self._length += len(data)
        self._put(self._packer.compress(data))
        return len(data)

    def finish(self) -> Blob:
        self._put(self._packer.flush())
        digest, diff = (f"sha256:{one.hexdigest()}" for one in (self._packed, self._plain))
        return Blob(digest=digest, size=self._size, diff=diff, media_type=ZSTD_LAYER)

    def _put(self, data: bytes) -> None:
        self._packed.update(data)
        self._size += len(data)
        self._file.write(data)


def _deflate(data: bytes, before: bytes, end: int) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15, zdict=before)
    return packer.compress(data) + packer.flush(end)


def write_layer(entries: Iterable[Entry], store: Store, compression: str = "gzip") -> Blob:
    """Write a layer into the store, sorted by path, unless the same was written before."""
    ordered = sorted(entries, key=lambda one: one.path.split("/"))
    key = f"layer {compression} {digest_entries(ordered)}"
    level = zstd_level(compression)
    if known := store.recall(key):
        return known[0]
    with store.scratch() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        draft = folder / "layer"
        with draft.open("wb") as file:
            packed = _Packed(file, pool) if level is None else _Zstandard(file, level)
            stream = cast("IO[bytes]", packed)
            with tarfile.TarFile(
                fileobj=stream, mode="w", format=tarfile.PAX_FORMAT, copybufsize=_CHUNK
            ) as tar:
                for entry in ordered:
                    _add(tar, entry)
                    vars(tar)["members"].clear()  # or it keeps them all
            blob = replace(packed.finish(), files=sum(one.size for one in ordered))
        store.path(blob.digest).parent.mkdir(parents=True, exist_ok=True)
        draft.replace(store.path(blob.digest))
    store.note(key, [asdict(blob)])
    return blob


def digest_entries(entries: Iterable[Entry], *, hashed: float = math.inf) -> str:
    """Return a digest of entries and what their files hold.

    Of a file with more bytes than ``hashed`` its size and time stand for its contents.
    """
    found = hashlib.sha256()
    for one in entries:
        row: list[object] = [one.path, one.kind.decode(), one.mode, one.uid, one.gid, one.mtime]
        row += [one.target, one.extra]
        if one.source is not None and one.size > hashed:
            row += [one.size, one.source.stat().st_mtime_ns]
        elif one.source is not None:
            with one.source.open("rb") as file:
                row.append(hashlib.file_digest(file, "sha256").hexdigest())
        found.update(json.dumps(row).encode())
    return found.hexdigest()


def list_folder(
    folder: Path, *, mtime: int, owners: Iterable[tuple[str, int]] = ()
) -> Iterator[Entry]:
    """Yield what is in a folder as entries of root's; ``owners`` pairs a path with its user.

    Of a file with several names the first in order has the bytes, the others are links to it.
    """
    owned = {path.strip("/"): uid for path, uid in owners}
    first: dict[tuple[int, int], str] = {}
    for source in sorted(folder.rglob("*")):
        path, status = source.relative_to(folder).as_posix(), source.lstat()
        uid = owned.get(path, 0)
        entry = make_entry(path, source, mtime=mtime, uid=uid, gid=uid)
        if entry.kind == tarfile.REGTYPE and status.st_nlink > 1:
            target = first.setdefault((status.st_dev, status.st_ino), path)
            if target != path:
                entry = link_entry(entry, target)
        yield entry


def link_entry(entry: Entry, target: str) -> Entry:
    """Return a file as another name of one with the same bytes."""
    return replace(entry, kind=tarfile.LNKTYPE, target=target, size=0, source=None)


def make_entry(path: str, source: Path, *, mtime: int, uid: int = 0, gid: int = 0) -> Entry:
    """Return a path of this machine as an entry, with the mode that it has."""
    status = source.lstat()
    mode, target, size, kind = stat.S_IMODE(status.st_mode), "", 0, tarfile.REGTYPE
    if stat.S_ISLNK(status.st_mode):
        kind, target, mode = tarfile.SYMTYPE, source.readlink().as_posix(), 0o777
    elif stat.S_ISDIR(status.st_mode):
        kind = tarfile.DIRTYPE
    else:
        size = status.st_size
    return Entry(
        path=path,
        kind=kind,
        mode=mode,
        uid=uid,
        gid=gid,
        mtime=mtime,
        size=size,
        target=target,
        source=source if kind == tarfile.REGTYPE else None,
    )


def parents_of(paths: Iterable[str]) -> set[str]:
    """Return all folders above these paths."""
    found: set[str] = set()
    for path in paths:
        above = posixpath.dirname(path)
        while above and above not in found:
            found.add(above)
            above = posixpath.dirname(above)
    return found


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    folder = entry.kind == tarfile.DIRTYPE
    info = tarfile.TarInfo(f"{entry.path}/" if folder else entry.path)
    info.type, info.mode, info.mtime = entry.kind, entry.mode, entry.mtime
    info.uid, info.gid, info.size, info.linkname = entry.uid, entry.gid, entry.size, entry.target
    info.pax_headers = dict(entry.extra)
    if entry.source is None:
        tar.addfile(info)
        return
    with entry.source.open("rb") as file:
        tar.addfile(info, file)
