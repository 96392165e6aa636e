"""Our images beside those that people write by hand, in one table.

    python -m tools.sizes [--match NAME]… [--arch ARCH]… [--traced | --starts | --no-starts]

Builds, verifies, weighs and starts them on the tests' engine, and keeps the table in docs/sizes.md;
with --traced it traces our images instead, and fills the columns about that; with --starts it only
starts them, for which the machine should have nothing else to do; --no-starts keeps those columns.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from scaffold.docker.connect import connect
from scaffold.docker.images import inspect_image
from tests.engine import engine as own
from tests.engine import publish
from tests.engine.choice import ca_bundle
from tests.engine.contests import (
    INIT,
    LIMITS,
    MATCHES,
    PLAIN,
    PYTHON,
    Limit,
    Match,
    write_dockerfile,
)
from tests.engine.engine import Engine
from tests.engine.home import find_home, whole
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.starts import quickest
from tools import WRITTEN
from tools.predictions import WEIGHED, weigh
from tools.size_table import PASSED, Row, read_table, write_table

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "sizes.md"
# Of the bases that a plan chooses by itself, those that the stand-ins have.
BASES = ("bare-trixie", "bare-alpine-3.23")
NAME = "leanscaffold-table"
RUNS = 7
# Memory is read of what runs, an update changes a package: a script ends, hello has none.
_ONLY_SERVERS = ("memory", "stop", "update", "writes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """An image that was built: its tag, MB on disk and to download."""

    tag: str
    on_disk: float
    download: float


def stage(match: Match, example: str, folder: Path) -> Path:
    """Return a copy of an example with the requirements of the match, made once."""
    # Named after the folder is what `verify --keep` leaves.
    goal = folder / f"{NAME}-{example}"
    if not goal.is_dir():
        shutil.copytree(ROOT / "examples" / example, goal, ignore=WRITTEN)
        if match.requires and example != "litert":
            (goal / "requirements.txt").write_text("\n".join(match.requires) + "\n")
    return goal


def plan_options(match: Match) -> tuple[str, ...]:
    """Return the options that decide, on what the stand-ins weighed."""
    return (
        *("--target", match.arch, "--python", PYTHON),
        *("--offline", "--knowledge", str(WEIGHED)),
    )


def choose(match: Match, project: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Return the candidate that a plan chooses of the bases that the stand-ins have."""
    planned = leanscaffold("plan", str(project), *plan_options(match), "--json", "--quiet", env=env)
    if planned.code:
        raise click.ClickException(planned.err or planned.out)
    # The first that fits is the chosen one, the others follow by size.
    return next(
        one
        for one in planned.document()["candidates"]
        if one["verdict"] == "fits" and one["base"] in BASES and one["python"] == PYTHON
    )


