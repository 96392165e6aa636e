"""The index port in layers: lock file, live index with its cache, bundled snapshot."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock as Mutex
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from scaffold.catalog.resources import snapshots
from scaffold.catalog.sibling_wheels import assume_elf
from scaffold.catalog.snapshot import Snapshot
from scaffold.index.cache import Cache, find_cache_folder
from scaffold.index.configuration import IndexConfig, read_index_config
from scaffold.index.live_index import LARGEST_ELF_READ, LiveIndex
from scaffold.index.lock_layer import LockLayer
from scaffold.index.prefetch import list_likely_needs, newest_release
from scaffold.model.errors import TransientError
from scaffold.model.index import DistFile, Metadata, Page, WheelFacts
from scaffold.model.project import IndexOptions, Lock

T = TypeVar("T")

_WORKERS = 24


class LayeredIndex:
    """Satisfies ``scaffold.model.ports.Index``; safe to use from several threads.

    Online a page comes from the index (or its cache, if fresh) and facts from whoever has them
    first: snapshot, cache, index. Offline everything that is known is put together and no
    connection is opened.
    """

    def __init__(
        self,
        *,
        live: LiveIndex,
        snapshot: Snapshot,
        locks: Sequence[Lock] = (),
        offline: bool = False,
        workers: int = _WORKERS,
    ) -> None:
        self._live = live
        self._snapshot = snapshot
        self._locks = LockLayer(locks)
        self._offline = offline
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="index")
        self._mutex = Mutex()
        self._pages: dict[tuple[str, str], Future[Page | None]] = {}
        self._metadata: dict[tuple[str, str, str], Future[Metadata | None]] = {}
        self._facts: dict[str, Future[WheelFacts | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop what is still being fetched ahead of need."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def page(self, name: str, *, index: str = "") -> Page | None:
        """Return all files of a project, or None if no layer knows it. Raises TransientError.

        ``index`` is the one index to ask.
        """
        return self._page(name, index).result()

    def prefetch(self, names: Sequence[str]) -> None:
        """Start fetching pages, and what their newest releases need."""
        if not self._offline:
            for name in names:
                self._page(name)

    def metadata(self, name: str, version: str, files: Sequence[DistFile]) -> Metadata | None:
        """Return the metadata of a release, from any of its files."""
        return self._release(name, version, tuple(files)).result()

    def wheel_facts(
        self, wanted: Sequence[tuple[str, str, DistFile]], *, network: bool
    ) -> tuple[WheelFacts | None, ...]:
        """Return the facts of wheels in the order asked; None where nothing is known."""
        known = [self._known_facts(name, file) for name, _, file in wanted]
        if not network or self._offline:
            return tuple(known)
        waiting = {
            position: self._fetched_facts(name, file)
            for position, (name, _, file) in enumerate(wanted)
            if self._live.wants_facts(known[position], file)
        }
        for position, future in waiting.items():
            name, _, file = wanted[position]
            try:
                fetched = future.result()
            except TransientError:
                if known[position] is None:
                    raise
                continue
            known[position] = self._with_siblings(name, file, fetched) or known[position]
        return tuple(known)

    def _page(self, name: str, index: str = "") -> "Future[Page | None]":
        key = (name, index)
        if self._offline:
            return self._once(self._pages, key, lambda: self._offline_page(name, index), now=True)
        return self._once(self._pages, key, lambda: self._online_page(name, index))

    def _online_page(self, name: str, index: str) -> Page | None:
        locked = self._locks.page(name)
        try:
            page = self._live.page(name, only=index)
        except TransientError:
            if locked is None:
                raise
            return locked
        if page is None:
            return locked
        self._look_ahead(page)
        return _union(name, [page, locked])

    def _offline_page(self, name: str, index: str) -> Page | None:
        cached = self._live.cached_page(name, only=index)
        if index:  # the snapshot is of the public index
            return _union(name, [cached, self._locks.page(name)])
        return _union(name, [cached, self._snapshot.page(name), self._locks.page(name)])

    def _look_ahead(self, page: Page) -> None:
        """Ask for the newest release's metadata: most likely it is what comes next."""
        newest = newest_release(page)
        if newest is not None:
            version, files = newest
            self._release(page.name, version, files, ahead=True)

    def _release(
        self, name: str, version: str, files: tuple[DistFile, ...], *, ahead: bool = False
    ) -> "Future[Metadata | None]":
        def work() -> Metadata | None:
            found = self._find_metadata(name, version, files)
            if found is not None and not self._offline and ahead:
                self.prefetch(list_likely_needs(found))
            return found

        # Indexes may have different files under one name and version.
        host = urlsplit(files[0].url).netloc if files else ""
        return self._once(self._metadata, (name, version, host), work, now=self._offline)

    def _find_metadata(
        self, name: str, version: str, files: tuple[DistFile, ...]
    ) -> Metadata | None:
        found = (
            self._locks.metadata(name, version)
            or self._snapshot.metadata(name, files)
            or self._live.cached_metadata(files)
        )
        if found is not None or self._offline:
            return found
        return self._live.metadata(files)

    def _known_facts(self, name: str, file: DistFile) -> WheelFacts | None:
        known = self._snapshot.wheel_facts(name, file)
        if known is not None and known.elf in {"read", "none"}:
            return known
        cached = self._live.cached_facts(file)
        return self._with_siblings(name, file, cached or known)

    def _with_siblings(
        self, name: str, file: DistFile, facts: WheelFacts | None
    ) -> WheelFacts | None:
        if facts is None or facts.elf != "unread":
            return facts
        siblings = [*self._live.siblings(name), *self._snapshot.siblings(name)]
        return assume_elf(facts, file.filename, siblings)

    def _fetched_facts(self, name: str, file: DistFile) -> "Future[WheelFacts | None]":
        return self._once(self._facts, file.filename, lambda: self._live.facts(name, file))

    def _once(
        self, memory: "dict[T, Future[U]]", key: T, work: "Callable[[], U]", *, now: bool = False
    ) -> "Future[U]":
        """Return the one future of a piece of work; ``now`` does it in this thread."""
        with self._mutex:
            future = memory.get(key)
            if future is not None:
                return future
            if not now:
                future = memory[key] = self._pool.submit(work)
                return future
            future = memory[key] = Future()
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
            raise
        return future


