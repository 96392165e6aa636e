"""What an update changes, as text and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from scaffold.report.formatting import format_size
from scaffold.report.terminal import align, bullet, indented, styled
from scaffold.state.plan_diff import Change, Stale, TargetChange

if TYPE_CHECKING:
    from rich.console import RenderableType

    Content = Iterator[RenderableType]

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What was found and done.

    ``stale`` says why files no longer suit the project, ``over`` what exceeds the budget.
    ``changed`` are files that are, or would be, rewritten, ``kept`` those that the user edited and
    that stay. ``texts`` are a changed Dockerfile's, before and after. ``checked_only`` says that
    nothing was planned or written.
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


def show_update(update: Update) -> "Content":
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


def _show_target(change: TargetChange) -> "Content":
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


def _show_diff(before: str, after: str) -> "Content":
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    yield styled("Dockerfile", "bold")
    for number, line in enumerate(lines):
        if number > 1:  # the first two name the files
            yield styled(f"  {line}", _STYLES.get(line[:1], "dim"))


def _show_files(update: Update) -> "Content":
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
        "targets": [_target(change) for change in update.targets],
        "changed_files": list(update.changed),
        "kept_files": list(update.kept),
        "remarks": list(update.remarks),
        "written": update.written,
    }


def _target(change: TargetChange) -> dict[str, Any]:
    return {
        "target": change.target,
        "choice": [asdict(one) for one in change.choice],
        "on_disk": _pair(change.on_disk),
        "download": _pair(change.download),
        "packages": [asdict(one) for one in change.packages],
    }


def _pair(sizes: Sequence[int] | None) -> Mapping[str, int] | None:
    return {"before": sizes[0], "after": sizes[1]} if sizes else None
