"""``python -m scaffold.refresh``: regenerates the bundled snapshot, slowly and cached."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from difflib import unified_diff
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import click
import msgspec

from scaffold.adapters.cache import Cache, find_cache_folder
from scaffold.adapters.http import Http
from scaffold.adapters.index_config import read_index_config
from scaffold.adapters.live_index import LiveIndex
from scaffold.errors import LeanscaffoldError
from scaffold.facts.snapshot import KINDS, Head, KnownProject, Snapshot, encode_project
from scaffold.facts.tables import read_footprints
from scaffold.model.index import DistFile, Metadata, WheelFacts
from scaffold.model.knowledge import Footprint
from scaffold.refresh.bare import derive_text
from scaffold.refresh.footprints import (
    LARGEST,
    LARGEST_NAMED,
    choose_native,
    choose_wheel,
    format_footprints,
    measure_footprint,
    measure_symbols,
)
from scaffold.refresh.sourceless import find_tops, try_sourceless
from scaffold.refresh.starters import (
    changed_lines,
    compile_with_uv,
    constraints,
    lock_starter,
)
from scaffold.refresh.wheels import (
    PARALLEL,
    Source,
    build_projects,
    describe_changes,
    list_unlisted,
)

GENERATOR = "python -m scaffold.refresh wheels"
LARGEST_ELF_READ = 90  # MiB of a wheel that the generator downloads
_SNAPSHOTS = Path(__file__).resolve().parents[2] / "knowledge" / "snapshots"
_STARTERS = _SNAPSHOTS.parents[1] / "templates" / "project"
_FOOTPRINTS = _SNAPSHOTS.parent / "footprints.toml"


@click.group()
def main() -> None:
    """Regenerate what is generated in knowledge/."""


@main.command()
@click.option("--names", type=click.Path(path_type=Path), default=_SNAPSHOTS / "names.txt")
@click.option("--folder", type=click.Path(path_type=Path), default=_SNAPSHOTS / "wheels")
@click.option("--elf-limit", type=int, default=LARGEST_ELF_READ, show_default=True, metavar="MIB")
@click.option("--write", is_flag=True, help="Write the result; without it only the changes show.")
def wheels(names: Path, folder: Path, *, elf_limit: int, write: bool) -> None:
    """Fetch releases, metadata and wheel facts of the names listed."""
    before = Snapshot(folder)
    try:
        result = build_projects(
            read_names(names.read_text("utf-8")),
            _open_source(elf_limit << 20),
            before=before,
            tell=_tell,
        )
    except LeanscaffoldError as error:
        raise click.ClickException(f"{error.cause} ({error.hint})") from error
    for line in describe_changes(before, result.projects):
        click.echo(line)
    for name in result.unknown:
        _tell(f"no index has {name}")
    if unlisted := list_unlisted(result.projects):
        _tell(f"needed, not listed: {' '.join(unlisted)}")
    if write:
        size = write_snapshot(folder, result.projects, date=datetime.now(UTC).date().isoformat())
        _tell(f"{len(result.projects)} projects, {size} bytes")


@main.command()
@click.option("--write", is_flag=True, help="Write the result; without it only the changes show.")
@click.argument("names", nargs=-1)
def starters(names: tuple[str, ...], *, write: bool) -> None:
    """Lock the newest versions that the project templates can have (all, or those named)."""
    known = read_names((_SNAPSHOTS / "names.txt").read_text("utf-8"))
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(constraints(Snapshot(_SNAPSHOTS / "wheels"), known))
        file.flush()
        compile_lock = partial(compile_with_uv, known=Path(file.name))
        for folder in sorted(path for path in _STARTERS.iterdir() if path.is_dir()):
            if names and folder.name not in names:
                continue
            for path, text in lock_starter(folder, compile_lock):
                before = path.read_text("utf-8") if path.is_file() else ""
                for line in changed_lines(before, text):
                    click.echo(f"{folder.name}/{path.name}: {line}")
                if write:
                    path.write_text(text, "utf-8")


@main.command()
@click.argument("names", nargs=-1)
@click.option("--folder", type=click.Path(path_type=Path), default=_SNAPSHOTS / "wheels")
@click.option("--file", type=click.Path(path_type=Path), default=_FOOTPRINTS)
@click.option("--write", is_flag=True, help="Write the result; without it it is printed.")
def footprints(names: tuple[str, ...], folder: Path, file: Path, *, write: bool) -> None:
    """Download a wheel of each project in the snapshot; measure what an image makes of it.

    With NAMES only these are measured, whatever their size, and the other rows stay.
    """
    config = read_index_config(os.environ)
    live = LiveIndex(lambda: config, Cache(find_cache_folder(os.environ)))
    http = Http(config)
    snapshot = Snapshot(folder)
    limit = LARGEST_NAMED if names else LARGEST
    rows = dict(read_footprints(tomllib.loads(file.read_text("utf-8")))) if names else {}

    def fetch(name: str, chosen: DistFile | None) -> bytes:
        page = live.page(name) if chosen and (chosen.size or 0) <= limit else None
        urls = {one.filename: one.url for one in page.files} if page else {}
        url = urls.get(chosen.filename) if chosen else None
        return http.get(url, limit=limit).body if url else b""

    def measure(name: str) -> tuple[str, Footprint] | None:
        project = snapshot.project(name)
        if project is None:
            return None
        chosen, native = choose_wheel(project, limit), choose_native(project)
        body = fetch(name, chosen)
        if chosen is None or not body:
            _tell(f"{name}: no wheel to measure")
            return None
        code = body if native == chosen else fetch(name, native)
        footprint = measure_footprint(body, chosen.filename)
        return name, replace(footprint, symbols=measure_symbols(code) if code else 0.0)

    try:
        with ThreadPoolExecutor(PARALLEL) as pool:
            wanted = names or sorted(path.stem for path in folder.glob("*.jsonl"))
            rows |= dict(filter(None, pool.map(measure, wanted)))
    except LeanscaffoldError as error:
        raise click.ClickException(f"{error.cause} ({error.hint})") from error
    text = format_footprints(rows.items(), today=datetime.now(UTC).date())
    if write:
        file.write_text(text, "utf-8")
    else:
        click.echo(text, nl=False)


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=_SNAPSHOTS.parent / "bases")
@click.option("--write", is_flag=True, help="Write the result; without it only the changes show.")
def bare(folder: Path, *, write: bool) -> None:
    """Derive the figures of bases that are cut from others from the measured ones."""
    texts = {path: path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))}
    by_id = {data["id"]: data for text in texts.values() for data in [tomllib.loads(text)]}
    for path, text in texts.items():
        if not tomllib.loads(text).get("origin"):
            continue
        derived = derive_text(text, by_id)
        for line in unified_diff(text.splitlines(), derived.splitlines(), n=0, lineterm=""):
            if line.startswith(("-", "+")) and line[1:2] != line[:1]:
                click.echo(f"{path.name}: {line}")
        if write:
            path.write_text(derived, "utf-8")


@main.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--python", default=sys.executable, help="The interpreter to try them with.")
def sourceless(names: tuple[str, ...], python: str) -> None:
    """Install packages; import every module of theirs with sources, and from bytecode alone."""
    with TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        pip = [python, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:"]
        subprocess.run([*pip, "--target", site, *names], check=True)  # noqa: S603
        for name in names:
            scratch = Path(folder)
            tried = try_sourceless(name, find_tops(site, name), site, scratch, python)
            click.echo(f"{name}: {tried.modules} modules, {len(tried.lost)} lost without sources")
            for module, error in tried.lost:
                click.echo(f"  {module}: {error}")
            for line in tried.asks:
                click.echo(f"  asks for sources: {line}")


def read_names(text: str) -> tuple[str, ...]:
    """Return the names of a list: one a line, comments after ``#``."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)


