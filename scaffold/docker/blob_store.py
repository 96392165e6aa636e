"""Blobs by digest in a folder that builds share."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from scaffold.model.errors import BaseUnavailableError

if sys.platform != "win32":
    import fcntl

_CHUNK = 1 << 20
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A blob by digest, with its bytes; ``diff`` is the digest of a layer unpacked."""

    digest: str
    size: int
    media_type: str = LAYER
    diff: str = ""
    files: int = 0  # bytes in its files, unpacked, where it was made here

    def describe(self) -> dict[str, Any]:
        """Return the descriptor of the image specification."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


DRAFT = ".{}.draft-"  # how a file is called that is to be another
_FRESH = 10  # seconds in which whoever makes a draft comes to lock it


class Store:
    """Blobs by digest in a folder, and small texts about them by key; all written whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Return where a blob lies, or would."""
        return self.folder / "blobs" / digest.replace(":", "/")

    def add(self, data: bytes, media_type: str) -> Blob:
        """Keep bytes."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if not self.path(digest).exists():
            with self.draft(self.path(digest)) as draft:
                draft.write_bytes(data)
        return Blob(digest=digest, size=len(data), media_type=media_type)

    def fetch(self, blob: Blob, opened: IO[bytes]) -> Path:
        """Keep a blob that is read from somewhere, and check its digest."""
        path = self.path(blob.digest)
        with self.draft(path) as draft, draft.open("wb") as file, opened:
            found = hashlib.sha256()
            while chunk := opened.read(_CHUNK):
                found.update(chunk)
                file.write(chunk)
            if f"sha256:{found.hexdigest()}" != blob.digest:
                raise BaseUnavailableError(
                    f"a file arrived with another digest than {blob.digest}",
                    hint="try again; a proxy or mirror on the way may have changed it",
                )
        return path

    def note(self, key: str, value: object) -> None:
        """Keep a JSON value under a key; a folder that cannot be written to costs time only."""
        with suppress(OSError), self.draft(self._note(key)) as draft:
            draft.write_text(json.dumps(value), "utf-8")

    def noted(self, key: str) -> Any:
        """Return what was noted, None where there is nothing."""
        try:
            return json.loads(self._note(key).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def recall(self, key: str) -> tuple[Blob, ...]:
        """Return the blobs that were noted under a key, none if one is gone."""
        blobs = tuple(Blob(**one) for one in self.noted(key) or ())
        return blobs if all(self.path(one.digest).exists() for one in blobs) else ()

    def _note(self, key: str) -> Path:
        return self.folder / "notes" / hashlib.sha256(key.encode()).hexdigest()

    def sweep(self) -> None:
        """Remove the scratch folders of those who were killed."""
        _sweep(self.folder, ".work-")

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a folder beside the blobs, which is gone afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=self.folder, prefix=".work-") as folder,
            _held(Path(folder)),
        ):
            yield Path(folder)

    @contextmanager
    def draft(self, path: Path) -> Iterator[Path]:
        """Yield a name beside a path, which becomes the path if all went well."""
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent, DRAFT.format(path.name))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=DRAFT.format(path.name))
        os.close(handle)
        try:
            with _held(Path(name)):
                yield Path(name)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Lock a file or folder for as long as whoever writes into it lives."""
    if sys.platform == "win32":  # nobody can remove there what is open
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _sweep(folder: Path, prefix: str) -> None:
    """Remove what was left by those who were killed: nobody holds it any more."""
    if sys.platform == "win32" or not folder.is_dir():
        return
    for path in [one for one in folder.iterdir() if one.name.startswith(prefix)]:
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                if time.time() - path.stat().st_mtime > _FRESH:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            finally:
                os.close(handle)
