"""Which Pythons suit a project: those that its wheels are for, and those nobody has tried."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import unquote

from packaging.version import Version

from scaffold.model.codes import Code
from scaffold.model.project import Project
from scaffold.model.resolution import Pinned, Reason
from scaffold.resolver.releases import is_pin, parse_specifier, split_tags

_BOUNDS = re.compile(r"~=|<|==")


def doubt_python(
    project: Project,
    packages: Sequence[Pinned],
    python: str,
    released: Mapping[str, date],
    *,
    proven: str = "",
) -> tuple[Reason, ...]:
    """Return a reason for each pin that was made before a Python and does not say it suits it.

    While all pins are older than the Python, each of them counts. If some are newer, whoever made
    them could have used it: then only those count whose classifiers stop before it, where newer
    releases exist. So counts what is asked for below some version (``~=2.24``, ``<2``). What has a
    wheel for this very Python, or names it, never counts. An sdist that was made before it and has
    wheels for other Pythons always does: its code was never compiled for this one. ``proven`` is
    the Python that the project's people run them on.
    """
    day = released.get(python)
    if day is None or python == proven:
        return ()
    old_code = tuple(_doubt_code(packages, python, day))
    names = {a.name for a in project.asked if is_pin(a.specifier, wildcard=False)}
    names |= {one.name for one in project.lock.packages} if project.lock else set()
    bounded = {a.name for a in project.asked if _BOUNDS.search(a.specifier)} - names
    dated = [(p, uploaded) for p in packages if (uploaded := _day(p))]
    days = [uploaded for pinned, uploaded in dated if pinned.name in names]
    told = {reason.package for reason in old_code}
    fresh = bool(days) and max(days) >= day
    return old_code + tuple(
        Reason(
            code=Code.PYTHON_AFTER_PINS,
            text=f"{pinned.name} {pinned.version} of {uploaded} is older than Python {python} "
            f"({day}) and does not declare support for it",
            package=pinned.name,
            file=pinned.file.filename,
            fact=python,
        )
        for pinned, uploaded in dated
        if pinned.name in names | bounded
        and uploaded < day
        and pinned.name not in told
        and _is_doubtful(pinned, python, fresh=fresh or pinned.name in bounded)
    )


def doubt_dockerfile(project: Project, python: str, proven: str) -> Iterator[Reason]:
    """Yield that a project's people run an older Python, and that the project names none itself.

    ``proven`` is the Python of the image that their own Dockerfile makes, empty where unknown, and
    without a minor (``python:3``) where they run the newest.
    """
    own = project.own_image if "." in proven and not project.pythons else None
    if own is not None and Version(python) > Version(proven):
        text = (
            f"{own.origin} runs Python {proven}, and nothing says that the project "
            f"works with Python {python}"
        )
        yield Reason(code=Code.PYTHON_UNTRIED, text=text, fact=python)


def _doubt_code(packages: Sequence[Pinned], python: str, day: date) -> Iterator[Reason]:
    for pinned in packages:
        uploaded, others = _day(pinned), pinned.wheel_pythons
        if uploaded and uploaded < day and others and python not in pinned.pythons:
            yield Reason(
                code=Code.PYTHON_AFTER_PINS,
                text=f"{pinned.name} {pinned.version} of {uploaded} is older than Python {python} "
                f"({day}), has wheels up to Python {others[-1]}, and compiling its sdist may fail: "
                f"use --python {others[-1]} or a newer {pinned.name}",
                package=pinned.name,
                file=pinned.file.filename,
                fact=python,
            )


def _is_doubtful(pinned: Pinned, python: str, *, fresh: bool) -> bool:
    tag = f"cp{python.replace('.', '')}"
    if python in pinned.pythons or (pinned.wheel and tag in split_tags(pinned.file.filename)[0]):
        return False
    if not fresh:
        return True
    stops = any(Version(named) < Version(python) for named in pinned.pythons)
    return stops and pinned.version != pinned.newest


def _day(pinned: Pinned) -> date | None:
    try:
        return date.fromisoformat(pinned.file.uploaded[:10])
    except ValueError:
        return None


def list_bound_pythons(project: Project) -> Iterator[frozenset[str]]:
    """Yield the Pythons of each name of which the project has or names wheels of machine code."""
    files: dict[str, list[str]] = {}
    for one in project.distributions:
        files.setdefault(one.name, []).append(one.file.filename)
    for asked in project.asked:
        if asked.url:
            filename = asked.url.partition("#")[0].rpartition("/")[2]
            files.setdefault(asked.name, []).append(unquote(filename))
    names = {asked.name for asked in project.asked}
    for name, filenames in files.items():
        tags = [split_tags(one) for one in filenames if one.endswith(".whl")]
        own = all(one[0][0][:3] == "cp3" and not {"abi3", "none"} & {*one[1]} for one in tags)
        if tags and own and len(tags) == len(filenames) and name in names:
            yield frozenset(f"3.{tag[3:]}" for one in tags for tag in one[0])


def list_asked_pythons(
    bounds: Sequence[str],
    pythons: Mapping[str, date | None],
    today: date,
    bound: Sequence[frozenset[str]] = (),
) -> Iterator[str]:
    """Yield the Pythons past their end that are all that a project admits; none if newer do too.

    ``bound`` are the Pythons that each of its own wheels is for.
    """
    parsed = [one for bound in bounds if (one := parse_specifier(bound)) is not None]
    admitted = [
        minor
        for minor in pythons
        if all(minor in one for one in bound)
        and all(
            one.contains(f"{minor}.{patch}", prereleases=True)
            for one in parsed
            for patch in [_patch(one, minor)]
        )
    ]
    ended = [minor for minor in admitted if (eol := pythons[minor]) and eol < today]
    if (parsed or bound) and ended == admitted:
        yield from ended


def _patch(specifier: object, minor: str) -> int:
    """Return a patch release of a minor that stands for it: a late one, or the one named."""
    for one in str(specifier).split(","):
        version = one.lstrip("=<>!~ ")
        if one.startswith("==") and version.startswith(f"{minor}.") and "*" not in version:
            return int(version.rpartition(".")[2] or 0)
    return 99
