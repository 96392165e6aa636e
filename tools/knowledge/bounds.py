"""Which releases do not load beside newer releases of what they require, found by importing."""

import json
import re
import subprocess
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scaffold.model.index import DistFile, Metadata, is_pure
from scaffold.resolver.releases import Release

PROBE = Path(__file__).with_name("bounds_probe.py")
NAMES = Path(__file__).with_name("bounds_names.txt")
USES = Path(__file__).with_name("bounds_uses.toml")
SINCE = "2019-07-01"  # older releases are hardly asked for
_ROUNDS = 6  # requirements of one release that are looked for
_SUSPECTS = 8  # that are tried for one error
# After so many days it is tried with what there was: the first day on which it installs and loads
# counts. Compiled requirements of its own time may not install with the interpreter.
_LATER = (21, 400, 1000, 1800)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRelease:
    """A release, when its first file was uploaded, and what its metadata require, sorted."""

    version: Version
    uploaded: date
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What importing came to: an error or none, who lacks what, whose code ran, what was there."""

    error: str = ""
    missing: str = ""
    frames: tuple[str, ...] = ()
    installed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A release fails beside ``dependency`` from ``below`` on, with ``error``."""

    dependency: str
    below: str
    error: str


# Installs requirements, as of a day or now, and imports the first; None if they do not install.
Trial = Callable[[Sequence[str], date | None], Outcome | None]
# All final versions of a project.
Versions = Callable[[str], Sequence[Version]]


def date_release(read: Callable[[DistFile], Metadata | None], one: Release) -> DatedRelease | None:
    """Return what a release requires, None for what is old, withdrawn or has machine code."""
    pure = next((wheel for wheel in one.wheels if is_pure(wheel.filename)), None)
    uploaded = min((file.uploaded[:10] for file in one.files if file.uploaded), default="")
    if pure is None or one.yanked or uploaded < SINCE:
        return None
    metadata = read(pure)
    if metadata is None or metadata.problem:
        return None
    needs = (text for text in metadata.requires if "extra" not in text.partition(";")[2])
    day = date.fromisoformat(uploaded)
    return DatedRelease(version=one.version, uploaded=day, requires=tuple(sorted(needs)))


def make_trial(python: str, cache: Path, uses: Mapping[str, str]) -> Trial:
    """Return a trial with uv and an interpreter; each outcome is kept in a folder.

    ``uses`` are what is run of a package after its import.
    """

    def attempt(asked: Sequence[str], before: date | None) -> Outcome | None:
        use = uses.get(asked[0].partition("=")[0], "")
        key = sha256(repr((python, sorted(asked), before and before.isoformat(), use)).encode())
        path = cache / f"{key.hexdigest()[:32]}.json"
        if not path.is_file():
            cache.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(_try(python, asked, before, use)), "utf-8")
        found = json.loads(path.read_text("utf-8"))
        return None if found is None else Outcome(**{**found, "frames": tuple(found["frames"])})

    return attempt


def _try(
    python: str, asked: Sequence[str], before: date | None, use: str
) -> dict[str, object] | None:
    with TemporaryDirectory() as folder:
        name = asked[0].partition("=")[0]
        words = [python, "-I", "-S", "-B", "-W", "ignore", str(PROBE), folder, name, use]
        try:
            _install(python, asked, before, folder)
            done = subprocess.run(words, check=True, capture_output=True, timeout=120, cwd=folder)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return found


def _install(python: str, asked: Sequence[str], before: date | None, folder: str) -> None:
    """Install requirements as of a day; what did not build then is taken as it is now."""
    command = ["uv", "pip", "install", "-q", f"--python={python}", f"--target={folder}", *asked]
    days = [f"--exclude-newer={before.isoformat()}"] if before else []
    while True:
        done = subprocess.run([*command, *days], capture_output=True, text=True, timeout=300)  # noqa: PLW1510
        unbuilt = re.search(r"Failed to build `([\w.-]+)==", done.stderr)
        newer = f"--exclude-newer-package={unbuilt[1]}=2100-01-01" if unbuilt and before else ""
        if not newer or newer in days:
            done.check_returncode()
            return
        days.append(newer)


def find_bounds(
    name: str, releases: Sequence[DatedRelease], trial: Trial, versions: Versions
) -> dict[Version, tuple[Finding, ...] | None]:
    """Return what each release fails beside, None where that cannot be found out.

    ``releases`` are final ones, the newest first. Where releases require and bound the same names,
    the ends are tried, and the middle where these differ.
    """
    found: dict[Version, tuple[Finding, ...] | None] = {}
    for _, same in groupby(releases, key=_list_bounded):
        group = list(same)
        _fill(group, 0, len(group) - 1, lambda one: _examine(name, one, trial, versions), found)
    return found


def _list_bounded(release: DatedRelease) -> set[tuple[str, bool]]:
    """Return what a release requires, each with whether it has an upper bound."""
    needs = map(Requirement, release.requires)
    return {
        (canonicalize_name(one.name), any(it.operator[0] in "<=~" for it in one.specifier))
        for one in needs
    }


