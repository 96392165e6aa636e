"""python -m tests.engine: bring up a Docker Engine, fill it with stand-ins, find it, stop it."""

import os
import shlex
from pathlib import Path

import click

from tests.engine import engine, facts, publish
from tests.engine.home import find_home
from tests.engine.shell import EngineError
from tests.engine.standins import ARCHES, ASKED


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A real Docker Engine for the tests, from package registries only."""


@main.command()
def up() -> None:
    """Start what is not running yet."""
    reason = engine.why_not()
    if reason:
        raise click.ClickException(reason)
    started = engine.up(find_home(os.environ))
    click.echo(f"engine {started.version}, mirror on {started.registry}")


@main.command()
def down() -> None:
    """Stop the engine; what it has stored stays."""
    engine.down(find_home(os.environ))


@main.command()
def status() -> None:
    """Say whether it runs; exit 1 if not."""
    home = find_home(os.environ)
    running = engine.is_up(home)
    click.echo(f"{'up' if running else 'down'}: {home.folder}")
    raise SystemExit(0 if running else 1)


@main.command()
@click.option("--arch", "arches", multiple=True, type=click.Choice(ARCHES), help="Repeatable.")
@click.option("--base", "bases", multiple=True, type=click.Choice(ASKED), help="Repeatable.")
def images(arches: tuple[str, ...], bases: tuple[str, ...]) -> None:
    """Fill the mirror with stand-ins for the base images; some only where --base asks for them."""
    home = find_home(os.environ)
    publish.publish_all(home, engine.up(home), arches or ARCHES, click.echo, bases)


@main.command(name="facts")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def write_facts(folder: Path) -> None:
    """Measure the stand-ins and write facts about them into FOLDER, for --knowledge."""
    home = find_home(os.environ)
    for base, rows in facts.write(home, engine.up(home), folder).items():
        for arch, one in rows.items():
            click.echo(
                f"{base} {arch}: {one.on_disk / 1e6:.2f} MB on disk, "
                f"{one.download / 1e6:.2f} MB to download, Python {one.release}"
            )


@main.command()
def env() -> None:
    """Print what a shell needs to use it: eval "$(python -m tests.engine env)"."""
    for name, value in engine.variables(find_home(os.environ)).items():
        click.echo(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    try:
        main()
    except EngineError as error:
        raise SystemExit(f"engine: {error}") from error
