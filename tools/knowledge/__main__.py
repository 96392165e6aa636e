"""``python -m tools.knowledge``: makes what is generated in knowledge/ anew, shows what changed."""

import subprocess
import sys
import tomllib
from difflib import unified_diff
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import click

from scaffold.catalog.load import load_facts
from scaffold.cli import ReportingGroup
from scaffold.cli.knowledge import write_knowledge
from scaffold.model.errors import UsageError
from scaffold.model.target import Arch
from scaffold.planner.size_prediction import TYPICAL
from scaffold.resolver.tags import parse_arch
from tools.knowledge.bigquery_import import STATEMENT
from tools.knowledge.bytecode_only import find_tops, try_sourceless
from tools.knowledge.minimal_bases import derive_text
from tools.knowledge.refresh import Order, refresh

_KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"


@click.group(cls=ReportingGroup)
def main() -> None:
    """Regenerate what is generated in knowledge/."""


_KINDS = ("bases", "libraries", "payloads", "swaps", "memory", "footprints", "bounds")
_write = click.option(
    "--write", is_flag=True, help="Write the result; without it only the changes show."
)
_into = click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=_KNOWLEDGE, metavar="DIR"
)
_names = click.option(
    "--names",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Packages to look up, one a line.  [default: DIR/snapshots/names.txt]",
)


@main.command(name="refresh")
@click.argument("kinds", nargs=-1, required=True, type=click.Choice(_KINDS))
@_into
@_names
@click.option("--arch", "arches", multiple=True, metavar="ARCH", help="Only these; repeatable.")
@click.option("--base", "bases", multiple=True, metavar="ID|FAMILY", help="Only these; repeatable.")
@click.option(
    "--package",
    "packages",
    multiple=True,
    metavar="NAME",
    help="Measure its swaps again; without, only swaps that have no figures.",
)
@_write
def refresh_kinds(
    kinds: tuple[str, ...],
    *,
    into: Path,
    names: Path | None,
    arches: tuple[str, ...],
    bases: tuple[str, ...],
    packages: tuple[str, ...],
    write: bool,
) -> None:
    """Ask the index and an engine anew for what facts were generated from.

    Engine: bases (digest and sizes of images), libraries (what Debian's packages weigh and need).
    apt: payloads (what Debian's packages weigh, unpacked; some 2,000 downloads).
    Index: swaps (what each saves, by planning twice), memory (what importing takes, installed with
    pip), footprints (what becomes of wheels in an image; one wheel of each project), bounds (which
    releases do not load beside newer requirements; installs each with uv and imports it: hours).
    """
    chosen = tuple(map(parse_arch, arches)) or tuple(Arch)
    order = Order(
        kinds=kinds, folder=into, names=names, arches=chosen, bases=bases, packages=packages
    )
    _show(order, write=write)


@main.command(name="import")
@click.argument("file", metavar="FILE.parquet", required=False, type=click.Path(path_type=Path))
@_into
@_names
@click.option("--sql", "print_sql", is_flag=True, help="Print the statement, for the warehouse.")
@_write
def import_export(
    file: Path | None, into: Path, names: Path | None, *, print_sql: bool, write: bool
) -> None:
    """Take over releases and files from FILE, an export of the table distribution_metadata.

    The export may be of the whole table, or of what the statement that --sql prints returns on the
    warehouse that hosts it: a far smaller file with the same columns. What is inside of wheels is
    in neither: known facts are kept, others are read when a package is planned with.
    """
    if print_sql:
        click.echo(STATEMENT.read_text("utf-8"), nl=False)
    elif file is None:
        raise UsageError("no export is named", hint="name FILE.parquet, or ask for --sql")
    else:
        _show(Order(kinds=("import",), folder=into, names=names, export=file), write=write)


def _show(order: Order, *, write: bool) -> None:
    for refreshed in refresh(order, lambda text: click.echo(text, err=True)):
        for line in refreshed.changes:
            click.echo(line)
        for line in refreshed.remarks:
            click.echo(line, err=True)
        if write:
            write_knowledge(order.folder, refreshed)


@main.command()
def spreads() -> None:
    """Print how far nine of ten measured packages are from what is assumed of an unmeasured one."""
    measured = load_facts(_KNOWLEDGE).footprints.values()
    for name, typical, values in (
        ("bytecode", TYPICAL.bytecode, [one.bytecode for one in measured]),
        (
            "bytecode to download",
            TYPICAL.bytecode * TYPICAL.bytecode_layer,
            [one.bytecode * one.bytecode_layer for one in measured],
        ),
        ("layer", TYPICAL.layer, [one.layer for one in measured]),
    ):
        off = quantiles((abs(value / typical - 1) for value in values), n=10)[-1]
        click.echo(f"{name}: {off:.3f} of {typical:.3f}, {len(values)} packages")


@main.command(name="minimal-bases")
@click.option("--folder", type=click.Path(path_type=Path), default=_KNOWLEDGE / "bases")
@_write
def minimal_bases(folder: Path, *, write: bool) -> None:
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


@main.command(name="bytecode-only")
@click.argument("names", nargs=-1, required=True)
@click.option("--python", default=sys.executable, help="The interpreter to try them with.")
def bytecode_only(names: tuple[str, ...], python: str) -> None:
    """Install packages; import every module of theirs with sources, and from bytecode alone."""
    with TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        pip = [python, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:"]
        subprocess.run([*pip, "--target", site, *names], check=True)
        for name in names:
            scratch = Path(folder)
            tried = try_sourceless(name, find_tops(site, name), site, scratch, python)
            click.echo(f"{name}: {tried.modules} modules, {len(tried.lost)} lost without sources")
            for module, error in tried.lost:
                click.echo(f"  {module}: {error}")
            for line in tried.asks:
                click.echo(f"  asks for sources: {line}")


if __name__ == "__main__":
    sys.exit(main())