def _fill(
    group: Sequence[DatedRelease],
    low: int,
    high: int,
    examine: Callable[[DatedRelease], tuple[Finding, ...] | None],
    found: dict[Version, tuple[Finding, ...] | None],
) -> None:
    for one in {low, high}:
        if group[one].version not in found:
            found[group[one].version] = examine(group[one])
    ends = found[group[low].version], found[group[high].version]
    if _gist(ends[0]) == _gist(ends[1]):
        found.update((one.version, ends[0]) for one in group[low + 1 : high])
    elif high - low > 1:
        middle = (low + high) // 2
        _fill(group, low, middle, examine, found)
        _fill(group, middle, high, examine, found)


def _gist(findings: Sequence[Finding] | None) -> set[tuple[str, str]] | None:
    return None if findings is None else {(one.dependency, one.below) for one in findings}


def _examine(
    name: str, release: DatedRelease, trial: Trial, versions: Versions
) -> tuple[Finding, ...] | None:
    """Return what a release fails beside, None where it does not install or always failed."""
    asked = [f"{name}=={release.version}"]
    found: list[Finding] = []
    for _ in range(_ROUNDS):
        now = trial(asked, None)
        if now is None or not now.error:
            return tuple(found) if now or found else None
        days = (release.uploaded + timedelta(days=one) for one in _LATER)
        then = next((t for one in days if (t := trial(asked, one)) and not t.error), None)
        if then is None:
            break
        with_old = (
            (one, trial([*asked, f"{one}=={then.installed[one]}"], None))
            for one in _list_suspects(release, now, then)
        )
        culprit = next((one for one, t in with_old if t and t.error != now.error), None)
        if culprit is None:
            break
        below = _find_first(asked, culprit, (now, then), trial, versions)
        asked.append(f"{culprit}<{below}")
        if next((one for one in now.frames if one != culprit), name) == name:
            found.append(Finding(dependency=culprit, below=below, error=now.error))
    return tuple(found) or None


def _find_first(
    asked: Sequence[str],
    culprit: str,
    ends: tuple[Outcome, Outcome],
    trial: Trial,
    versions: Versions,
) -> str:
    """Return the first version of a dependency with which the error comes."""
    now, then = ends
    good, bad = Version(then.installed[culprit]), Version(now.installed[culprit])
    between = [one for one in sorted(versions(culprit)) if good < one <= bad]

    def fails(version: Version) -> bool:
        tried = trial([*asked, f"{culprit}=={version}"], None)
        return tried is not None and tried.error == now.error

    text = str(between[bisect_left(between[:-1], True, key=fails)])  # noqa: FBT003 - what is sought
    while text.endswith(".0"):
        text = text.removesuffix(".0")
    return text


def _list_suspects(release: DatedRelease, now: Outcome, then: Outcome) -> Iterator[str]:
    """Yield what another version was there of: where it failed, then what is required itself."""
    changed = [
        one for one, version in now.installed.items() if then.installed.get(one, version) != version
    ]
    direct = {canonicalize_name(name) for name, _ in _list_bounded(release)}
    likely = [one for one in (now.missing, *now.frames) if one in changed]
    rest = sorted(changed, key=lambda one: (one not in direct, one))
    yield from dict.fromkeys((*likely, *rest[:_SUSPECTS]))


def list_rows(
    releases: Sequence[DatedRelease], found: Mapping[Version, Sequence[Finding] | None]
) -> Iterator[tuple[str, str, str]]:
    """Yield (releases, requirement, error); ``releases`` are all that were tried, newest first.

    What is older than the oldest tried fails like it; what is newer than the newest does not.
    """
    least: list[dict[str, Finding]] = []
    for release in releases:
        mine: dict[str, Finding] = {}
        for one in found.get(release.version) or ():
            known = mine.get(one.dependency)
            if known is None or Version(one.below) < Version(known.below):
                mine[one.dependency] = one
        least.append(mine)
    for dependency in sorted({name for mine in least for name in mine}):
        belows = [mine[dependency].below if dependency in mine else "" for mine in least]
        place = 0
        for below, run in groupby(belows):
            count = len(list(run))
            last = place + count
            if below:
                newest, oldest = releases[place].version, releases[last - 1].version
                top = f"<{releases[place - 1].version}" if place else f"<={newest}"
                low = f">={oldest}," if last < len(releases) else ""
                error = least[place][dependency].error
                yield f"{low}{top}", f"{dependency}<{below}", error
            place = last


def format_bounds(rows: Mapping[str, Sequence[tuple[str, str, str]]], *, today: date) -> str:
    """Return bounds.toml: the same rows give the same text."""
    lines = "".join(
        f"[bounds.{name}]\nrows = [\n"
        + "".join(f"    [{', '.join(map(_quote, row))}],\n" for row in rows[name])
        + "]\n"
        for name in sorted(rows)
        if rows[name]
    )
    return f"""\
# Generated: python -m tools.knowledge refresh bounds --write
# Releases that do not load beside newer releases of what they require, as their metadata do not
# bound it. A row is: the releases, what they would have to require, what importing ends with.
# Tried are the packages in tools/knowledge/bounds_names.txt.
source = "each release installed with uv as of now and as of its time, and imported (CPython 3.11)"
checked = {today}

{lines}"""


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
