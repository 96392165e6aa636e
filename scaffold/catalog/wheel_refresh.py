"""The snapshot of packages: fetched through the cache and assembled."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from packaging.utils import InvalidName, canonicalize_name

from scaffold.catalog.resources import knowledge
from scaffold.catalog.snapshot import (
    KINDS,
    Head,
    KnownProject,
    KnownRelease,
    Snapshot,
    encode_project,
)
from scaffold.catalog.snapshot_changes import describe_changes, find_changes
from scaffold.catalog.wheel_selection import (
    Cell,
    Kept,
    keep_files,
    list_forced,
    select_releases,
    wheel_cells,
)
from scaffold.index.cache import Cache, find_cache_folder
from scaffold.index.configuration import read_index_config
from scaffold.index.layered_index import list_likely_needs
from scaffold.index.live_index import LiveIndex
from scaffold.model.errors import Detail, KnowledgeInvalidError
from scaffold.model.index import DistFile, Metadata, Page, WheelFacts, is_pure
from scaffold.resolver.releases import Release

PARALLEL = 8
ELF_MINORS = (13, 12)
ELF_PLACES = tuple(
    (family, machine)
    for family in ("glibc", "musl")
    for machine in ("x86_64", "aarch64", "armv7l", "armv6l")
)
_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the generator asks for; ``facts`` may read machine code, too. Raises TransientError."""

    page: Callable[[str], Page | None]
    metadata: Callable[[Sequence[DistFile]], Metadata | None]
    facts: Callable[[str, DistFile, bool], WheelFacts | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The projects of a new snapshot, and the names that no index has."""

    projects: tuple[KnownProject, ...]
    unknown: tuple[str, ...]


def build_projects(
    names: Iterable[str], source: Source, *, before: Snapshot, tell: Callable[[str], None]
) -> Result:
    """Return the snapshot of some names. Facts that ``before`` has of the same files are kept."""
    wanted = sorted(set(names))
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = dict(zip(wanted, pool.map(source.page, wanted), strict=True))
        pages = {name: page for name, page in answers.items() if page is not None}
        tell(f"pages: {len(pages)}")
        kept = {name: list(select_releases(page)) for name, page in pages.items()}
        known = _read_metadata(kept, pages, source, before, pool)
        tell(f"releases: {len(known)}")
        facts = _read_facts(kept, source, before, pool, tell)
    projects = tuple(
        _assemble(name, [one.release for one in kept[name]], known, facts) for name in pages
    )
    return Result(
        projects=tuple(project for project in projects if project.releases),
        unknown=tuple(name for name in wanted if name not in pages),
    )


def _read_metadata(
    kept: dict[str, list[Kept]],
    pages: Mapping[str, Page],
    source: Source,
    before: Snapshot,
    pool: ThreadPoolExecutor,
) -> dict[tuple[str, str], Metadata]:
    """Return the metadata of all kept releases; adds to ``kept`` what they force."""
    known: dict[tuple[str, str], Metadata] = {}

    def read(work: tuple[str, Release]) -> Metadata | None:
        name, release = work
        stored = before.metadata(name, keep_files(release))
        return stored or source.metadata(_by_size(release))

    for _ in range(_ROUNDS):
        todo = [
            (name, one.release)
            for name, releases in kept.items()
            for one in releases
            if (name, str(one.release.version)) not in known
        ]
        if not todo:
            break
        for (name, release), metadata in zip(todo, pool.map(read, todo), strict=True):
            version = str(release.version)
            known[name, version] = replace(
                metadata or Metadata(name=name, version=version), name=name, version=version
            )
        for name, release in list(list_forced(known.values(), pages, kept)):
            if all(one.release.version != release.version for one in kept[name]):
                kept[name].append(Kept(release=release, looked_into=frozenset()))
    return known


def _by_size(release: Release) -> tuple[DistFile, ...]:
    """Return the files of a release, the smallest wheel first."""
    wheels = sorted(release.wheels, key=lambda file: file.size or 0)
    return (*wheels, *([release.sdist] if release.sdist else []))


def _read_facts(
    kept: Mapping[str, Sequence[Kept]],
    source: Source,
    before: Snapshot,
    pool: ThreadPoolExecutor,
    tell: Callable[[str], None],
) -> dict[str, WheelFacts]:
    """Return the facts of the wheels that are looked into, by file name."""
    work = [
        (name, file, file.filename in elf)
        for name, releases in kept.items()
        for elf in [_choose_elf(releases)]
        for one in releases
        for file in one.release.wheels
        if file.filename in one.looked_into
    ]
    tell(f"wheels: {len(work)}")

    def read(item: tuple[str, DistFile, bool]) -> WheelFacts | None:
        name, file, elf = item
        stored = dict(before.siblings(name)).get(file.filename)
        same = before.wheel_facts(name, file) is not None
        if stored and same and (stored.elf != "unread" or not elf):
            return stored
        return source.facts(name, file, elf)

    found = pool.map(read, work)
    return {file.filename: facts for (_, file, _), facts in zip(work, found, strict=True) if facts}


def _choose_elf(releases: Sequence[Kept]) -> frozenset[str]:
    """Return the wheels whose machine code is read: for each place, those of one Python.

    That may be several, as some projects upload a wheel for each of several manylinux levels.
    """
    chosen: set[str] = set()
    for place in ELF_PLACES:
        cells = [(minor, *place) for minor in ELF_MINORS]
        chosen.update(next((names for cell in cells if (names := _serving(releases, cell))), ()))
    return frozenset(chosen)


def _serving(releases: Sequence[Kept], cell: Cell) -> tuple[str, ...]:
    """Return the wheels with machine code that the newest release has for a cell."""
    for one in releases:
        names = tuple(
            file.filename
            for file in one.release.wheels
            if file.filename in one.looked_into
            and cell in wheel_cells(file.filename)
            and not is_pure(file.filename)
        )
        if names:
            return names
    return ()


def _assemble(
    name: str,
    releases: Sequence[Release],
    known: Mapping[tuple[str, str], Metadata],
    facts: Mapping[str, WheelFacts],
) -> KnownProject:
    ordered = sorted(releases, key=lambda release: release.version, reverse=True)
    parts = []
    for release in ordered:
        files = keep_files(release)
        pages_python = files[0].requires_python if files else ""
        metadata = known[name, str(release.version)]
        parts.append(
            KnownRelease(
                metadata=replace(metadata, requires_python=pages_python),
                files=files,
                facts={
                    file.filename: facts[file.filename] for file in files if file.filename in facts
                },
            )
        )
    return KnownProject(name=name, releases=tuple(parts))


def list_unlisted(projects: Sequence[KnownProject]) -> tuple[str, ...]:
    """Return names that the newest releases need and that the snapshot does not hold."""
    held = {project.name for project in projects}
    needed = {
        name for project in projects for name in list_likely_needs(project.releases[0].metadata)
    }
    return tuple(sorted(needed - held))


FOLDER = "snapshots/wheels"
NAMES = "snapshots/names.txt"
ELF_LIMIT = 90 << 20  # bytes of a wheel that is downloaded to read its machine code


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh came to. ``changes`` and ``remarks`` are lines for people.

    ``files`` maps paths below the knowledge folder to texts, ``stale`` are paths to remove.
    """

    changes: tuple[str, ...]
    files: Mapping[str, str]
    stale: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def read_names(text: str, where: str) -> tuple[str, ...]:
    """Return a list's normalised names, one a line. Raises KnowledgeInvalidError with lines."""
    names, problems = dict[str, None](), list[Detail]()
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        try:
            names[canonicalize_name(written, validate=True)] = None
        except InvalidName:
            problems.append(
                Detail(file=where, line=number, text=f"{written!r} is not a package name")
            )
    if problems:
        raise KnowledgeInvalidError(
            "the list of names cannot be read", details=problems, hint="one name stands on a line"
        )
    return tuple(names)


def refresh_wheels(
    folder: Path,
    names: Sequence[str],
    source: Source,
    *,
    generator: str,
    date: str,
    tell: Callable[[str], None],
) -> Refreshed:
    """Return the snapshot of some names, with what it has of them. Raises TransientError."""
    there = folder / FOLDER
    before = Snapshot(there)
    result = build_projects(names, source, before=before, tell=tell)
    held = sorted(path.stem for path in there.glob("*.jsonl"))
    texts = encode_snapshot(result.projects, generator=generator, date=date)
    unlisted = list_unlisted(result.projects)
    return Refreshed(
        changes=tuple(describe_changes(find_changes(before, held, result.projects))),
        files={f"{FOLDER}/{name}": text for name, text in texts.items()},
        stale=tuple(f"{FOLDER}/{name}.jsonl" for name in held if f"{name}.jsonl" not in texts),
        remarks=(
            *(f"nothing is there of {name}" for name in result.unknown),
            *((f"needed, not listed: {' '.join(unlisted)}",) if unlisted else ()),
            f"projects: {len(result.projects)}, {sum(map(len, texts.values())) / 1e6:.2f} MB",
        ),
    )


def refresh_from_index(
    folder: Path,
    names: Sequence[str],
    environ: Mapping[str, str],
    *,
    date: str,
    tell: Callable[[str], None],
) -> Refreshed:
    """Return the snapshot of some names as the index has them. Raises TransientError."""
    live = LiveIndex(lambda: read_index_config(environ), Cache(find_cache_folder(environ)))

    def metadata(files: Sequence[DistFile]) -> Metadata | None:
        read = (live.cached_metadata(file) or live.metadata(file) for file in files)
        return next((found for found in read if found is not None), None)

    def facts(name: str, file: DistFile, elf: bool) -> WheelFacts | None:  # noqa: FBT001
        largest = ELF_LIMIT if elf else 0
        cached = live.cached_facts(file)
        if cached and (cached.elf != "unread" or (file.size or 0) > largest):
            return cached
        return live.facts(name, file, largest)

    source = Source(page=live.page, metadata=metadata, facts=facts)
    generator = "leanscaffold knowledge refresh --wheels"
    return refresh_wheels(folder, names, source, generator=generator, date=date, tell=tell)


def find_names(folder: Path, chosen: Path | None = None) -> tuple[str, ...]:
    """Return the names of a list, else of the folder's, or ours. Raises KnowledgeInvalidError."""
    own = folder / NAMES
    chosen = chosen or (own if own.is_file() else None)
    if chosen is None:
        held = sorted(path.stem for path in (folder / FOLDER).glob("*.jsonl"))
        return tuple(held) or read_names((knowledge() / NAMES).read_text("utf-8"), NAMES)
    try:
        return read_names(chosen.read_text("utf-8"), str(chosen))
    except OSError as error:
        raise KnowledgeInvalidError(
            f"the list of names {chosen} cannot be read: {error.strerror or error}",
            hint="give another with --names FILE",
        ) from error


def encode_snapshot(
    projects: Sequence[KnownProject], *, generator: str, date: str
) -> dict[str, str]:
    """Return the files of a snapshot by name: one record a line, in canonical form."""
    head = Head(generator=generator, date=date, names=len(projects), kinds=KINDS)
    texts = {f"{project.name}.jsonl": encode_project(project).decode() for project in projects}
    texts["head.json"] = msgspec.json.format(msgspec.json.encode(head)).decode() + "\n"
    return texts
