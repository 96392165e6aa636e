"""What programs add to a base that is cut from a whole image: the rows of ``pieces``, anew.

    python -m tools.knowledge.added_programs slim-trixie [--program NAME=PACKAGE]...

Programs of the base itself are those that its file names; others are installed for it.
"""

import os
import sys
from pathlib import Path

import click

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from tests.engine import engine as own
from tests.engine.choice import ca_bundle
from tests.engine.home import find_home
from tests.engine.shell import EngineError
from tests.engine.standins import MINOR

ROOT = Path(__file__).parents[2]
PROBE = Path(__file__).with_name("added_programs_probe.py")
# What libraries.toml has packages for and a cut base can start: a compiler needs more than itself.
INSTALLED = (
    *("busybox=busybox-static", "curl=curl", "dot=graphviz", "ffmpeg=ffmpeg", "ffprobe=ffmpeg"),
    *("git=git", "pdftoppm=poppler-utils", "sqlite3=sqlite3", "tesseract=tesseract-ocr"),
    "wget=wget",
)


@click.command()
@click.argument("base")
@click.option("--program", "programs", multiple=True, help="NAME=PACKAGE, or NAME; repeatable.")
def main(base: str, programs: tuple[str, ...]) -> None:
    """Print what programs add to what is cut from BASE."""
    found = next((one for one in load_facts(knowledge()).bases if one.id == base), None)
    if found is None:
        raise click.ClickException(f"there is no base {base}")
    installed = INSTALLED if found.package_manager == "apt" else ()
    words = programs or (*found.programs, *installed)
    engine = own.up(find_home(os.environ))
    ca = ca_bundle(os.environ)
    mounts = [
        (ROOT / "scaffold" / "assembler", "/lean/scaffold/assembler"),
        (PROBE, "/lean/probe.py"),
    ]
    mounts += [(ca, "/run/secrets/ca")] if ca else []
    click.echo(
        engine.docker(
            *("run", "--rm", "--env", "DEBIAN_FRONTEND=noninteractive"),
            *(word for path, there in mounts for word in ("--volume", f"{path}:{there}:ro")),
            *(found.reference.format(python=MINOR), "python", "-B", "/lean/probe.py", *words),
        ),
        nl=False,
    )


if __name__ == "__main__":
    try:
        main()
    except EngineError as error:
        sys.exit(f"engine: {error}")
