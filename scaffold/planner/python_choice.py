"""Whether the pins of a project were made for a Python, told by dates, tags and classifiers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from packaging.version import Version

from scaffold.model.codes import Code
from scaffold.model.project import Project
from scaffold.model.resolution import Pinned, Reason
from scaffold.resolver.releases import is_pin, parse_specifier, split_tags


def doubt_python(
    project: Project, packages: Sequence[Pinned], python: str, released: Mapping[str, date]
) -> tuple[Reason, ...]:
    """Return a reason for each pin that was made before a Python and does not say it suits it.

    While all pins are older than the Python, each of them counts. If some are newer, whoever made
    them could have used it: then only those count whose classifiers stop before it, where newer
    releases exist. What has a wheel for this very Python, or names it, never counts. An sdist that
    was made before it and has wheels for other Pythons always does: its code was never compiled
    for this one.
    """
    day = released.get(python)
    if day is None:
        return ()
    old_code = tuple(_doubt_code(packages, python, day))
    names = {a.name for a in project.asked if is_pin(a.specifier, wildcard=False)}
    locked = {one.name for one in project.lock.packages} if project.lock else set()
    dated = [(p, _day(p)) for p in packages if p.name in names | locked]
    days = [uploaded for _, uploaded in dated if uploaded]
    if not days:
        return old_code
    told = {reason.package for reason in old_code}
    fresh = max(days) >= day
    return old_code + tuple(
        Reason(
            code=Code.PYTHON_AFTER_PINS,
            text=f"{pinned.name} {pinned.version} is of {uploaded}, before Python {python} "
            f"({day}), and does not say that it supports it",
            package=pinned.name,
            file=pinned.file.filename,
            fact=python,
        )
        for pinned, uploaded in dated
        if uploaded
        and uploaded < day
        and pinned.name not in told
        and _is_doubtful(pinned, python, fresh=fresh)
    )


def _doubt_code(packages: Sequence[Pinned], python: str, day: date) -> Iterator[Reason]:
    for pinned in packages:
        uploaded, others = _day(pinned), pinned.wheel_pythons
        if uploaded and uploaded < day and others and python not in pinned.pythons:
            yield Reason(
                code=Code.PYTHON_AFTER_PINS,
                text=f"{pinned.name} {pinned.version} is of {uploaded}, before Python {python} "
                f"({day}), has wheels up to Python {others[-1]} and is compiled from its sdist, "
                f"which may fail: --python {others[-1]}, or a newer {pinned.name}",
                package=pinned.name,
                file=pinned.file.filename,
                fact=python,
            )


def _is_doubtful(pinned: Pinned, python: str, *, fresh: bool) -> bool:
    if python in pinned.pythons or _has_own_tag(pinned, python):
        return False
    if not fresh:
        return True
    stops = any(Version(named) < Version(python) for named in pinned.pythons)
    return stops and pinned.version != pinned.newest


def _has_own_tag(pinned: Pinned, python: str) -> bool:
    return pinned.wheel and f"cp{python.replace('.', '')}" in split_tags(pinned.file.filename)[0]


def _day(pinned: Pinned) -> date | None:
    try:
        return date.fromisoformat(pinned.file.uploaded[:10])
    except ValueError:
        return None


def list_asked_pythons(
    bounds: Sequence[str], pythons: Mapping[str, date | None], today: date
) -> Iterator[str]:
    """Yield the Pythons past their end that are all that a project admits; none if newer do too."""
    parsed = [one for bound in bounds if (one := parse_specifier(bound)) is not None]
    admitted = [
        minor
        for minor in pythons
        if all(
            one.contains(f"{minor}.{patch}", prereleases=True)
            for one in parsed
            for patch in [_patch(one, minor)]
        )
    ]
    ended = [minor for minor in admitted if (eol := pythons[minor]) and eol < today]
    if parsed and ended == admitted:
        yield from ended


def _patch(specifier: object, minor: str) -> int:
    """Return a patch release of a minor that stands for it: a late one, or the one named."""
    for one in str(specifier).split(","):
        version = one.lstrip("=<>!~ ")
        if one.startswith("==") and version.startswith(f"{minor}.") and "*" not in version:
            return int(version.rpartition(".")[2] or 0)
    return 99
