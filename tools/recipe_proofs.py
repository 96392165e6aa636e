"""Recipes proven: each package is built from source for a target, and imported there.

    python -m tools.recipe_proofs [NAME…] [--arch arm/v7] [--base slim-bookworm] [--write]

Prints a line per package: how long the build took (emulated on a machine of another kind) and what
importing says; with --write, what was built is noted in the recipe. Needs the index; minutes for
each package.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import tomlkit

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from tests.engine import engine as own
from tests.engine.choice import ca_bundle
from tests.engine.engine import Engine
from tests.engine.home import find_home
from tests.engine.leanscaffold import environment, leanscaffold

KNOWLEDGE = Path(__file__).parents[1] / "knowledge"
PYTHON = "3.13"
SMALL = (
    *("spidev", "hiredis", "msgpack", "httptools", "psutil", "pyyaml", "cffi", "greenlet"),
    *("rpi-gpio", "psycopg2", "pyaudio", "kiwisolver"),
)
_COMPILERS = {"gcc", "g++", "libc6-dev"}
_INSTALL = re.compile(
    r"(RUN (?:(?!\nRUN |\nFROM ).)*?--no-install-recommends \\\n)"
    r"((?:      \S+ \\\n)+)( && rm [^\n]*\n)",
    re.DOTALL,
)
# Modules whose name is not the package's, or that look for hardware when they are imported.
MODULES = {
    "pyyaml": "yaml, yaml._yaml",
    "rpi-gpio": "importlib.util; assert importlib.util.find_spec('RPi._GPIO')",
    "cffi": "cffi, _cffi_backend",
    "psycopg2": "psycopg2",
    "psycopg2-binary": "psycopg2",
    "pyaudio": "pyaudio",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How one package fared; ``trouble`` is empty where it was built and imported."""

    name: str
    seconds: float
    version: str = ""
    trouble: str = ""


def prove(engine: Engine, name: str, arch: str, base: str) -> Proof:
    """Build a project that needs nothing but one package, and import it."""
    tag = f"leanscaffold-recipe-{name}"
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        project.mkdir()
        (project / "requirements.txt").write_text(f"{name}\n")
        (project / "main.py").write_text("print('up')\n")
        bundle = ca_bundle(os.environ)
        trust = ("--ca", str(bundle)) if bundle else ()
        env = environment(engine, Path(folder))
        ended = leanscaffold(
            *("generate", str(project), "--target", arch, "--base", base, "--python", PYTHON),
            *("--allow-compile", "hours", "--quiet", *trust),
            env=env,
        )
        if not ended.code:
            dockerfile = project / "Dockerfile"
            text = dockerfile.read_text()
            if f"--no-binary={name}" not in text:
                return Proof(name=name, seconds=0, trouble="it was not compiled: it has a wheel")
            dockerfile.write_text(share_compilers(text))
            ended = leanscaffold("build", str(project), "--tag", tag, "--quiet", *trust, env=env)
        seconds = time.monotonic() - begun
        if ended.code:
            return Proof(name=name, seconds=seconds, trouble=ended.err.strip()[-600:])
        version = _read_version(project, name)
    return Proof(
        name=name, seconds=seconds, version=version, trouble=_import(engine, name, arch, tag)
    )


def share_compilers(text: str) -> str:
    """Return the Dockerfile with the compilers in a step of their own, before the other packages.

    That step is the same for most recipes, so that an engine that emulates unpacks it only once.
    """
    found = _INSTALL.search(text)
    lines = found[2].splitlines(keepends=True) if found else []
    own = [line for line in lines if line.split()[0] in _COMPILERS]
    if found is None or len(own) in {0, len(lines)}:
        return text
    return f"{text[: found.start()]}{found[1]}{''.join(own)}{found[3]}{text[found.start() :]}"


def _read_version(project: Path, name: str) -> str:
    (lock,) = project.glob("requirements.*.lock")
    found = re.search(rf"^{re.escape(name)}==(\S+)", lock.read_text(), re.MULTILINE)
    assert found, lock.read_text()
    return found[1]


def _import(engine: Engine, name: str, arch: str, tag: str) -> str:
    modules = MODULES.get(name, name.replace("-", "_"))
    words = ("run", "--rm", "--platform", f"linux/{arch}", tag, "python", "-c", f"import {modules}")
    try:
        engine.docker(*words)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no proof
        return str(error)[-600:]
    finally:
        engine.docker("rmi", "--force", tag)
    return ""


def note(file: Path, proof: Proof, arch: str, base: str) -> None:
    """Write into a package's file that its recipe was proven, instead of an earlier proof there."""
    document = tomlkit.parse(file.read_text(encoding="utf-8"))
    recipe = document["recipe"]
    place = {"arch": arch, "base": base, "python": PYTHON}
    kept = [one for one in recipe.get("proven", ()) if place.items() - one.items()]
    row = tomlkit.inline_table()
    row.update(place | {"version": proof.version, "checked": datetime.now(tz=UTC).date()})
    recipe["proven"] = [*kept, row]
    file.write_text(tomlkit.dumps(document), encoding="utf-8")


@click.command()
@click.option("--arch", default="arm/v7", show_default=True)
@click.option("--base", default="slim-bookworm", show_default=True)
@click.option("--write", is_flag=True, help="Note in the recipes what was proven.")
@click.argument("names", nargs=-1)
def main(arch: str, base: str, names: Sequence[str], *, write: bool) -> None:
    """Build and import each NAME from source; without names the small ones."""
    facts = load_facts(knowledge())
    engine = own.up(find_home(os.environ))
    failed = 0
    for name in names or SMALL:
        recipe = facts.packages[name].recipe if name in facts.packages else None
        if recipe is None:
            sys.exit(f"{name} has no recipe")
        proof = prove(engine, name, arch, base)
        failed += bool(proof.trouble)
        if write and not proof.trouble:
            note(KNOWLEDGE / "packages" / f"{name}.toml", proof, arch, base)
        click.echo(f"{name:16} {proof.seconds:6.0f} s  {proof.trouble or 'built and imported'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
