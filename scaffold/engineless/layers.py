"""Layers as tar archives: owner, mode and time of an entry are values, never those of this disk."""

import hashlib
import posixpath
import stat
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

from scaffold.docker.oci import Blob, Store

_LEVEL = 6
_CHUNK = 1 << 20
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


@dataclass(slots=True)
class _Packed:
    """A file that is hashed, compressed and hashed again while it is written."""

    file: IO[bytes]
    size: int = 0
    plain: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    packed: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    crc: int = 0
    length: int = 0

    def __post_init__(self) -> None:
        self._zip = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        self._put(_HEADER)

    _zip: "zlib._Compress" = field(init=False)

    def write(self, data: bytes) -> int:
        self.plain.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.length += len(data)
        self._put(self._zip.compress(data))
        return len(data)

    def finish(self) -> Blob:
        self._put(self._zip.flush())
        self._put(struct.pack("<II", self.crc, self.length & 0xFFFFFFFF))
        digest, diff = (f"sha256:{one.hexdigest()}" for one in (self.packed, self.plain))
        return Blob(digest=digest, size=self.size, diff=diff)

    def _put(self, data: bytes) -> None:
        self.packed.update(data)
        self.size += len(data)
        self.file.write(data)


def write_layer(entries: Iterable[Entry], store: Store) -> Blob:
    """Write a layer into the store: entries sorted by path, each file read once."""
    files = 0
    with store.scratch() as folder:
        draft = folder / "layer"
        with draft.open("wb") as file:
            packed = _Packed(file)
            stream = cast("IO[bytes]", packed)
            with tarfile.open(
                fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_CHUNK
            ) as tar:
                for entry in sorted(entries, key=lambda one: one.path.split("/")):
                    files += entry.size
                    _add(tar, entry)
                    vars(tar)["members"].clear()  # or it keeps them all
            blob = replace(packed.finish(), files=files)
        store.path(blob.digest).parent.mkdir(parents=True, exist_ok=True)
        draft.replace(store.path(blob.digest))
    return blob


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