def write_snapshot(folder: Path, projects: Sequence[KnownProject], *, date: str) -> int:
    """Write a snapshot over the one before; returns its size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    head = Head(generator=GENERATOR, date=date, names=len(projects), kinds=KINDS)
    contents = {f"{project.name}.jsonl": encode_project(project) for project in projects}
    contents["head.json"] = msgspec.json.format(msgspec.json.encode(head)) + b"\n"
    for stale in folder.glob("*.jsonl"):
        if stale.name not in contents:
            stale.unlink()
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return sum(len(data) for data in contents.values())


def _open_source(elf_limit: int) -> Source:
    live = LiveIndex(
        lambda: read_index_config(os.environ),
        Cache(find_cache_folder(os.environ)),
    )

    def metadata(files: Sequence[DistFile]) -> Metadata | None:
        return live.cached_metadata(files) or live.metadata(files)

    def facts(name: str, file: DistFile, elf: bool) -> WheelFacts | None:  # noqa: FBT001
        largest = elf_limit if elf else 0
        cached = live.cached_facts(file)
        if cached and (cached.elf != "unread" or (file.size or 0) > largest):
            return cached
        return live.facts(name, file, largest_elf_read=largest)

    return Source(page=live.page, metadata=metadata, facts=facts)


def _tell(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    sys.exit(main())
