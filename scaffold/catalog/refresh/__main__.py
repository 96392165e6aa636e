"""``python -m scaffold.catalog.refresh``: what only a checkout renews."""

import subprocess
import sys
import tomllib
from difflib import unified_diff
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import click

from scaffold.catalog.refresh.bare import derive_text
from scaffold.catalog.refresh.snapshots import read_names
from scaffold.catalog.refresh.sourceless import find_tops, try_sourceless
from scaffold.catalog.refresh.starters import (
    changed_lines,
    compile_with_uv,
    constraints,
    lock_starter,
)
from scaffold.catalog.snapshot import Snapshot

_SNAPSHOTS = Path(__file__).resolve().parents[3] / "knowledge" / "snapshots"
_STARTERS = _SNAPSHOTS.parents[1] / "templates" / "project"


@click.group()
def main() -> None:
    """Regenerate what is generated in knowledge/."""


@main.command()
@click.option("--write", is_flag=True, help="Write the result; without it only the changes show.")
@click.argument("names", nargs=-1)
def starters(names: tuple[str, ...], *, write: bool) -> None:
    """Lock the newest versions that the project templates can have (all, or those named)."""
    known = read_names((_SNAPSHOTS / "names.txt").read_text("utf-8"), "names.txt")
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


def _tell(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    sys.exit(main())
