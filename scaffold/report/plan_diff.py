"""What differs between the plan that was written and the one of today, as text and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import unified_diff
from typing import Any

from scaffold.model.codes import Code
from scaffold.model.target import Arch, mega
from scaffold.model.verdict import Accepted, Decision
from scaffold.report.terminal import Content, align, bullet, format_size, indented, styled
from scaffold.state.record import Record, RecordedTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """One reason why files no longer suit the project; ``file`` is the one it is about, if any."""

    code: str
    text: str
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value, before and after; ``why`` is for people. Empty before: new; empty after: gone."""

    name: str
    before: str
    after: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChange:
    """What changes for one target. Sizes in bytes, (before, after); None where one is missing."""

    target: str
    choice: tuple[Change, ...]
    on_disk: tuple[int, int] | None
    download: tuple[int, int] | None
    packages: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether the same is installed on the same base."""
        return not self.choice and not self.packages


def find_stale(
    *,
    recorded: Mapping[str, str],
    now: Mapping[str, str],
    options: tuple[Sequence[str], Sequence[str]],
    missing: Sequence[str],
) -> tuple[Stale, ...]:
    """Return why files no longer suit the project.

    ``recorded`` and ``now`` are SHA-256 of what a plan is made from, by file name; ``options`` the
    command lines of then and now; ``missing`` what was written and is gone.
    """
    return (
        *(
            Stale(code=Code.FILE_MISSING, text=f"{name} is gone", file=name)
            for name in sorted(missing)
        ),
        *_changed_inputs(recorded, now),
        *_changed_options(*options),
    )


def _changed_inputs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Stale]:
    for name in sorted({*before, *after}):
        if name not in after:
            yield Stale(code=Code.INPUT_GONE, text=f"{name} is gone", file=name)
        elif name not in before:
            yield Stale(code=Code.INPUT_NEW, text=f"{name} is new", file=name)
        elif before[name] != after[name]:
            yield Stale(code=Code.INPUT_CHANGED, text=f"{name} changed", file=name)


def _changed_options(before: Sequence[str], after: Sequence[str]) -> Iterator[Stale]:
    gone = [word for word in before if word not in after]
    new = [word for word in after if word not in before]
    if gone or new:
        texts = [*(f"no longer {word}" for word in gone), *(f"now {word}" for word in new)]
        yield Stale(code=Code.OPTIONS_CHANGED, text=f"options: {', '.join(texts)}")


def compare_plans(
    before: Record, after: Record, decisions: Mapping[Arch, Decision]
) -> tuple[TargetChange, ...]:
    """Return what changes for each recorded target; today's ``decisions`` say why."""
    earlier, today = ({one.target: one for one in side.targets} for side in (before, after))
    return tuple(
        _compare_target(arch, earlier.get(arch), today.get(arch), decisions.get(arch))
        for arch in {**earlier, **today}
    )


def _compare_target(
    arch: Arch,
    before: RecordedTarget | None,
    after: RecordedTarget | None,
    decision: Decision | None,
) -> TargetChange:
    both = (before.size, after.size) if before and after else None
    return TargetChange(
        target=arch.platform,
        choice=tuple(_compare_choice(before, after, decision)),
        on_disk=(both[0].on_disk, both[1].on_disk) if both else None,
        download=(both[0].download, both[1].download) if both else None,
        packages=tuple(_compare_packages(before, after, decision)),
    )


def _compare_choice(
    before: RecordedTarget | None, after: RecordedTarget | None, decision: Decision | None
) -> Iterator[Change]:
    for name, field in (("base", "base"), ("python", "python"), ("image", "reference")):
        old, new = (getattr(side, field, "") for side in (before, after))
        if old != new:
            why = _why_not(old, decision) if name == "base" and old and decision else ""
            yield Change(name=name, before=old, after=new, why=why)


def _why_not(base: str, decision: Decision) -> str:
    """Return what speaks against the base of before."""
    rows = [one for one in decision.verdicts if one.base.id == base]
    if not rows:
        return f"{base} is not known any more"
    if any(isinstance(one, Accepted) for one in rows):
        return f"{base} would still fit"
    return f"{base}: {rows[0].reasons[0].text}" if rows[0].reasons else ""


def _compare_packages(
    before: RecordedTarget | None, after: RecordedTarget | None, decision: Decision | None
) -> Iterator[Change]:
    old, new = (side.packages if side else {} for side in (before, after))
    candidate = decision.chosen.candidate if decision and decision.chosen else None
    pinned = [one.pinned for one in candidate.packages] if candidate else []
    by = {one.name: ", ".join(one.required_by) for one in pinned}
    older = {
        note.package: note.text
        for note in (candidate.resolution.notes if candidate else ())
        if note.code == Code.OLDER_THAN_NEWEST
    }
    for name in sorted({*old, *new}):
        earlier, today = (side[name].version if name in side else "" for side in (old, new))
        if earlier != today:
            needed = f"needed by {by[name]}" if today and by.get(name) else ""
            why = older.get(name, "") if earlier and today else needed
            yield Change(name=name, before=earlier, after=today, why=why)


