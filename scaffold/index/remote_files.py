"""Looking into distribution files on an index without downloading what is not needed."""

import hashlib
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

import requests
from remotezip import RangeNotSupported, RemoteIOError, RemoteZip, RemoteZipError
from urllib3.exceptions import HTTPError

from scaffold.assembler.trim import rule_of
from scaffold.index.client import MISSING, Http, check_status
from scaffold.index.configuration import redact
from scaffold.index.metadata import LARGEST_METADATA, LARGEST_SDIST, parse_metadata
from scaffold.index.wheel_contents import (
    installed_path,
    list_opened,
    list_refused,
    read_contents,
    read_metadata,
    read_sources,
    read_wheel,
    wheel_metadata,
)
from scaffold.index.wrapped_programs import find_wrapped
from scaffold.model.errors import TransientError, UnresolvableError
from scaffold.model.index import Contents, DistFile, Metadata, WheelFacts, is_pure

LARGEST_WHOLE = 256 << 20  # bytes of a wheel; no more is downloaded to look into it
_IN_MEMORY = 16 << 20  # bytes; what is larger waits on disk
_LARGEST_RANGE = 16 << 20  # bytes; the directory of a wheel with 130,000 files
_TAIL = 96 << 10  # bytes; holds METADATA and the directory of nine wheels in ten
_LARGEST_READ = 512 << 10  # bytes of a pure wheel whose sources are read for libraries they open
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(?:\d{1,15}|\*)")


class _GoneError(Exception):
    """A file that a page names and the server does not have."""


# What is encrypted is a RuntimeError, an unknown compression a NotImplementedError.
_UNREADABLE = (BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, _GoneError)


def _is_scanned(file: DistFile) -> bool:
    return is_pure(file.filename) and file.size is not None and file.size <= _LARGEST_READ


class RemoteFiles:
    """Reads wheels and sdists through one HTTP session. All methods may raise TransientError."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def announced_metadata(self, file: DistFile) -> Metadata | None:
        """Return the metadata beside a file (PEP 658). Raises UnresolvableError for another's."""
        answer = self._http.get(f"{file.url}.metadata", limit=LARGEST_METADATA)
        if answer.missing:
            return None
        _check_hash(answer.body, file.metadata_sha256, f"{file.url}.metadata")
        return parse_metadata(answer.body)

    def metadata(self, file: DistFile) -> Metadata | None:
        """Read a wheel's METADATA alone by ranges; None for a file that is gone or broken."""
        try:
            with self._open_zip(file, _TAIL) as wheel:
                return wheel_metadata(wheel)
        except _UNREADABLE:
            return None

    def facts(self, file: DistFile) -> WheelFacts | None:
        """Look into a wheel by ranges, not at machine code; None for one gone or broken."""
        try:
            with self._open_zip(file, _LARGEST_READ if _is_scanned(file) else _TAIL) as wheel:
                facts = read_contents(wheel, file.filename)
                if _is_scanned(file):
                    texts = read_sources(wheel)
                    facts = replace(
                        facts,
                        opened=tuple(list_opened(texts)),
                        refused=tuple(list_refused(texts)),
                        starts=find_wrapped(
                            read_metadata(wheel) or b"",
                            {path: text.decode("utf-8", "replace") for path, text in texts.items()},
                        ),
                    )
                return facts
        except _UNREADABLE:
            return None

    def contents(self, file: DistFile) -> Contents | None:
        """List (path, bytes, rule of trimming that covers it) of a wheel's files."""
        try:
            with self._open_zip(file, _TAIL) as wheel:
                files = [info for info in wheel.infolist() if not info.is_dir()]
        except _UNREADABLE:
            return None
        return tuple(
            (path, info.file_size, rule.name if rule else "")
            for info in files
            for path in [installed_path(info.filename)]
            for rule in [rule_of(tuple(path.split("/")))]
        )

    def with_elf(self, file: DistFile) -> WheelFacts | None:
        """Download a wheel and read everything; None for one that is gone, broken or too large.

        Ranges would save nothing: linkers put the dynamic section near the end of a library, and
        patchelf the names at its very end, so that inflating a member to there is all of it.
        """
        try:
            with _network_errors(file.url), self._open_whole(file) as wheel:
                return read_wheel(wheel, file.filename)
        except _UNREADABLE:
            return None

    def sdist(self, file: DistFile) -> bytes | None:
        """Download an sdist; None for one that is gone or very large."""
        if file.size is not None and file.size > LARGEST_SDIST:
            return None
        answer = self._http.get(file.url, limit=LARGEST_SDIST)
        if answer.missing:
            return None
        _check_hash(answer.body, file.sha256, file.url)
        return answer.body

    @contextmanager
    def _open_zip(self, file: DistFile, first: int) -> Iterator[ZipFile]:
        """Open a remote zip, by ranges where the server can, the last ``first`` bytes first."""
        with _network_errors(file.url):
            archive = self._open_ranges(file, first)
            if archive is not None:
                with archive:
                    yield archive
                return
        with self._open_whole(file) as whole:
            yield whole

    def _open_ranges(self, file: DistFile, first: int) -> ZipFile | None:
        try:
            archive: ZipFile = RemoteZip(
                file.url,
                initial_buffer_size=min(first, file.size or first),
                session=_Checked(self._http),
            )
        except RemoteIOError:
            raise
        except RemoteZipError:  # the server does not do ranges, or not properly
            return None
        return archive

    @contextmanager
    def _open_whole(self, file: DistFile) -> Iterator[ZipFile]:
        with _Kept(_IN_MEMORY) as kept:
            sha256 = hashlib.sha256()
            with self._http.open(file.url) as response:
                if response.status_code in MISSING:
                    raise _GoneError
                for part in self._http.read_parts(response):
                    sha256.update(part)
                    if kept.tell() + len(part) > LARGEST_WHOLE:
                        raise _GoneError
                    kept.write(part)
            if file.sha256 and sha256.hexdigest() != file.sha256:
                raise _other_file(file.url)
            with ZipFile(kept) as wheel:
                kept.opened = True
                wheel.filename = file.filename
                yield wheel


