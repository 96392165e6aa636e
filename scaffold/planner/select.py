"""Choose one of the bases that fit: the same base and Python for every target."""

from collections.abc import Sequence

from packaging.version import Version

from scaffold.model.codes import OF_ANY_PYTHON, Code
from scaffold.model.knowledge import BuildClass
from scaffold.model.resolution import Reason
from scaffold.model.target import LibcFamily
from scaffold.model.verdict import Accepted, Evaluation, Rejected

_BUILD_RANK = {effort: rank for rank, effort in enumerate(BuildClass)}
# How much smaller a musl image has to be before "balanced" takes it: its allocator is slower and
# fewer packages have wheels for it tomorrow.
_MUSL_HANDICAP = 1.25


def choose(
    rows: Sequence[Sequence[Evaluation]], objective: str, *, unread: bool = False
) -> tuple[tuple[Accepted | None, ...], tuple[Reason, ...]]:
    """Return the chosen verdict per target (all None if nothing fits all), and why that Python.

    ``rows`` has one sequence of verdicts per target. Wheels beat compiling, fewer
    packages to compile more, a Python that the pins were made for one that they were not, a newer
    Python an older one, then the objective decides; ties go to the base's rank and id, so that the
    order of the bases never matters. ``unread`` takes a minimal base also where nobody knows which
    libraries a wheel loads.
    """
    common: list[tuple[Accepted, ...]] = []
    for first in (v for v in rows[0] if isinstance(v, Accepted)) if rows else ():
        group = [_same(first, row) for row in rows]
        fits = tuple(member for member in group if member is not None)
        if len(fits) == len(rows):
            common.append(fits)
    if not common:
        return tuple(None for _ in rows), ()
    best = min(common, key=lambda group: (not unread and _is_blind(group), *_key(group, objective)))
    return best, _why_this_python(rows, best[0])


def _same(first: Accepted, row: Sequence[Evaluation]) -> Accepted | None:
    for verdict in row:
        if isinstance(verdict, Accepted) and (verdict.base.id, verdict.python) == (
            first.base.id,
            first.python,
        ):
            return verdict
    return None


def _is_blind(group: Sequence[Accepted]) -> bool:
    """Tell whether libraries may be missing on a base that has hardly any of its own.

    Machine code in a wheel whose tags name no C library is hardly ever made for musl.
    """
    unread = [w.pinned.file for fits in group for w in fits.candidate.packages if w.elf_unread]
    base = group[0].base
    bare = bool(base.origin) or not base.shell
    untold = any(file.filename.endswith("-any.whl") for file in unread)
    return bool(unread) and (bare or (untold and base.libc is LibcFamily.MUSL))


def _key(group: Sequence[Accepted], objective: str) -> tuple[object, ...]:
    first = group[0]
    effort = max(_BUILD_RANK[fits.candidate.build_class] for fits in group)
    compiled = sum(weighed.compiled for fits in group for weighed in fits.candidate.packages)
    doubts = max(len(fits.candidate.doubts) for fits in group)
    python = Version(first.python)
    size: float = sum(fits.size.on_disk for fits in group)
    if objective == "balanced" and first.base.libc is LibcFamily.MUSL:
        size *= _MUSL_HANDICAP
    return (
        effort,
        compiled,
        doubts,
        python.release if doubts else tuple(-part for part in python.release),
        first.base.compatible if objective == "compatible" else 0,
        size,
        first.base.rank,
        first.base.id,
    )


def _why_this_python(rows: Sequence[Sequence[Evaluation]], chosen: Accepted) -> tuple[Reason, ...]:
    """Return one reason for each newer Python that was possible but for a package."""
    reasons: dict[str, Reason] = {}
    for verdict in (v for row in rows for v in row):
        if not verdict.python or Version(verdict.python) <= Version(chosen.python):
            continue
        same = verdict.base.libc is chosen.base.libc
        if isinstance(verdict, Accepted) and same and verdict.candidate.doubts:
            reasons.setdefault(verdict.python, _named(verdict, verdict.candidate.doubts[0]))
        elif isinstance(verdict, Rejected) and same:
            reason = verdict.reasons[0]
            steered = reason.code in OF_ANY_PYTHON
            if not steered and verdict.python not in reasons:
                reasons[verdict.python] = _named(verdict, reason)
    return tuple(reasons[python] for python in sorted(reasons, key=Version, reverse=True))


def _named(verdict: Evaluation, reason: Reason) -> Reason:
    return Reason(
        code=Code.PYTHON_UNAVAILABLE,
        text=f"not Python {verdict.python}: {reason.text}",
        package=reason.package,
        file=reason.file,
        fact=reason.code,
    )