class Bench:
    """Builds the images of one match in a folder of its own; all are removed in the end."""

    def __init__(self, engine: Engine, match: Match, folder: Path) -> None:
        self.engine = engine
        self.match = match
        self.folder = folder
        self.env = environment(engine, folder)
        self.trust = ca_bundle(os.environ)
        self.tags: list[str] = []
        self.base = ""

    def stage(self, example: str) -> Path:
        """Return a copy of a project with the requirements of the match."""
        return stage(self.match, example, self.folder)

    def options(self) -> tuple[str, ...]:
        """Return what every plan of ours is told besides the project."""
        trust = ("--ca", str(self.trust)) if self.trust else ()
        base = ("--base", self.base) if self.base else ()
        return (*plan_options(self.match), *base, *trust)

    def build_ours(self, *, verify: bool = True) -> tuple[Weighed, str]:
        """Return our image, and what ``verify`` says of it."""
        project = self.stage(self.match.example)
        self.base = choose(self.match, project, self.env)["base"]
        tag = f"{project.name}:{self.match.arch}"
        self.tags.append(tag)
        if not verify:
            ended = leanscaffold(
                *("build", str(project), *self.options(), "--tag", tag, "--quiet"), env=self.env
            )
            if ended.code:
                raise click.ClickException(ended.err or ended.out)
            return self.weigh(tag), ""
        ended = leanscaffold(
            *("verify", str(project), *self.options(), "--keep", "--json", "--quiet"),
            env=self.env,
        )
        if ended.code not in {0, 1} or "reports" not in ended.document():
            raise click.ClickException(ended.err or ended.out)
        (report,) = ended.document()["reports"]
        return self.weigh(tag), _conclude(report["checks"])

    def trace_ours(self) -> tuple[float, float]:
        """Return MB on disk of our image, traced tightly, and of the files that its run opens."""
        project = self.stage(self.match.example)
        self.base = choose(self.match, project, self.env)["base"]
        ended = leanscaffold(
            *("trace", str(project), *self.options(), "--traced", "tight", "--json", "--quiet"),
            env=self.env,
        )
        if not ended.out or "floor" not in ended.document():
            raise click.ClickException(ended.err or ended.out)
        found = ended.document()
        return round(found["kept"]["on_disk"] / 1e6, 2), round(found["floor"] / 1e6, 2)

    def build_theirs(self, rival: str) -> Weighed:
        """Return an image that is made by hand, of the same versions."""
        project = self.stage(self.match.rival or self.match.example)
        self._pin(project)
        requires = (project / "requirements.txt").is_file()
        (project / "Dockerfile").write_text(write_dockerfile(rival, self.match, requires=requires))
        (project / ".dockerignore").unlink(missing_ok=True)
        tag = f"{NAME}-theirs:{len(self.tags)}"
        self.tags.append(tag)
        secret = ("--secret", f"id=ca,src={self.trust}") if self.trust else ()
        self.engine.docker(
            *("buildx", "build", "--quiet", "--load", "--tag", tag, *secret),
            *("--platform", f"linux/{self.match.arch}", str(project)),
        )
        return self.weigh(tag)

    def _pin(self, project: Path) -> None:
        """Write the versions that our plan takes into the requirements."""
        requirements = project / "requirements.txt"
        if not requirements.is_file() or "==" in requirements.read_text():
            return
        planned = leanscaffold(
            *("plan", str(project), *self.options(), "--json", "--quiet"), env=self.env
        )
        packages = planned.document()["packages"]
        requirements.write_text("".join(f"{p['name']}=={p['version']}\n" for p in packages))

    def weigh(self, tag: str) -> Weighed:
        """Return what an image weighs, as ``verify`` counts it."""
        with connect(environ=self.engine.environ) as client:
            layers = inspect_image(client, tag).layers
        return Weighed(
            tag=tag,
            on_disk=sum(layer.on_disk for layer in layers) / 1e6,
            download=sum(layer.download for layer in layers) / 1e6,
        )

    def clean(self) -> None:
        """Remove the images."""
        for tag in self.tags:
            self.engine.docker("image", "rm", "--force", tag)


def _conclude(checks: Sequence[dict[str, Any]]) -> str:
    """Return what failed. What a script that ends has nothing of to try is no failure."""
    failed = [one["code"] for one in checks if one["status"] == "failed"]
    untried = [one["code"] for one in checks if one["status"] == "not-verified"]
    kept = [code for code in untried if code not in _ONLY_SERVERS]
    return ", ".join(failed + [f"{code} not tried" for code in kept]) or PASSED


def measure(engine: Engine, match: Match, *, starts: bool) -> Iterator[Row]:
    """Yield the rows of one project, without their times unless it ``starts`` them."""
    limits = [one for one in LIMITS if (one.match, one.arch) == (match.name, match.arch)]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(engine, match, Path(folder))
        try:
            ours, verify = bench.build_ours()
            theirs = {limit.rival: bench.build_theirs(limit.rival) for limit in limits}
            times = _starts(bench, match, ours, theirs) if starts else (None, None, None)
            for limit in limits:
                row = _row(limit, ours, theirs[limit.rival], verify)
                yield _time(replace(row, base=bench.base), times)
        finally:
            bench.clean()


