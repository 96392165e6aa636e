"""Archives of sources that a project asks for by their address: fetched, to read what they are."""

import hashlib
import io
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from scaffold.model.errors import ConfigInvalidError, TransientError
from scaffold.project.repositories import Address, Checkout, FetchError

_LARGEST = 256 << 20  # bytes, of an archive and of what is in it


class Answer(Protocol):
    """What a server answered."""

    @property
    def missing(self) -> bool:
        """Tell whether there is no such file."""

    @property
    def body(self) -> bytes:
        """Return the file."""


class Get(Protocol):
    """How a file is fetched: ``Http.get`` or a test's own."""

    def __call__(self, url: str, *, limit: int) -> Answer:
        """Return a file of at most so many bytes. Raises TransientError, ConfigInvalidError."""
        ...


def fetch_archive(address: Address, *, cache: Path, get: Get) -> Checkout:
    """Return what is in an archive, and its SHA-256 for a commit. Raises FetchError."""
    try:
        answer = get(address.repository, limit=_LARGEST)
    except (TransientError, ConfigInvalidError) as error:
        raise FetchError(error.cause) from error
    if answer.missing:
        raise FetchError("there is no such file")
    digest = hashlib.sha256(answer.body).hexdigest()
    if address.revision not in {"", digest}:
        raise FetchError(f"its sha256 is {digest}, which is not what is asked for")
    goal = cache / "archives" / digest
    try:
        if not goal.is_dir():
            goal.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=goal.parent))
            try:
                _unpack(answer.body, made)
                made.rename(goal)
            finally:
                shutil.rmtree(made, ignore_errors=True)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise FetchError("it is no archive that can be read") from error
    except OSError as error:
        raise FetchError(f"{error.filename}: {error.strerror}") from error
    return Checkout(commit=digest, folder=goal)


def _unpack(data: bytes, folder: Path) -> None:
    """Write the plain files of an archive, without the one folder that they all lie in."""
    left = _LARGEST
    for name, content in _members(data):
        left -= len(content)
        parts = PurePosixPath(name).parts[1:]
        if left < 0:
            raise ValueError("too large")
        if parts and not PurePosixPath(name).is_absolute() and ".." not in parts:
            path = folder.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if not info.is_dir() and info.file_size <= _LARGEST:
                    yield info.filename, archive.read(info)
        return
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            if file is not None and member.size <= _LARGEST:
                yield member.name, file.read()
