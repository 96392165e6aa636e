"""What differs between the plan that was written and the one of today. Pure: documents in.

Documents are those that ``plan.schema.json`` describes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


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
            Stale(code="file-missing", text=f"{name} is gone", file=name)
            for name in sorted(missing)
        ),
        *_changed_inputs(recorded, now),
        *_changed_options(*options),
    )


def _changed_inputs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Stale]:
    for name in sorted({*before, *after}):
        if name not in after:
            yield Stale(code="input-gone", text=f"{name} is gone", file=name)
        elif name not in before:
            yield Stale(code="input-new", text=f"{name} is new", file=name)
        elif before[name] != after[name]:
            yield Stale(code="input-changed", text=f"{name} changed", file=name)


def _changed_options(before: Sequence[str], after: Sequence[str]) -> Iterator[Stale]:
    gone = [word for word in before if word not in after]
    new = [word for word in after if word not in before]
    if gone or new:
        texts = [*(f"no longer {word}" for word in gone), *(f"now {word}" for word in new)]
        yield Stale(code="options-changed", text=f"options: {', '.join(texts)}")


def compare_plans(before: Json, after: Json) -> tuple[TargetChange, ...]:
    """Return what changes for each target that is in one of the documents."""
    earlier, today = (
        {target["target"]: target for target in document.get("targets", ())}
        for document in (before, after)
    )
    return tuple(
        _compare_target(name, earlier.get(name), today.get(name)) for name in {**earlier, **today}
    )


def _compare_target(name: str, before: Json | None, after: Json | None) -> TargetChange:
    old, new = (((one or {}).get("chosen") or {}).get("size") or {} for one in (before, after))
    both = bool(old and new)
    return TargetChange(
        target=name,
        choice=tuple(_compare_choice(before, after)),
        on_disk=(old["on_disk"], new["on_disk"]) if both else None,
        download=(old["download"], new["download"]) if both else None,
        packages=tuple(_compare_packages(before, after)),
    )


def _compare_choice(before: Json | None, after: Json | None) -> Iterator[Change]:
    earlier, today = ((one or {}).get("chosen") or {} for one in (before, after))
    pairs = [
        ("base", earlier.get("base", ""), today.get("base", "")),
        ("python", (before or {}).get("python") or "", (after or {}).get("python") or ""),
        ("image", earlier.get("reference", ""), today.get("reference", "")),
    ]
    for name, old, new in pairs:
        if old == new:
            continue
        why = ""
        if name == "base" and old and after:
            why = _why_not(old, after)
        yield Change(name=name, before=old, after=new, why=why)


def _why_not(base: str, target: Json) -> str:
    """Return what speaks against the base of before."""
    rows = [one for one in target["candidates"] if one["base"] == base]
    if not rows:
        return f"{base} is not known any more"
    fits = [one for one in rows if one["verdict"] == "fits"]
    if fits:
        return f"{base} would still fit"
    reasons = rows[0]["reasons"]
    return f"{base}: {reasons[0]['text']}" if reasons else ""


def _compare_packages(before: Json | None, after: Json | None) -> Iterator[Change]:
    old, new = (
        {one["name"]: one for one in (side or {}).get("packages", ())} for side in (before, after)
    )
    notes = {
        note["package"]: note["text"]
        for note in (after or {}).get("notes", ())
        if note["code"] == "older-than-newest" and "package" in note
    }
    for name in sorted({*old, *new}):
        earlier, today = (side.get(name, {}).get("version", "") for side in (old, new))
        if earlier != today:
            why = notes.get(name, "") if earlier and today else _needed(new.get(name, {}))
            yield Change(name=name, before=earlier, after=today, why=why)


def _needed(package: Json) -> str:
    by = package.get("required_by") or ()
    return f"needed by {', '.join(by)}" if by else ""


def over_budget(document: Json, measured: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    """Return a sentence per limit that an image exceeds.

    ``measured`` has, by target, the bytes (on disk, to download) of an image that was built and
    measured: they count more than what was predicted.
    """
    return tuple(
        text
        for target in document.get("targets", ())
        for text in _over(target, measured.get(target["target"]))
    )


def _over(target: Json, measured: tuple[int, int] | None) -> Iterator[str]:
    size = (target.get("chosen") or {}).get("size")
    if size is None:
        return
    weighed = measured or (size["on_disk"], size["download"])
    word = "measured" if measured else "predicted"
    limits = (target["budget"]["on_disk"], target["budget"]["download"])
    for what, value, limit in zip(("on disk", "to download"), weighed, limits, strict=True):
        if limit is not None and value > limit:
            yield (
                f"{target['target']}: {value / 1e6:.1f} MB {what} ({word}), "
                f"{(value - limit) / 1e6:.1f} MB over the {limit / 1e6:.1f} MB allowed"
            )
