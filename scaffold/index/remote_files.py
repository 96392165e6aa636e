"""Looking into distribution files on an index without downloading what is not needed."""

import hashlib
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

import requests
from remotezip import RangeNotSupported, RemoteIOError, RemoteZip, RemoteZipError
from urllib3.exceptions import HTTPError

from scaffold.assembler.duplicates import may_link
from scaffold.assembler.trim import rule_of
from scaffold.catalog.snapshot import KINDS
from scaffold.index.client import MISSING, Http, check_status
from scaffold.index.configuration import redact
from scaffold.index.elf import read_elf_facts
from scaffold.index.metadata import (
    LARGEST_METADATA,
    LARGEST_SDIST,
    parse_metadata,
)
from scaffold.index.wrapped_programs import find_wrapped
from scaffold.model.errors import TransientError, UnresolvableError
from scaffold.model.image import count_blocks
from scaffold.model.index import Contents, DistFile, Metadata, WheelFacts, is_pure
from scaffold.model.project import When
from scaffold.project.source_modules import LARGEST_SOURCE, parse_modules, runs_on_import
from scaffold.project.uses import find_uses

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


def classify(path: str) -> str:
    """Return the one kind of file that a path inside a wheel is of."""
    *folders, name = path.split("/")
    if folders and folders[0].endswith(".dist-info"):
        return "dist-info"
    rule = rule_of((*folders, name))
    if rule is not None and rule.kind:
        return rule.kind
    suffixes = PurePosixPath(name).suffixes
    return "so" if ".so" in suffixes else "py" if suffixes[-1:] == [".py"] else "other"


def read_contents(wheel: ZipFile, filename: str) -> WheelFacts:
    """Return sizes by kind from a wheel's directory."""
    sizes = dict.fromkeys(KINDS, 0)
    files = [info for info in wheel.infolist() if not info.is_dir()]
    for info in files:
        sizes[classify(info.filename)] += info.file_size
    return WheelFacts(
        installed=sum(sizes.values()),
        files=len(files),
        kinds=tuple((kind, size) for kind, size in sizes.items() if size),
        elf="none" if is_pure(filename) and not sizes["so"] else "unread",
        blocks=count_blocks((info.filename, info.file_size) for info in files),
        brings=list_libraries(info.filename for info in files),
        modules=_list_modules(info.filename for info in files),
        served=sum(info.file_size for info in files if "/static/" in info.filename),
        duplicates=_count_duplicates(files),
    )


def read_wheel(wheel: ZipFile, filename: str) -> WheelFacts:
    """Return sizes by kind, and what the machine code says."""
    facts = read_contents(wheel, filename)
    return (
        facts
        if facts.elf == "none"
        else replace(facts, elf="read", **asdict(read_elf_facts(wheel)))
    )


def _count_duplicates(files: Iterable[ZipInfo]) -> int:
    """Return the bytes of files that are the same as another, as far as assembling links them.

    Only those of one layer are linked: what a wheel puts beside its packages (``share/``) is not.
    """
    linked = [
        (info.CRC, info.file_size, info.external_attr >> 16)
        for info in files
        if ".data/" not in _installed_path(info.filename)
        and may_link(info.filename.rpartition("/")[2], info.file_size)
        and classify(info.filename) in {"so", "other"}
    ]
    return sum(size for _, size, _ in linked) - sum(size for _, size, _ in set(linked))


def list_libraries(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the shared libraries among a wheel's files, with their paths below site-packages."""
    names = ((path, path.rpartition("/")[2]) for path in paths)
    return tuple(
        sorted(
            _installed_path(path)
            for path, name in names
            if ".so" in name and (name.endswith(".so") or ".so." in name)
        )
    )


def _list_modules(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a wheel's files can be imported as."""
    tops = {_installed_path(path).partition("/")[::2] for path in paths}
    names = {
        top if below else top.partition(".")[0]
        for top, below in tops
        if below or top.endswith((".py", ".so", ".pyd"))
    }
    return tuple(sorted(name for name in names if name.isidentifier()))


def _installed_path(path: str) -> str:
    """Return where a wheel's file comes to lie below site-packages."""
    head, _, rest = path.partition("/")
    scheme, _, below = rest.partition("/")
    return below if head.endswith(".data") and scheme in {"purelib", "platlib"} else path


def _is_scanned(file: DistFile) -> bool:
    return is_pure(file.filename) and file.size is not None and file.size <= _LARGEST_READ


# Modules that are named for a system other than Linux: others import them there only.
_OF_OTHERS = re.compile(r"(?i)(?:^|[/_])(?:macos|osx|darwin|win(?:32|dows)?|cygwin)(?:_|\.py$|/)")


def _read_sources(wheel: ZipFile) -> dict[str, bytes]:
    return {
        info.filename: wheel.read(info)
        for info in wheel.infolist()
        if info.filename.endswith(".py")
        and info.file_size <= LARGEST_SOURCE
        and not _OF_OTHERS.search(info.filename)
    }


def _list_opened(texts: Mapping[str, bytes]) -> Iterator[tuple[str, str, bool]]:
    """Yield the libraries that a wheel's modules open by name, where, and whether at import.

    What a module survives the lack of, and parts of the C library, are left out.
    """
    if not any(b"ctypes" in text or b"dlopen" in text for text in texts.values()):
        return
    modules, _ = parse_modules(texts)
    by_file = {module.file: module for module in modules}
    tops = {_installed_path(name).partition("/")[0].removesuffix(".py") for name in texts}
    found: dict[str, tuple[str, str, bool]] = {}
    for use in (u for top in sorted(tops) for u in find_uses(modules, (*texts,), command=(top,))):
        if use.code == "finds-library" and use.when is not When.MAYBE:
            module, line = by_file[use.origin.file], use.origin.line or 0
            sure = use.when is When.START or runs_on_import(module, line)
            found[use.value] = (use.value, str(use.origin), sure)
    yield from (one for name, one in found.items() if not _OF_LIBC.fullmatch(name))


# The C library's, and what an import of tkinter stands for: a package does without.
_OF_LIBC = re.compile(r"(lib)?(c|m|dl|pthread|rt|util|resolv)(\.so\S*)?|libtk\S+")


class RemoteFiles:
    """Reads wheels and sdists through one HTTP session. All methods may raise TransientError."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def announced_metadata(self, file: DistFile) -> Metadata | None:
        """Return the metadata that the index offers beside a file (PEP 658).

        Raises UnresolvableError where it is not what its hash on the page says.
        """
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
                    texts = _read_sources(wheel)
                    facts = replace(
                        facts,
                        opened=tuple(_list_opened(texts)),
                        starts=find_wrapped(
                            _read_metadata(wheel) or b"",
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
            for path in [_installed_path(info.filename)]
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


def wheel_metadata(wheel: ZipFile) -> Metadata | None:
    """Return the metadata of an open wheel, None where it has none."""
    text = _read_metadata(wheel)
    return None if text is None else parse_metadata(text)


def _read_metadata(wheel: ZipFile) -> bytes | None:
    for name in wheel.namelist():
        folder, _, rest = name.partition("/")
        if rest == "METADATA" and folder.endswith(".dist-info"):
            fits = wheel.getinfo(name).file_size <= LARGEST_METADATA
            return wheel.read(name) if fits else None
    return None
