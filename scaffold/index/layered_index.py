"""The index port in layers: lock file, live index with its cache, bundled snapshot."""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock as Mutex
from types import MappingProxyType, TracebackType
from typing import Self, TypeVar

from packaging.utils import canonicalize_name

from scaffold.catalog.resources import snapshots
from scaffold.catalog.snapshot import Snapshot
from scaffold.index.cache import Cache, find_cache_folder
from scaffold.index.configuration import IndexConfig, read_index_config
from scaffold.index.live_index import LARGEST_ELF_READ, LiveIndex, MetadataBuilder, merge_pages
from scaffold.index.lock_layer import LockLayer
from scaffold.index.project_files import ProjectFiles
from scaffold.index.remote_files import LARGEST_WHOLE
from scaffold.model.errors import TransientError
from scaffold.model.index import (
    Contents,
    DistFile,
    Metadata,
    Page,
    SourceFacts,
    WheelFacts,
    assume_elf,
    is_pure,
)
from scaffold.model.project import PROJECT_FILES, IndexOptions, Lock, Project
from scaffold.resolver.releases import final_releases, list_releases

_LOOKED_AT = 400  # files; pages list releases in order, the newest at either end
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_UNLIKELY = re.compile(r"\bextra\b|win32|Windows|[Dd]arwin|cygwin|emscripten|PyPy|pypy")
_PAST = re.compile(r"python_(?:full_)?version\s*<=?\s*['\"]3\.(?:[0-9]|10|11)(?:\.\d+)?['\"]")


def newest_release(page: Page) -> tuple[str, tuple[DistFile, ...]] | None:
    """Return the newest final release that was not yanked: version, files at the page's ends."""
    ends = page.files[:_LOOKED_AT] + page.files[_LOOKED_AT:][-_LOOKED_AT:]
    release = next(final_releases(list_releases(replace(page, files=ends))), None)
    if release is None:
        return None
    # Wheels before sdists, small files first: any wheel's metadata will do.
    best = sorted(release.wheels, key=lambda file: file.size or 0)
    return str(release.version), (*best, *((release.sdist,) if release.sdist else ()))


def list_likely_needs(metadata: Metadata) -> tuple[str, ...]:
    """Return the names that a release needs on most targets, without its extras."""
    found: dict[str, None] = {}
    for text in metadata.requires:
        head, _, marker = text.partition(";")
        match = _NAME.match(head.strip())
        if match and not (_UNLIKELY.search(marker) or _PAST.search(marker)):
            found[canonicalize_name(match[0])] = None
    return tuple(found)


T = TypeVar("T")

_WORKERS = 24
_HEARD_WITHIN = 0.5  # seconds
# Libraries that PEP 600 lets a manylinux wheel take from the system, and those of the C library:
# any other comes from a package that is installed beside it, or is missing.
PROMISED_LIBRARIES = frozenset(
    {
        *("libgcc_s.so.1", "libstdc++.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libc.so.6"),
        *("libnsl.so.1", "libutil.so.1", "libpthread.so.0", "libX11.so.6", "libXext.so.6"),
        *("libXrender.so.1", "libICE.so.6", "libSM.so.6", "libGL.so.1", "libgobject-2.0.so.0"),
        *("libgthread-2.0.so.0", "libglib-2.0.so.0", "libresolv.so.2", "libexpat.so.1"),
        *("libz.so.1", "libatomic.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"),
        *("ld-linux-armhf.so.3", "ld-linux.so.2"),
    }
)