class _Kept(tempfile.SpooledTemporaryFile[bytes]):
    """A wheel that was downloaded; a directory that would take all memory is not read."""

    opened = False  # the directory was read; what follows are members

    def read(self, *size: int) -> bytes:
        """Return the next bytes. Raises BadZipFile for more than any directory has."""
        if not self.opened and size and size[0] > _LARGEST_RANGE:
            raise BadZipFile("the directory is larger than any")
        return super().read(*size)


class _Checked:
    """The part of a session that remotezip uses, with our credentials, limits and errors.

    A range is read whole, and is the one asked for: what the server says of it is not believed.
    """

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, url: str, *, headers: Mapping[str, str], **kwargs: Any) -> "requests.Response":
        response = self._http.session.get(
            url,
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=self._http.timeout,
            auth=self._http.credentials(url),
            **kwargs,
        )
        with response:
            check_status(response.status_code, url)
            if response.status_code in MISSING:
                raise _GoneError
            first, _, last = headers["Range"].removeprefix("bytes=").partition("-")
            length = int(last) - int(first) + 1 if first else int(last)
            said = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if said is None or length > _LARGEST_RANGE:
                raise RangeNotSupported
            body = self._http.read_body(response, length)
            start, end = int(said[1]), int(said[2])
            if end - start + 1 != len(body) or (first and start != int(first)):
                raise RangeNotSupported
        response.raw = BytesIO(body)
        return response


def _check_hash(data: bytes, sha256: str, url: str) -> None:
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise _other_file(url)


def _other_file(url: str) -> UnresolvableError:
    return UnresolvableError(
        f"{redact(url)} is not the file that the index lists: its SHA-256 differs",
        hint="run again; if it stays, the index or a proxy in between serves another file",
    )


@contextmanager
def _network_errors(url: str) -> Iterator[None]:
    """Turn what the network layers raise while bytes flow into a TransientError."""
    try:
        yield
    except (HTTPError, requests.RequestException, RemoteZipError) as error:
        raise TransientError(
            f"the index broke off in the middle of {redact(url)}",
            hint="check the network, or use --offline to plan from the bundled facts",
        ) from error
