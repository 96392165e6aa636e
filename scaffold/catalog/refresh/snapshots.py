"""The snapshot of wheels made anew: what changed, and the files that say so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scaffold.catalog.refresh.changes import describe_changes, find_changes
from scaffold.catalog.refresh.wheels import Source, build_projects, list_unlisted
from scaffold.catalog.snapshot import KnownProject, Snapshot, encode_project
from scaffold.catalog.snapshot_records import KINDS, Head
from scaffold.model.errors import Detail, KnowledgeInvalidError

FOLDER = "snapshots/wheels"
NAMES = "snapshots/names.txt"


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
    from packaging.utils import InvalidName, canonicalize_name  # noqa: PLC0415 - slow to import

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


def encode_snapshot(
    projects: Sequence[KnownProject], *, generator: str, date: str
) -> dict[str, str]:
    """Return the files of a snapshot by name: one record a line, in canonical form."""
    head = Head(generator=generator, date=date, names=len(projects), kinds=KINDS)
    texts = {f"{project.name}.jsonl": encode_project(project).decode() for project in projects}
    texts["head.json"] = msgspec.json.format(msgspec.json.encode(head)).decode() + "\n"
    return texts
