"""The same question with the files that suit the device's accelerator, where an index has them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from scaffold.model.codes import Code
from scaffold.model.errors import TransientError
from scaffold.model.knowledge import NONE
from scaffold.model.project import Project
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Suggestion
from scaffold.planner.accelerators import (
    choose_indexes,
    choose_omitted,
    unusable_parts,
    with_indexes,
    without_parts,
)
from scaffold.planner.candidates import EvaluationRun, choose, evaluate_again, weigh
from scaffold.planner.evaluate import PlanningInput, evaluate
from scaffold.resolver.cache import ResolverCache
from scaffold.resolver.support import join_words

Row = tuple[Evaluation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suited:
    """A question with the row of verdicts that answers it, and what was changed on the way."""

    question: PlanningInput
    row: Row
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    project: Project
    urls: tuple[tuple[str, str], ...] = ()
    omitted: tuple[tuple[str, str], ...] = ()
    unreachable: tuple[str, ...] = ()


def suit(
    question: PlanningInput, row: Row, shelf: ResolverCache, tell: Callable[[str], None]
) -> Suited:
    """Return the question with other indexes or versions, if its packages have better ones there.

    ``row`` is the answer with the default index alone; it stays where nothing better fits.
    """
    candidates = (verdict.candidate for verdict in row)
    found = {w.pinned.name for one in candidates if one is not None for w in one.packages}
    names = sorted(found) or [one.name for one in question.project.asked]
    change = _find_change(question, names, shelf)
    if change is None:
        return Suited(question=question, row=row)
    before = choose([row], question.options.objective)[0][0]
    if (
        change.project.index.without
        and before
        and not _list_parts(question, before.candidate.packages)
    ):
        return Suited(question=question, row=row)
    if change.project != question.project:
        changed = replace(question, project=change.project)
        other = EvaluationRun(changed, shelf, tell).verdicts()
        after = choose([other], question.options.objective)[0][0]
        if after is not None or before is None:
            notes = tuple(_describe(change, before, after))
            return Suited(question=changed, row=other, notes=notes)
    return Suited(question=question, row=row, notes=tuple(_describe_failure(change, before)))


def evaluate_read(
    suited: Suited, filenames: Collection[str], shelf: ResolverCache
) -> tuple[Evaluation, ...]:
    """Return the row as it is once the machine code of these wheels was read."""
    found: list[Evaluation] = []
    for verdict in suited.row:
        one = verdict.candidate
        if one is None or not any(w.pinned.file.filename in filenames for w in one.packages):
            found.append(verdict)
            continue
        pinned = [weighed.pinned for weighed in one.packages]
        packages = weigh(pinned, shelf.index, network=True, large=True)
        found.append(evaluate(suited.question, one.base, one.image, one.resolution, packages))
    return tuple(found)


def find_lighter(
    question: PlanningInput, candidate: Candidate, shelf: ResolverCache
) -> Iterator[Suggestion]:
    """Yield what ``--accelerator none`` would save, where nobody said what the device has."""
    if question.target.accelerator:
        return
    parts = _list_parts(question, candidate.packages)
    if not parts:
        return
    assumed = replace(question, target=replace(question.target, accelerator=NONE))
    names = [weighed.pinned.name for weighed in candidate.packages]
    change = _find_change(assumed, names, shelf)
    other = None
    if change is not None and change.project != question.project:
        other = evaluate_again(replace(assumed, project=change.project), candidate, shelf)
    if other is not None and other.size.on_disk < candidate.size.on_disk:
        on_disk = candidate.size.on_disk - other.size.on_disk
        download = candidate.size.download - other.size.download
    else:
        on_disk = sum(weighed.facts.installed for weighed in parts)
        download = sum(weighed.pinned.file.size or 0 for weighed in parts)
    listed = ", ".join(weighed.pinned.name for weighed in parts[:3])
    more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""  # noqa: PLR2004 - as shown
    text = f"without a GPU {listed}{more} are not needed"
    if change is not None and (change.urls or change.omitted):
        text += f"; {_list_changes(change)}"
    elif change is not None and change.unreachable:
        text += f"; needs {' and '.join(change.unreachable)}, which cannot be reached from here"
    yield Suggestion(
        code=Code.ACCELERATOR,
        text=text,
        bytes=on_disk,
        download=download,
        option="--accelerator none",
    )


def _find_change(
    question: PlanningInput, names: Sequence[str], shelf: ResolverCache
) -> _Change | None:
    """Return what to change for these packages, None if there is nothing."""
    accelerators, target, project = question.facts.accelerators, question.target, question.project
    urls = choose_indexes(accelerators, target, project, names)
    omitted = choose_omitted(accelerators, target, project, names)
    if not urls and not omitted:
        return None
    project = replace(project, index=replace(project.index, omitted=omitted))
    reached = tuple((name, url) for name, url in urls if _has_page(shelf, name, url))
    unreachable = tuple(
        dict.fromkeys(url for pair in urls if pair not in reached for url in pair[1:])
    )
    if reached:
        project = with_indexes(project, reached)
    elif urls:
        patterns = unusable_parts(accelerators, target, (name for name, _ in urls))
        project = without_parts(project, patterns)
    return _Change(project=project, urls=reached, omitted=omitted, unreachable=unreachable)


def _has_page(shelf: ResolverCache, name: str, url: str) -> bool:
    try:
        page = shelf.page(name, url)
    except TransientError:
        return False
    return page is not None and bool(page.files)


def _list_parts(question: PlanningInput, packages: Sequence[Weighed]) -> list[Weighed]:
    """Return the packages that serve only an accelerator which is not there, largest first."""
    absent = [
        one for one in question.facts.accelerators.values() if one.id != question.target.accelerator
    ]
    found = [w for w in packages if any(one.is_part(w.pinned.name) for one in absent)]
    return sorted(found, key=lambda weighed: -weighed.facts.installed)


def _list_changes(change: _Change) -> str:
    by_url: dict[str, list[str]] = {}
    for name, url in change.urls:
        by_url.setdefault(url, []).append(name)
    parts = [f"{join_words(names)} from {url}, without CUDA" for url, names in by_url.items()]
    return "; ".join([*parts, *(f"{name} without {pattern}" for name, pattern in change.omitted)])


def _describe(change: _Change, before: Accepted | None, after: Accepted | None) -> Iterator[Reason]:
    saved = ""
    if before is not None and after is not None:
        on_disk = before.size.on_disk - after.size.on_disk
        download = before.size.download - after.size.download
        if on_disk > 0:
            saved = (
                f": {on_disk / 1e9:.2f} GB less on disk, {download / 1e9:.2f} GB less to download"
            )
    undo = "--accelerator cuda installs the files with CUDA"
    if change.urls or not change.unreachable:
        text = f"{_list_changes(change)}{saved}; {undo}"
        yield Reason(code=Code.INDEX_FOR_DEVICE, text=text)
        return
    older = _name_older(before, after)
    if before is not None and after is not None and not saved:
        yield from _describe_failure(change, before)
        return
    text = (
        f"{' and '.join(change.unreachable)} cannot be reached, so {older} on the default index "
        f"without CUDA{saved}; {undo}"
    )
    yield Reason(code=Code.INDEX_UNREACHABLE, text=text)


def _name_older(before: Accepted | None, after: Accepted | None) -> str:
    """Return the packages whose version changed: ``torch 2.9.1 is the newest (2.15.0 has it)``."""
    if before is None or after is None:
        return "the newest versions are taken"
    known = {w.pinned.name: w.pinned.version for w in before.candidate.packages}
    moved = [
        f"{w.pinned.name} {w.pinned.version} instead of {known[w.pinned.name]}"
        for w in after.candidate.packages
        if known.get(w.pinned.name, w.pinned.version) != w.pinned.version
    ]
    return f"{join_words(moved)}, the newest" if moved else "the same versions"


def _describe_failure(change: _Change, before: Accepted | None) -> Iterator[Reason]:
    if before is None:
        if change.unreachable:
            listed = " and ".join(change.unreachable)
            text = f"{listed} has wheels for such a device and cannot be reached from here"
            yield Reason(code=Code.INDEX_UNREACHABLE, text=text)
    elif change.urls or not change.unreachable:
        text = f"nothing fits with it: {_list_changes(change)}"
        yield Reason(code=Code.INDEX_FOR_DEVICE, text=text)
    else:
        listed = " and ".join(change.unreachable)
        text = (
            f"{listed} cannot be reached and no version on the default index is without CUDA: "
            "plan again when it can be reached"
        )
        yield Reason(code=Code.INDEX_UNREACHABLE, text=text)
