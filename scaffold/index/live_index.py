"""The configured index and what the cache remembers of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock as Mutex

import msgspec
from packaging.utils import canonicalize_name

from scaffold.index.cache import Cache
from scaffold.index.client import Http
from scaffold.index.configuration import IndexConfig, redact
from scaffold.index.metadata import read_sdist
from scaffold.index.remote_files import LARGEST_WHOLE, RemoteFiles
from scaffold.index.simple_api import ACCEPT, read_page
from scaffold.model.index import (
    Contents,
    DistFile,
    Metadata,
    Page,
    SourceFacts,
    WheelFacts,
    is_pure,
)

FRESH = 600.0  # seconds that a page is used without asking again
MetadataBuilder = Callable[[Metadata, str, bytes, IndexConfig], Metadata]
LARGEST_ELF_READ = 24 << 20  # bytes of a wheel that is read for every candidate, not the best only


class CachedPage(msgspec.Struct, frozen=True, array_like=True):
    """A page and how to ask whether it changed; ``files`` is None for no such project."""

    fetched: float
    etag: str
    last_modified: str
    files: tuple[DistFile, ...] | None
    elsewhere: tuple[tuple[str, str], ...] = ()


class LiveIndex:
    """Asks the index, through the cache. ``configure`` is called once, when first needed.

    ``largest_elf_read`` is bytes of a wheel that is downloaded to read its machine code; ``build``
    asks sdists' build backends for what they do not say, where the user wants that.
    """

    def __init__(
        self,
        configure: Callable[[], IndexConfig],
        cache: Cache,
        *,
        clock: Callable[[], float] = time.time,
        connect: Callable[[IndexConfig], Http] = Http,
        largest_elf_read: int = LARGEST_ELF_READ,
        build: MetadataBuilder | None = None,
    ) -> None:
        self._configure = configure
        self._cache = cache
        self._clock = clock
        self._connect = connect
        self._largest = largest_elf_read
        self._build = build
        self._mutex = Mutex()
        self._opened: Http | None = None

    @cached_property
    def config(self) -> IndexConfig:
        """Return the index configuration, read once."""
        return self._configure()

    @property
    def _http(self) -> Http:
        """Return the one session; what is fresh in the cache needs none."""
        with self._mutex:
            if self._opened is None:
                self._opened = self._connect(self.config)
                _ = self._opened.session
            return self._opened

    @property
    def _remote(self) -> RemoteFiles:
        return RemoteFiles(self._http)

    def page(self, name: str, *, only: str = "") -> Page | None:
        """Return the files that all configured indexes have of a project. Raises TransientError.

        ``only`` is the one index to ask. Where the first match counts, no index after it is asked.
        """
        with self._mutex:  # threads must not read the configuration twice
            urls = (only,) if only else self.config.urls
        found: list[Page] = []
        for base in urls:
            known, origin = self._find_page(name, _page_url(base, name), redact(base))
            if known.files is not None:
                found.append(_expand(name, known, origin, redact(base)))
                if self.config.first_match:
                    break
        if not only:
            found = [*self._linked(name), *found]
        return merge_pages(found)

    def _linked(self, name: str) -> Iterator[Page]:
        """Yield what pages of files (``--find-links``) have of a name."""
        for url in self.config.find_links:
            known, origin = self._find_page(name, url, redact(url))
            files = tuple(file for file in known.files or () if _belongs(file, name))
            if files:
                yield Page(name=name, files=files, origin=origin, index_url=redact(url))

    def cached_page(self, name: str, *, only: str = "") -> Page | None:
        """Return what the cache has of a project, however old; opens no connection."""
        if self._cache.load("names", name, float) is None:
            return None
        found: list[Page] = []
        for base in (only,) if only else self.config.urls:
            known = self._cache.load("pages", redact(_page_url(base, name)), CachedPage)
            if known is not None and known.files is not None:
                found.append(_expand(name, known, "cache", redact(base)))
                if self.config.first_match:
                    break
        return merge_pages(found)

    def cached_metadata(self, file: DistFile) -> Metadata | None:
        """Return the metadata of a file in the cache, shared by files with the same text."""
        for key in _metadata_keys(file):
            found = self._cache.load("metadata", key, Metadata)
            if found is not None:
                return found
        return None

    def metadata(self, file: DistFile) -> Metadata | None:
        """Fetch a file's metadata. Raises UnresolvableError for a file that is not its hash's."""
        if not file.url:
            return None
        if not file.filename.endswith(".whl"):
            self._read_sdist(file)
            return self.cached_metadata(file)
        found = self._wheel_metadata(file)
        if found is not None:
            self._cache.save("metadata", _metadata_keys(file)[-1], found)
        return found

    def built_metadata(
        self, plain: Metadata, file: DistFile, read: Callable[[], bytes | None], *, offline: bool
    ) -> Metadata | None:
        """Build an sdist's metadata, where that was asked for; ``read`` gives the sdist.

        Offline there is what an earlier run built.
        """
        if self._build is None:
            return None
        found = self._cache.load("built", _file_key(file), Metadata)
        if found is None and not offline and (data := read()) is not None:
            found = self._build(plain, file.filename, data, self.config)
            if not found.problem:
                self._cache.save("built", _file_key(file), found)
        return found

    def sdist(self, file: DistFile) -> bytes | None:
        """Download an sdist; None for one that is gone or very large."""
        return self._remote.sdist(file)

    def cached_source(self, file: DistFile) -> SourceFacts | None:
        """Return what the cache has of what building an sdist takes."""
        return self._cache.load("sdists", _file_key(file), SourceFacts)

    def source(self, file: DistFile) -> SourceFacts | None:
        """Read what building an sdist takes; None where it cannot be read."""
        if file.url:
            self._read_sdist(file)
        return self.cached_source(file)

    def _read_sdist(self, file: DistFile) -> None:
        data = self._remote.sdist(file)
        inside = read_sdist(data, file.filename) if data is not None else None
        if inside is not None:
            self._cache.save("metadata", _file_key(file), inside.metadata)
            self._cache.save("sdists", _file_key(file), inside.source)

    def cached_facts(self, file: DistFile) -> WheelFacts | None:
        """Return what the cache has of the inside of a wheel."""
        key = _file_key(file)
        return self._cache.load("wheels", key, WheelFacts) if key else None

    def wants_facts(self, known: WheelFacts | None, file: DistFile, *, large: bool = False) -> bool:
        """Tell whether asking the index would teach something new about a wheel."""
        if not file.url or not file.filename.endswith(".whl"):
            return False
        largest = LARGEST_WHOLE if large else self._largest
        return known is None or (known.elf == "unread" and _is_up_to(file, largest))

    def facts(self, name: str, file: DistFile, largest: int | None = None) -> WheelFacts | None:
        """Read a wheel's inside, and its machine code if it has no more than ``largest`` bytes."""
        if _is_up_to(file, self._largest if largest is None else largest) and not is_pure(
            file.filename
        ):
            found = self._remote.with_elf(file)
        else:
            found = self._remote.facts(file)
        if found is not None:
            self._remember_facts(name, file, found)
        return found

    def libraries(self, file: DistFile) -> tuple[str, ...] | None:
        """Return the shared libraries that a wheel brings, by its directory alone."""
        key = _file_key(file)
        known = self._cache.load("libraries", key, tuple[str, ...]) if key else None
        if known is not None or not file.url:
            return known
        facts = self._remote.facts(file)
        found = facts.brings if facts else None
        if found is not None:
            self._cache.save("libraries", key, found)
        return found

    def contents(self, file: DistFile, *, network: bool) -> Contents | None:
        """List a wheel's files: from the cache, else by its directory."""
        known = self._cache.load("contents", _file_key(file), Contents)
        if known is not None or not network or not file.url:
            return known
        found = self._remote.contents(file)
        if found is not None:
            self._cache.save("contents", _file_key(file), found)
        return found

    def siblings(self, name: str, index: str) -> Iterator[tuple[str, WheelFacts]]:
        """Yield (file name, facts) of the project's wheels there whose machine code was read."""
        known = self._cache.load("siblings", f"{index} {name}", dict[str, WheelFacts]) or {}
        yield from known.items()

    def _wheel_metadata(self, file: DistFile) -> Metadata | None:
        if file.has_metadata and (announced := self._remote.announced_metadata(file)):
            return announced
        return self._remote.metadata(file)

    def _remember_facts(self, name: str, file: DistFile, facts: WheelFacts) -> None:
        self._cache.save("wheels", _file_key(file), facts)
        if facts.elf == "read":
            with self._mutex:
                known = dict(self.siblings(name, file.index))
                key = f"{file.index} {name}"
                self._cache.save("siblings", key, {file.filename: facts} | known)

    def _find_page(self, name: str, url: str, index: str) -> tuple[CachedPage, str]:
        """Return a page, and whether it is from the cache or the index."""
        known = self._cache.load("pages", redact(url), CachedPage)
        if known is not None and 0 <= self._clock() - known.fetched < FRESH:
            return known, "cache"
        return self._fetch_page(name, url, known, index), "index"

    def _fetch_page(self, name: str, url: str, known: CachedPage | None, index: str) -> CachedPage:
        headers = {"Accept": ACCEPT}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        answer = self._http.get(url, headers)
        now = self._clock()
        if answer.status == 304 and known is not None:  # noqa: PLR2004 - Not Modified
            tags = (known.etag, known.last_modified)
            fresh = CachedPage(now, *tags, known.files, known.elsewhere)
        else:
            files, elsewhere = (None, ()) if answer.missing else read_page(answer, index)
            fresh = CachedPage(
                now,
                answer.headers.get("ETag", ""),
                answer.headers.get("Last-Modified", ""),
                files,
                elsewhere,
            )
        self._cache.save("pages", redact(url), fresh)
        self._cache.save("names", name, now)
        return fresh


