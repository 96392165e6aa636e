"""The snapshot of wheels made anew: what changed, and the files that say so."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from scaffold.catalog.wheel_refresh import Source, build_projects, list_unlisted, wheel_cells
from scaffold.index.cache import Cache, find_cache_folder
from scaffold.index.configuration import read_index_config
from scaffold.index.live_index import LiveIndex
from scaffold.model.errors import Detail, KnowledgeInvalidError
from scaffold.model.index import DistFile, Metadata, WheelFacts

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
    """Return the names of a list, normalised: one a line, comments after ``#``.

    Raises KnowledgeInvalidError with the line of what is no name.
    """
    names, problems = dict[str, None](), list[Detail]()
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        try:
            names[canonicalize_name(written, validate=True)] = None
        except InvalidName:
            problems.append(Detail(file=where, line=number, text=f"{written!r} is no package name"))
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
    """Return the snapshot of some names for a knowledge folder; what it has of them is kept.

    Raises TransientError where the index cannot be reached.
    """
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
    """Return the snapshot of some names as the configured index has them.

    Raises TransientError where the index cannot be reached.
    """
    live = LiveIndex(lambda: read_index_config(environ), Cache(find_cache_folder(environ)))

    def metadata(files: Sequence[DistFile]) -> Metadata | None:
        read = (live.cached_metadata(file) or live.metadata(file) for file in files)
        return next((found for found in read if found is not None), None)

    def facts(name: str, file: DistFile, elf: bool) -> WheelFacts | None:  # noqa: FBT001
        largest = ELF_LIMIT if elf else 0
        cached = live.cached_facts(file)
        if cached and (cached.elf != "unread" or (file.size or 0) > largest):
            return cached
        return live.facts(name, file, largest_elf_read=largest)

    source = Source(page=live.page, metadata=metadata, facts=facts)
    generator = "leanscaffold knowledge refresh --wheels"
    return refresh_wheels(folder, names, source, generator=generator, date=date, tell=tell)


def find_names(folder: Path, chosen: Path | None = None) -> tuple[str, ...]:
    """Return the names of a list; without one those of the folder's list, snapshot, or the bundled.

    Raises KnowledgeInvalidError for a list that is not there.
    """
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


Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one project changed; ``before`` or ``after`` is empty where it was or is not held.

    ``won`` and ``lost`` are (libc family, machine) that the newest release serves now and did not,
    or the other way round. ``grew`` is bytes of the largest wheel of the newest release, more than
    before; ``releases`` how many more releases are held.
    """

    name: str
    before: str = ""
    after: str = ""
    won: tuple[Place, ...] = ()
    lost: tuple[Place, ...] = ()
    grew: int = 0
    releases: int = 0


def find_changes(
    before: Snapshot, held: Sequence[str], projects: Sequence[KnownProject]
) -> tuple[Change, ...]:
    """Return the changes in order of name; ``held`` are the names of the snapshot before."""
    now = {project.name: project for project in projects}
    changes = (_compare(name, before.project(name), now.get(name)) for name in {*held, *now})
    return tuple(sorted((c for c in changes if c != Change(name=c.name)), key=lambda c: c.name))


def _compare(name: str, old: KnownProject | None, new: KnownProject | None) -> Change:
    if old == new:
        return Change(name=name)
    if old is None or new is None:
        return Change(name=name, before=_version(old), after=_version(new))
    served, serves = _places(old.releases[0]), _places(new.releases[0])
    same = _version(old) == _version(new)
    return Change(
        name=name,
        before="" if same else _version(old),
        after="" if same else _version(new),
        won=tuple(sorted(serves - served)),
        lost=tuple(sorted(served - serves)),
        grew=_largest(new.releases[0]) - _largest(old.releases[0]),
        releases=len(new.releases) - len(old.releases),
    )


def _version(project: KnownProject | None) -> str:
    return project.releases[0].metadata.version if project else ""


def _places(release: KnownRelease) -> frozenset[Place]:
    cells = (wheel_cells(file.filename) for file in release.files)
    return frozenset((libc, machine) for found in cells for _, libc, machine in found)


def _largest(release: KnownRelease) -> int:
    wheels = (file.size or 0 for file in release.files if file.filename.endswith(".whl"))
    return max(wheels, default=0)


def describe_changes(changes: Sequence[Change]) -> Iterator[str]:
    """Yield a line for each change and, last, how many there are of each kind."""
    added = [c for c in changes if c.after and not c.before]
    gone = [c for c in changes if c.before and not c.after]
    for change in changes:
        yield _spell(change)
    if changes:
        moved = len(changes) - len(added) - len(gone)
        yield f"{len(added)} added, {len(gone)} lost, {moved} changed"
    else:
        yield "nothing changed"


def _spell(change: Change) -> str:
    if not change.before and change.after:
        return f"+ {change.name} {change.after}"
    if change.before and not change.after:
        return f"- {change.name} {change.before}"
    parts = [
        f"{change.before} → {change.after}" if change.after else "",
        f"wheels added for {_list(change.won)}" if change.won else "",
        f"wheels lost for {_list(change.lost)}" if change.lost else "",
        f"{'grew' if change.grew > 0 else 'shrank'} by {abs(change.grew) / 1e6:.1f} MB"
        if abs(change.grew) >= 50_000  # noqa: PLR2004 - what 0.1 MB shows
        else "",
        f"{change.releases:+d} releases" if change.releases else "",
    ]
    return f"~ {change.name} {', '.join(filter(None, parts)) or 'other files or facts'}"


def _list(places: Sequence[Place]) -> str:
    return ", ".join(" ".join(place) for place in places)
