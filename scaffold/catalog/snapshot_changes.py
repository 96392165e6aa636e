"""How one snapshot of packages differs from the one before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaffold.catalog.snapshot import KnownProject, KnownRelease, Snapshot
from scaffold.catalog.wheel_selection import wheel_cells

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
