"""The files of a base image: its layers laid over each other, bytes on disk, owners as values."""

import fnmatch
import os
import posixpath
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from scaffold.docker.blob_store import Store
from scaffold.docker.oci import BaseImage, Source, open_layer, zstd
from scaffold.dockerfile.template_values import TemplateContext
from scaffold.engineless.layers import Entry, link_entry, parents_of
from scaffold.model.errors import BaseUnavailableError

_GONE, _OPAQUE = ".wh.", ".wh..wh..opq"
_KEPT = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseFiles:
    """A base image unpacked: ``folder`` has its bytes and links, ``entries`` all the rest."""

    folder: Path
    entries: dict[str, Entry]


def unpack_base(image: BaseImage, store: Store) -> BaseFiles:
    """Return a base's files, unpacked once for all builds from it."""
    home = store.folder / "bases" / image.digest.replace(":", "-")
    folder, listed = home / "root", home / "files.json"
    if not listed.exists():
        shutil.rmtree(home, ignore_errors=True)
        entries: dict[str, Entry] = {}
        with store.scratch() as work:
            for layer in image.layers:
                _lay_over(store.path(layer.digest), work / "root", entries)
            rows = [replace(one, source=None) for one in entries.values()]
            (work / "files.json").write_bytes(msgspec.json.encode(rows))
            home.parent.mkdir(parents=True, exist_ok=True)
            (work / "root").mkdir(exist_ok=True)
            if not home.exists():
                work.rename(home)
                work.mkdir()
    rows = msgspec.json.decode(listed.read_bytes(), type=list[Entry])
    return BaseFiles(
        folder=folder,
        entries={
            row.path: replace(row, source=folder / row.path) if row.kind == tarfile.REGTYPE else row
            for row in rows
        },
    )


def keep_layers(reference: str, image: BaseImage, source: Source, store: Store) -> None:
    """Fetch what is not there yet of a base's layers."""
    for layer in image.layers:
        if not store.path(layer.digest).exists():
            store.fetch(layer, source.open(reference, layer))


def _lay_over(archive: Path, root: Path, entries: dict[str, Entry]) -> None:
    """Unpack a layer over those below it: as this user, readable, without devices."""
    try:
        with archive.open("rb") as file, open_layer(file) as tar:
            for member in tar:
                place(tar, member, root, entries)
    except (tarfile.TarError, zstd.ZstdError, EOFError, OSError) as error:
        raise BaseUnavailableError(
            f"a layer of the base cannot be unpacked: {error}", hint="is the disk full?"
        ) from error


def place(
    tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path, entries: dict[str, Entry]
) -> None:
    """Unpack a member of an archive over a root and its entries, unless links lead elsewhere."""
    path = posixpath.normpath(f"/{member.name}").lstrip("/")
    above, name = posixpath.split(path)
    if name == _OPAQUE:
        _remove(above, root, entries, itself=False)
    elif name.startswith(_GONE):
        _remove(posixpath.join(above, name.removeprefix(_GONE)), root, entries)
    elif path and member.type in _KEPT and _is_inside(path, entries):
        before = entries.get(path)
        if before and (before.kind != tarfile.DIRTYPE or not member.isdir()):
            _remove(path, root, entries)
        linked = posixpath.normpath(f"/{member.linkname}").lstrip("/")
        if not member.islnk() or _is_inside(linked, entries):
            try:
                _unpack(tar, member, f"{root}/{path}", f"{root}/{linked}")
            except FileNotFoundError:  # archives may leave out folders
                (root / above).mkdir(parents=True, exist_ok=True)
                _unpack(tar, member, f"{root}/{path}", f"{root}/{linked}")
        entries[path] = Entry(
            path=path,
            kind=tarfile.REGTYPE if member.isreg() else member.type,
            mode=member.mode & 0o7777,
            uid=member.uid,
            gid=member.gid,
            mtime=int(member.mtime),
            size=member.size if member.isreg() else 0,
            target=linked if member.islnk() else member.linkname,
            extra=tuple(
                (name, value)
                for name, value in sorted(member.pax_headers.items())
                if name.startswith("SCHILY.xattr.")
            ),
        )


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, target: str, linked: str) -> None:
    """Write a member to a path of this machine, where nothing but a folder may be."""
    if member.isdir():
        with suppress(FileExistsError):
            os.mkdir(target)  # noqa: PTH102 - thousands of times, as below
    elif member.issym():
        os.symlink(member.linkname, target)  # noqa: PTH211
    elif member.islnk():
        os.link(linked, target, follow_symlinks=False)
    else:
        with open(target, "wb") as out:  # noqa: PTH123
            if file := tar.extractfile(member):
                shutil.copyfileobj(file, out)
        os.chmod(target, 0o755 if member.mode & 0o100 else 0o644)  # noqa: PTH101


def _is_inside(path: str, entries: dict[str, Entry]) -> bool:
    """Tell whether nothing on the way to a path leads elsewhere through a link."""
    while path := path.rpartition("/")[0]:
        above = entries.get(path)
        if above is not None and above.kind != tarfile.DIRTYPE:
            return False
    return True


def _remove(path: str, root: Path, entries: dict[str, Entry], *, itself: bool = True) -> None:
    for name in [one for one in entries if one.startswith(f"{path}/") or (itself and one == path)]:
        del entries[name]
    target = root / path
    for one in [target] if itself else list(target.iterdir()) if target.is_dir() else []:
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)


def make_root(base: BaseFiles, view: TemplateContext, scratch: Path) -> Iterator[Entry]:
    """Yield the base as the final image has it: without pip, with a user who has a home.

    These are the steps of the Dockerfile's stage ``root``, with the values that it has.
    """
    dropped = [glob.lstrip("/") for glob in view.root_dropped]
    entries = {
        path: entry
        for path, entry in base.entries.items()
        if not any(_is_below(path, glob) for glob in dropped)
    }
    for path, line in view.accounts:
        name = path.lstrip("/")
        text = scratch / posixpath.basename(name)
        before = entries[name].source if name in entries else None
        text.write_bytes((before.read_bytes() if before else b"") + f"{line}\n".encode())
        old = entries.get(name, Entry(path=name, mtime=view.moment))
        entries[name] = replace(old, source=text, size=text.stat().st_size)
    for path in (view.home.lstrip("/"), view.workdir.lstrip("/")):
        for one in (*sorted(parents_of([path])), path):
            new = Entry(path=one, kind=tarfile.DIRTYPE, mode=0o755, mtime=view.moment)
            entries.setdefault(one, new)
        entries[path] = replace(entries[path], uid=view.uid, gid=view.uid)
    for path in view.root_touched:
        name = posixpath.normpath(path).lstrip("/")
        if name in entries:
            entries[name] = replace(entries[name], mtime=view.moment)
    yield from _linked(entries.values())


def _is_below(path: str, glob: str) -> bool:
    depth = glob.count("/") + 1
    return fnmatch.fnmatchcase("/".join(path.split("/")[:depth]), glob)


def _linked(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield entries so that of files with several names the first in order has the bytes."""
    ordered = sorted(entries, key=lambda one: one.path.split("/"))
    first: dict[str, str] = {}
    sizes = {entry.path: entry for entry in ordered if entry.kind == tarfile.REGTYPE}
    linked = {entry.target for entry in ordered if entry.kind == tarfile.LNKTYPE}
    for entry in ordered:
        key = entry.target if entry.kind == tarfile.LNKTYPE else entry.path
        if key not in linked or key not in sizes:
            yield entry
        elif key in first:
            yield link_entry(entry, first[key])
        else:
            first[key] = entry.path
            yield replace(sizes[key], path=entry.path)