def _page_url(base: str, name: str) -> str:
    return f"{base.rstrip('/')}/{name}/"


def _file_key(file: DistFile) -> str:
    """Return what a file is kept under: what one index claims of a hash binds no other."""
    place = file.index or redact(file.url)
    return f"{place} {file.sha256 or redact(file.url)}" if place or file.sha256 else ""


def _metadata_keys(file: DistFile) -> tuple[str, ...]:
    if not file.metadata_sha256:
        return (_file_key(file),)
    return (_file_key(file), f"{file.index} metadata {file.metadata_sha256}")


def _is_up_to(file: DistFile, size: int) -> bool:
    """Tell whether a file may be downloaded whole; a page need not say how large it is."""
    return (LARGEST_WHOLE if file.size is None else file.size) <= size


def _belongs(file: DistFile, name: str) -> bool:
    stem = file.filename.partition("-")[0] if file.filename.endswith(".whl") else file.filename
    return canonicalize_name(stem) == name or canonicalize_name(stem).startswith(f"{name}-")


def _expand(name: str, page: CachedPage, origin: str, index_url: str) -> Page:
    return Page(
        name=name,
        files=page.files or (),
        origin=origin,
        index_url=index_url,
        elsewhere=page.elsewhere,
    )


def merge_pages(pages: Sequence[Page | None]) -> Page | None:
    """Put the pages of a project together; the first that has a file decides."""
    known = [page for page in pages if page is not None]
    if len(known) < 2:  # noqa: PLR2004
        return known[0] if known else None
    files: dict[str, DistFile] = {}
    for page in known:
        for file in page.files:
            files.setdefault(file.filename, file)
    return replace(
        known[0],
        files=tuple(files.values()),
        elsewhere=tuple(dict.fromkeys(pair for page in known for pair in page.elsewhere)),
    )
