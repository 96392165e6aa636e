"""The table of sizes beside those of others: its rows as text and back, and their limits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.engine.contests import LIMITS, MATCHES, MISSES, Limit, Match

PASSED = "passed"
NONE = "-"
# What a start may take longer than another before it counts as slower, as a factor and in seconds:
# the same image, started twice, differs by as much.
NOISE, JITTER = 1.05, 0.03
COLUMNS = (
    *("project", "target", "base", "against"),
    *("on disk", "theirs", "ratio", "limit"),
    *("download", "theirs", "ratio", "limit"),
    *("start", "plain slim", "ratio", "limit"),
    *("docker init", "ratio", "limit"),
    *("traced", "opened", "verify", "holds"),
)
HEAD = """\
# Sizes beside others

Each project with leanscaffold's own settings, on the base that it chooses of those with stand-ins,
and made the way people write it by hand, with the same versions of all packages, on Python 3.13:
measured on the tests' engine, whose base images are stand-ins for the official ones (amd64 of the
slim one: within 5 % of its 118 MB). MB are 10^6 bytes, on disk the files of all layers. `start` is
the quickest of several starts, without a network and with a read-only root, to the first answer or
to the end of a script, the container's own part (hello's row) included. `docker init`'s recipe has
the slim image as it comes, without bytecode of the standard library; in the plain slim one, pip ran
as root and without being told not to, and left bytecode of all that it uses itself. `traced` is our
image slimmed by a trace with `--traced tight` (`safe` keeps what could be imported later, too),
`opened` the bytes of the files that the run opens: the limit to approach.

Made by `python -m tools.sizes`, an hour for all of it; `--match NAME` measures one anew.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One project against one rival. MB and seconds; None is what nobody measured."""

    match: str
    arch: str
    rival: str
    on_disk: float
    their_disk: float
    download: float
    their_download: float
    start: float | None = None
    plain_start: float | None = None
    init_start: float | None = None
    traced: float | None = None
    opened: float | None = None
    verify: str = PASSED
    base: str = ""

    def troubles(self) -> list[str]:
        """Return which limits the row does not keep."""
        limit, match = find_limit(self), find_match(self)
        found = [] if self.verify == PASSED else [f"verify: {self.verify}"]
        for name, ours, theirs, most in (
            ("on disk", self.on_disk, self.their_disk, limit.on_disk),
            ("download", self.download, self.their_download, limit.download),
            ("start", self.start, self.plain_start, NOISE),
            ("start", self.start, self.init_start, _most(match)),
            ("traced", self.traced, self.opened, 1.10),
        ):
            if ours is None or theirs is None:
                continue
            if ours > most * theirs + (JITTER if most == NOISE else 0):
                found.append(f"{name} is {ours / theirs:.3f} x, at most {most:.2f} x")
        return found


def _most(match: Match) -> float:
    return match.start * (NOISE if match.start == 1 else 1)


def find_limit(row: Row) -> Limit:
    """Return what a row has to keep."""
    key = (row.match, row.arch, row.rival)
    return next(one for one in LIMITS if (one.match, one.arch, one.rival) == key)


def find_match(row: Row) -> Match:
    """Return a row's project."""
    return next(one for one in MATCHES if (one.name, one.arch) == (row.match, row.arch))


def write_table(rows: Iterable[Row]) -> str:
    """Return the page; it names the comparisons that nobody has measured."""
    found = {(row.match, row.arch, row.rival): row for row in rows}
    keys = [(one.match, one.arch, one.rival) for one in LIMITS]
    lines = [HEAD, f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    lines += [f"| {' | '.join(_cells(found[key]))} |" for key in keys if key in found]
    known = [(key, MISSES[key[:2]]) for key in keys if key in found and key[:2] in MISSES]
    if known:
        lines += ["", "Does not hold yet:", ""]
        told = {key[:2]: (what, why) for key, (what, why) in known}
        lines += [f"- {' '.join(key)}, {what}: {why}." for key, (what, why) in told.items()]
    missing = [key for key in keys if key not in found]
    if missing:
        lines += ["", "Not measured yet:", ""]
        lines += [f"- {match}, {arch}, against {rival}" for match, arch, rival in missing]
    return "\n".join(lines) + "\n"


def read_table(text: str) -> list[Row]:
    """Return the rows of a page."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [_row([cell.strip() for cell in line.strip("|").split("|")]) for line in lines[1:]]


def _cells(row: Row) -> Iterator[str]:
    limit = find_limit(row)
    yield from (row.match, row.arch, row.base, row.rival)
    yield from _compared(row.on_disk, row.their_disk, limit.on_disk, "MB")
    yield from _compared(row.download, row.their_download, limit.download, "MB")
    yield from _compared(row.start, row.plain_start, 1.0, "s")
    yield from list(_compared(row.start, row.init_start, find_match(row).start, "s"))[1:]
    yield from (_figure(row.traced, "MB"), _figure(row.opened, "MB"), row.verify)
    yield "; ".join(row.troubles()) or "yes"


def _compared(ours: float | None, theirs: float | None, most: float, unit: str) -> Iterator[str]:
    yield _figure(ours, unit)
    yield _figure(theirs, unit)
    yield NONE if ours is None or theirs is None else f"{ours / theirs:.3f}"
    yield f"{most:.2f}"


def _figure(value: float | None, unit: str) -> str:
    return NONE if value is None else f"{value:.2f} {unit}"


def _row(cells: list[str]) -> Row:
    match, arch, base, rival, *figures = cells
    disk, their_disk, _, _, download, their_download, _, _ = figures[:8]
    start, plain, _, _, init, _, _, traced, opened, verify, _ = figures[8:]
    return Row(
        match=match,
        arch=arch,
        rival=rival,
        on_disk=_number(disk) or 0.0,
        their_disk=_number(their_disk) or 0.0,
        download=_number(download) or 0.0,
        their_download=_number(their_download) or 0.0,
        start=_number(start),
        plain_start=_number(plain),
        init_start=_number(init),
        traced=_number(traced),
        opened=_number(opened),
        verify=verify,
        base=base,
    )


def _number(cell: str) -> float | None:
    return None if cell == NONE else float(cell.partition(" ")[0])