class LayeredIndex:
    """Satisfies ``scaffold.model.index.Index``; safe to use from several threads.

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
        files: ProjectFiles | None = None,
        bindings: Mapping[str, frozenset[str]] = MappingProxyType({}),
        no_index: bool = False,
    ) -> None:
        self._live = live
        self._snapshot = snapshot
        self._locks = LockLayer(locks)
        self._offline = offline
        self._files = files or ProjectFiles(Path(), ())
        self._bindings = bindings
        self._no_index = no_index
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="index")
        self._mutex = Mutex()
        self._pages: dict[tuple[str, str], Future[Page | None]] = {}
        self._metadata: dict[tuple[str, str, str], Future[Metadata | None]] = {}
        self._facts: dict[tuple[str, str, str], Future[WheelFacts | None]] = {}

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

        ``index`` is the one index to ask. A name that is bound everywhere is asked nowhere else,
        even where nobody says which: it may be one that only its owner should see.
        """
        bound = self._bindings.get(name, frozenset())
        if not index and bound and "" not in bound:
            index = min(bound)
        return _answer(self._page(name, index))

    def prefetch(self, names: Sequence[str]) -> None:
        """Start fetching pages, and what their newest releases need."""
        if not self._offline:
            for name in names:
                if name not in self._bindings:
                    self._page(name)

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        """Return the metadata of a file."""
        return _answer(self._release(name, version, file))

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Start fetching the metadata of files."""
        if not self._offline:
            for name, version, file in wanted:
                self._release(name, version, file)

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:  # noqa: ARG002 - of a port
        """Return what building an sdist takes, None where nobody has read it."""
        own = self._files.source_facts(file)
        if own is not None or not file.url:
            return own
        found = self._live.cached_source(file)
        return found if found is not None or self._offline else self._live.source(file)

    def wheel_facts(
        self, wanted: Sequence[tuple[str, str, DistFile]], *, network: bool, large: bool = False
    ) -> tuple[WheelFacts | None, ...]:
        """Return the facts of wheels in the order asked; None where nothing is known.

        A file that the lock names is planned with all the same where its host does not answer.
        """
        known = [self._known_facts(name, file) for name, _, file in wanted]
        if not network or self._offline:
            return tuple(known)
        waiting = {
            position: self._fetched_facts(name, file, large=large)
            for position, (name, _, file) in enumerate(wanted)
            if self._live.wants_facts(known[position], file, large=large)
        }
        for position, future in waiting.items():
            name, _, file = wanted[position]
            try:
                fetched = _answer(future)
            except TransientError:
                if known[position] is None and not self._locks.names(name, file):
                    raise
                continue
            known[position] = self._with_siblings(name, file, fetched) or known[position]
        return self._with_libraries(wanted, known)

    def contents(self, files: Sequence[DistFile]) -> list[Contents | None]:
        """List what is inside wheels; None where it is not known and cannot be asked."""
        network = not self._offline
        asked = [self._pool.submit(self._live.contents, file, network=network) for file in files]
        found: list[Contents | None] = []
        for one in asked:
            try:
                found.append(_answer(one))
            except TransientError:
                found.append(None)
        return found

    def _with_libraries(
        self, wanted: Sequence[tuple[str, str, DistFile]], known: Sequence[WheelFacts | None]
    ) -> tuple[WheelFacts | None, ...]:
        """List what wheels bring if one needs what no system has: another wheel may bring it."""
        lacking = {n for facts in known if facts for n in facts.needs} - PROMISED_LIBRARIES
        brought = {p.rpartition("/")[2] for facts in known if facts for p in facts.brings or ()}
        if lacking <= brought:
            return tuple(known)
        unlisted = {
            position: self._pool.submit(self._live.libraries, file)
            for position, (_, _, file) in enumerate(wanted)
            if (facts := known[position]) and facts.brings is None and not is_pure(file.filename)
        }
        listed = list(known)
        for position, future in unlisted.items():
            facts = known[position]
            with suppress(TransientError):
                if facts is not None and (brings := _answer(future)) is not None:
                    listed[position] = replace(facts, brings=brings)
        return tuple(listed)

    def _page(self, name: str, index: str = "") -> "Future[Page | None]":
        key = (name, index)
        if index == PROJECT_FILES:
            return self._once(self._pages, key, lambda: self._files.page(name), now=True)
        if self._offline:
            return self._once(self._pages, key, lambda: self._offline_page(name, index), now=True)
        return self._once(self._pages, key, lambda: self._online_page(name, index))

    def _online_page(self, name: str, index: str) -> Page | None:
        locked = self._locks.page(name)
        own = None if index else self._files.page(name)
        try:
            page = self._live.page(name, only=index)
        except TransientError:
            if locked is None:
                raise
            return merge_pages([own, locked])
        if page is not None:
            self._look_ahead(page)
        return merge_pages([own, page, locked])

    def _offline_page(self, name: str, index: str) -> Page | None:
        cached = self._live.cached_page(name, only=index)
        own = None if index else self._files.page(name)
        # The snapshot is of the public index.
        public = None if index or self._no_index else self._snapshot.page(name)
        return merge_pages([own, cached, public, self._locks.page(name)])

    def _look_ahead(self, page: Page) -> None:
        """Ask for the newest release's metadata: most likely it is what comes next."""
        newest = newest_release(page)
        if newest is not None:
            version, files = newest
            self._release(page.name, version, files[0], ahead=True)

    def _release(
        self, name: str, version: str, file: DistFile, *, ahead: bool = False
    ) -> "Future[Metadata | None]":
        def work() -> Metadata | None:
            found = self._find_metadata(name, version, file)
            if found is not None and not self._offline and ahead:
                self.prefetch(list_likely_needs(found))
            return found

        text = file.metadata_sha256 or f"{file.filename} {file.sha256}"
        key = (name, version, f"{file.index} {text}")
        return self._once(self._metadata, key, work, now=self._offline)

    def _find_metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        found = self._stated_metadata(name, version, file)
        if file.filename.endswith(".whl") or not (found is None or found.uncertain):
            return found
        plain = found or Metadata(name=name, version=version, uncertain=True)
        built = self._live.built_metadata(
            plain,
            file,
            lambda: self._files.sdist(file) or self._live.sdist(file),
            offline=self._offline,
        )
        return built or found

    def _stated_metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        found = (
            self._files.metadata([file])
            or self._locks.metadata(name, version)
            or self._live.cached_metadata(file)
        )
        if found is None and (self._offline or self._snapshot.speaks_for(name, file)):
            found = self._snapshot.metadata(name, [file])
        if found is not None or self._offline:
            return found
        return self._live.metadata(file)

    def _known_facts(self, name: str, file: DistFile) -> WheelFacts | None:
        own = self._files.wheel_facts(file)
        if own is not None:
            return own
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
        siblings = [*self._live.siblings(name, file.index), *self._snapshot.siblings(name)]
        return assume_elf(facts, file.filename, siblings)

    def _fetched_facts(
        self, name: str, file: DistFile, *, large: bool
    ) -> "Future[WheelFacts | None]":
        key = (file.filename, file.sha256, f"{file.index} {large}")
        largest = LARGEST_WHOLE if large else None
        return self._once(self._facts, key, lambda: self._live.facts(name, file, largest))

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
    folder: Path | None = None,
    options: IndexOptions | None = None,
    project: Project | None = None,
    offline: bool = False,
    snapshot: Snapshot | None = None,
    largest_elf_read: int = LARGEST_ELF_READ,
    build: MetadataBuilder | None = None,
) -> LayeredIndex:
    """Return the index as configured; the configuration is read when it is first needed."""

    def configure() -> IndexConfig:
        return read_index_config(env, project=folder, options=options)

    return LayeredIndex(
        live=LiveIndex(
            configure, Cache(find_cache_folder(env)), largest_elf_read=largest_elf_read, build=build
        ),
        snapshot=snapshot or Snapshot(*snapshots()),
        locks=() if project is None or project.lock is None else (project.lock,),
        offline=offline,
        files=ProjectFiles(folder or Path(), project.distributions if project else ()),
        bindings=list_bindings(project) if project else {},
        no_index=options is not None and options.no_index,
    )


def list_bindings(project: Project) -> Mapping[str, frozenset[str]]:
    """Return the names that are bound to indexes, with these; an empty one where also to none."""
    found: dict[str, set[str]] = {}
    for asked in project.asked:
        found.setdefault(asked.name, set()).add(asked.index)
    return {name: frozenset(indexes) for name, indexes in found.items() if indexes != {""}}


def _answer(future: "Future[T]") -> T:
    """Wait for the result, never without a timeout.

    Ctrl-C that comes just before the thread sleeps is heard only when it wakes.
    """
    while not future.done():
        wait((future,), timeout=_HEARD_WITHIN)
    return future.result()