def trace(engine: Engine, match: Match, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of one project with what a trace makes of our image."""
    with tempfile.TemporaryDirectory() as folder:
        traced, opened = Bench(engine, match, Path(folder)).trace_ours()
    for row in rows:
        if (row.match, row.arch) == (match.name, match.arch):
            yield replace(row, traced=traced, opened=opened)


def start(engine: Engine, match: Match, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of one project with how long the images take to start now."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(engine, match, Path(folder))
        try:
            starts = _starts(bench, match, bench.build_ours(verify=False)[0], {})
        finally:
            bench.clean()
    for row in rows:
        if (row.match, row.arch) == (match.name, match.arch):
            yield _time(row, starts)


def _starts(
    bench: Bench, match: Match, ours: Weighed, theirs: Mapping[str, Weighed]
) -> tuple[float | None, ...]:
    """Return the seconds of our image, of the plain slim one, of docker init's, if not emulated."""
    if match.arch != "amd64":
        return None, None, None
    others = [theirs.get(rival) or bench.build_theirs(rival) for rival in (PLAIN, INIT)]
    tags = (ours.tag, *(other.tag for other in others))
    found = quickest(bench.engine, tags, port=match.port, runs=RUNS)
    return tuple(round(seconds, 2) for seconds in found)


def _time(row: Row, starts: tuple[float | None, ...]) -> Row:
    ours, plain, init = starts
    return replace(row, start=ours, plain_start=plain, init_start=init)


def _row(
    limit: Limit,
    ours: Weighed,
    theirs: Weighed,
    verify: str,
) -> Row:
    return Row(
        match=limit.match,
        arch=limit.arch,
        rival=limit.rival,
        on_disk=round(ours.on_disk, 2),
        their_disk=round(theirs.on_disk, 2),
        download=round(ours.download, 2),
        their_download=round(theirs.download, 2),
        verify=verify,
    )


def _keep_unmeasured(row: Row, kept: Row | None) -> Row:
    """Return the row with the kept one's figures that it has none for: times, what a trace says."""
    found = {name: value for name, value in asdict(row).items() if value is not None}
    return replace(kept, **found) if kept else row


@click.command()
@click.option("--match", "names", multiple=True, type=click.Choice([one.name for one in MATCHES]))
@click.option("--arch", "arches", multiple=True, type=click.Choice(["amd64", "arm64"]))
@click.option("--traced", is_flag=True, help="Trace our images, and keep the rest of the table.")
@click.option("--starts/--no-starts", default=None, help="Only start them; or keep those columns.")
def main(
    names: tuple[str, ...], arches: tuple[str, ...], *, traced: bool, starts: bool | None
) -> None:
    """Make the table; exit 1 where a row is beyond its limit."""
    home = find_home(os.environ)
    engine = own.up(home)
    publish.publish_all(home, engine, ("amd64", "arm64"), click.echo)
    weigh(engine, home)
    kept = read_table(TABLE.read_text()) if TABLE.is_file() else []
    rows = {(row.match, row.arch, row.rival): row for row in kept}
    for match in MATCHES:
        if (names and match.name not in names) or (arches and match.arch not in arches):
            continue
        found = measure(engine, match, starts=starts is None)
        if traced or starts:
            found = (trace if traced else start)(engine, match, list(rows.values()))
        for row in found:
            key = row.match, row.arch, row.rival
            rows[key] = _keep_unmeasured(row, rows.get(key))
            click.echo(json.dumps([row.match, row.arch, row.rival, row.troubles()]))
            # Each at once: the next one may take minutes.
            with whole(TABLE) as part:
                part.write_text(write_table(rows.values()))
    sys.exit(any(row.troubles() for row in rows.values()))


if __name__ == "__main__":
    main()