U = TypeVar("U")


def open_index(
    env: Mapping[str, str],
    *,
    project: Path | None = None,
    options: IndexOptions | None = None,
    lock: Lock | None = None,
    offline: bool = False,
    snapshot: Snapshot | None = None,
    clock: Callable[[], float] = time.time,
    largest_elf_read: int = LARGEST_ELF_READ,
) -> LayeredIndex:
    """Return the index as the user's environment and project configure it.

    The configuration is read when it is first needed, so offline it may cost nothing.
    """

    def configure() -> IndexConfig:
        return read_index_config(env, project=project, options=options)

    return LayeredIndex(
        live=LiveIndex(
            configure, Cache(find_cache_folder(env)), clock=clock, largest_elf_read=largest_elf_read
        ),
        snapshot=snapshot or Snapshot(*snapshots()),
        locks=() if lock is None else (lock,),
        offline=offline,
    )


def _union(name: str, pages: Sequence[Page | None]) -> Page | None:
    """Put pages together; the first that has a file decides what is said of it."""
    known = [page for page in pages if page is not None]
    if not known:
        return None
    files: dict[str, DistFile] = {}
    for file in _all_files(known):
        files.setdefault(file.filename, file)
    return Page(
        name=canonicalize_name(name),
        files=tuple(files.values()),
        origin=known[0].origin,
        index_url=known[0].index_url,
    )


def _all_files(pages: Sequence[Page]) -> Iterator[DistFile]:
    for page in pages:
        yield from page.files