def over_budget(record: Record) -> tuple[str, ...]:
    """Return a sentence per limit that an image exceeds, by measured figures before predicted."""
    return tuple(text for target in record.targets for text in _over(target))


def _over(target: RecordedTarget) -> Iterator[str]:
    weighed = target.measured or target.size
    word = "measured" if target.measured else "predicted"
    for what, value, limit in (
        ("on disk", weighed.on_disk, target.budget.on_disk),
        ("to download", weighed.download, target.budget.download),
    ):
        if limit is not None and value > limit:
            yield (
                f"{target.target.platform}: {mega(value)} {what} ({word}), "
                f"{mega(value - limit)} over the {mega(limit)} allowed"
            )


_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What was found and done.

    ``stale`` says why files no longer suit the project, ``over`` what exceeds the budget.
    ``changed`` are files that are, or would be, rewritten, ``kept`` those that the user edited and
    that stay. ``texts`` are a changed Dockerfile's, before and after.
    """

    project: str
    stale: tuple[Stale, ...] = ()
    over: tuple[str, ...] = ()
    targets: tuple[TargetChange, ...] = ()
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    texts: tuple[str, str] | None = None
    remarks: tuple[str, ...] = ()
    written: bool = False

    @property
    def needed(self) -> bool:
        """Tell whether files ought to be written."""
        return bool(self.stale or self.changed)


def show_update(update: Update) -> Content:
    """Yield why, what and where; nothing but one line if all is well."""
    if not update.needed and not update.over:
        yield styled(f"{update.project}: up to date", "bold green")
    else:
        yield styled(f"{update.project}: out of date" if update.needed else update.project, "bold")
    for stale in update.stale:
        yield bullet(stale.text)
    for text in update.over:
        yield styled(f"  over budget: {text}", "bold red")
    for change in update.targets:
        if not change.is_empty:
            yield ""
            yield from _show_target(change)
    if update.texts:
        yield ""
        yield from _show_diff(*update.texts)
    yield from _show_files(update)


def _show_target(change: TargetChange) -> Content:
    yield styled(change.target, "bold")
    rows = [(f"  {one.name}", one.before or "-", "→", one.after or "-") for one in change.choice]
    for name, sizes in (("on disk", change.on_disk), ("download", change.download)):
        if sizes and sizes[0] != sizes[1]:
            less = format_size(abs(sizes[1] - sizes[0])) + (
                " less" if sizes[1] < sizes[0] else " more"
            )
            rows.append(
                (f"  {name}", format_size(sizes[0]), "→", f"{format_size(sizes[1])}, {less}")
            )
    for line in align(rows) if rows else ():
        yield styled(line)
    for one in change.choice:
        if one.why:
            yield indented(one.why, 4, "dim")
    if not change.packages:
        return
    lines = align([(_sign(one), one.name, _versions(one), one.why) for one in change.packages])
    for one, line in zip(change.packages, lines, strict=True):
        yield styled(f"  {line}", _STYLES.get(_sign(one), ""))


def _sign(one: Change) -> str:
    return "~" if one.before and one.after else "+" if one.after else "-"


def _versions(one: Change) -> str:
    return " → ".join(filter(None, (one.before, one.after)))


def _show_diff(before: str, after: str) -> Content:
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    yield styled("Dockerfile", "bold")
    for number, line in enumerate(lines):
        if number > 1:  # the first two name the files
            yield styled(f"  {line}", _STYLES.get(line[:1], "dim"))


def _show_files(update: Update) -> Content:
    if update.kept:
        yield ""
        yield styled(f"Yours, and left alone: {', '.join(update.kept)}")
    if update.changed:
        yield ""
        yield styled("Written" if update.written else "Would be written", "bold")
        yield indented(", ".join(sorted(update.changed)), 2)
    for text in update.remarks:
        yield bullet(text)


def make_update_document(update: Update) -> dict[str, Any]:
    """Return what ``update --json`` prints; sizes in bytes."""
    return {
        "version": 1,
        "project": update.project,
        "up_to_date": not update.needed,
        "stale": [asdict(one) for one in update.stale],
        "over_budget": list(update.over),
        "targets": [
            asdict(one) | {"on_disk": _pair(one.on_disk), "download": _pair(one.download)}
            for one in update.targets
        ],
        "changed_files": list(update.changed),
        "kept_files": list(update.kept),
        "remarks": list(update.remarks),
        "written": update.written,
    }


def _pair(sizes: Sequence[int] | None) -> Mapping[str, int] | None:
    return {"before": sizes[0], "after": sizes[1]} if sizes else None
