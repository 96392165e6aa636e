"""The prediction beside the measurement, for each example, target and base that the plan allows.

    python -m tools.predictions [--example X] [--target T] [--base B] [--anew]

Keeps the table in docs/predictions.md and the facts that its predictions rest on beside this file.
Builds and verifies on the tests' engine; an hour the first time, later what has changed.
"""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from shutil import copy2, copytree
from typing import Any

import click

from tests.engine import engine as own
from tests.engine import facts, publish
from tests.engine.choice import ca_bundle
from tests.engine.engine import Engine
from tests.engine.home import Home, digest, find_home, whole
from tests.engine.leanscaffold import (
    Ended,
    environment,
    leanscaffold,
    plain_environment,
)
from tools import WRITTEN
from tools.prediction_table import (
    PASSED,
    QUICK,
    Row,
    read_table,
    to_megabytes,
    write_table,
)

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "predictions.md"
# What the stand-ins weighed when the table was made.
WEIGHED = Path(__file__).resolve().parents[1] / "tests/engine/weighed"
EXAMPLES = (
    *("hello", "fastapi", "flask-postgres", "pandas", "scikit-learn", "detector", "litert"),
    *("gateway", "django", "paper"),
)
ARCHES = ("amd64", "arm64")
# The stand-ins have one Python, and one release of each distribution.
PYTHON = "3.13"
BASES = ("bare-trixie", "bare-alpine-3.23", "slim-trixie", "alpine-3.23")
# A repository is soon made (test_apk.py), and ziglang's wheel is a compiler that runs on musl: with
# libpq out of psycopg2-binary's musllinux wheel such images are built and start. But that libpq
# brings Kerberos and LDAP, 1.9 MB, and Debian's mirror hands out no sources of PostgreSQL to build
# a plain one for musl: what is measured would not be the package that is predicted.
_NO_MIRROR = (
    "libpq is Alpine's own, whose mirror is out of reach: another one weighs something else"
)
_NOTHING_FITS = 3
_BUILD_FAILED = 8

Key = tuple[str, str, str]


def predict(example: str, knowledge: Path, env: Mapping[str, str]) -> dict[Key, Row]:
    """Return a row, not yet measured, for each target and base that the plan of today allows."""
    words = [word for arch in ARCHES for word in ("--target", arch)]
    ended = leanscaffold(
        *("plan", str(ROOT / "examples" / example), *words, "--python", PYTHON),
        *("--anew", "--offline", "--knowledge", str(knowledge), "--json", "--quiet"),
        env=env,
    )
    assert ended.code in {0, _NOTHING_FITS}, ended.err
    rows = [
        Row(
            example=example,
            target=target["target"].removeprefix("linux/"),
            base=one["base"],
            predicted=to_megabytes(one["size"]["on_disk"], one["size"]["download"]),
        )
        for target in ended.document()["targets"]
        for one in target["candidates"]
        if one["verdict"] == "fits" and one["base"] in BASES and one["python"] == PYTHON
    ]
    return {row.key: row for row in rows}


def measure(
    engine: Engine, row: Row, kept: Row | None, knowledge: Path, *, quick: bool = False
) -> Row:
    """Return the row with what was measured, or with what is kept of the same files."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / row.example
        copytree(ROOT / "examples" / row.example, project, ignore=WRITTEN)
        env = environment(engine, Path(folder))
        words = (str(project), *options(row), "--knowledge", str(knowledge))
        written = leanscaffold("generate", *words, "--quiet", env=env)
        assert written.code == 0, written.err
        files = _digest(project, knowledge)
        if kept is not None and kept.files == files and not kept.troubles():
            return replace(kept, predicted=row.predicted)
        trust = ca_bundle(os.environ)
        words += ("--ca", str(trust)) if trust else ()
        words += ("--quick",) if quick else ()
        return replace(told(row, leanscaffold("verify", *words, "--json", env=env)), files=files)


def options(row: Row) -> tuple[str, ...]:
    """Return the options that decide for the row's target and base."""
    return ("--target", row.target, "--python", PYTHON, "--base", row.base, "--offline")


def told(row: Row, ended: Ended) -> Row:
    """Return the row with what ``verify --json`` said."""
    if ended.code == _BUILD_FAILED and "apk" in ended.err:
        return replace(row, untried=_NO_MIRROR)
    assert ended.code in {0, 1}, ended.err
    (report,) = ended.document()["reports"]
    return measured(row, report["checks"])


def measured(row: Row, checks: Sequence[dict[str, Any]]) -> Row:
    """Return the row with the size check's figures and the names of what did not pass."""
    (size,) = (one["figures"] for one in checks if one["code"] == "size")
    left_out = [one for one in checks if "--quick" in one["text"]]
    failed = [
        one["code"] if one["status"] == "failed" else f"{one['code']} not tried"
        for one in checks
        if one["status"] != "passed" and one not in left_out
    ]
    return replace(
        row,
        measured=to_megabytes(size["on_disk_bytes"], size["download_bytes"]),
        verify=", ".join(failed) or (QUICK if left_out else PASSED),
    )


def _digest(project: Path, knowledge: Path) -> str:
    """Return what tells apart what an image is built from: all files but the record, the bases."""
    files = [file for file in sorted(project.rglob("*")) if file.is_file()]
    names = [file.relative_to(project).as_posix() for file in files]
    parts = [file for file in files if file.name != "leanscaffold.json"]
    return digest(*names, *parts, knowledge)[:8]


def predict_all(knowledge: Path, env: Mapping[str, str]) -> dict[Key, Row]:
    """Return the rows of all examples, not yet measured."""
    rows: dict[Key, Row] = {}
    for example in EXAMPLES:
        rows |= predict(example, knowledge, env)
    return rows


def read_kept(predicted: Mapping[Key, Row]) -> dict[Key, Row]:
    """Return the rows that the table has, with the predictions of today."""
    kept = read_table(TABLE.read_text()) if TABLE.is_file() else []
    return {
        row.key: replace(row, predicted=predicted[row.key].predicted)
        for row in kept
        if row.key in predicted
    }


def weigh(engine: Engine, home: Home) -> Path:
    """Keep what the stand-ins weigh now, and return the folder.

    A file that says the same as before keeps its day: rows that rest on it need not be made anew.
    """
    fresh = facts.overlay(home, engine)
    with whole(WEIGHED) as part:
        copytree(fresh, part)
        for file in part.rglob("*.toml"):
            before = WEIGHED / file.relative_to(part)
            if before.is_file() and _without_days(before) == _without_days(file):
                copy2(before, file)
    return WEIGHED


def _without_days(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if not line.startswith('"checked"')]


@click.command()
@click.option("--example", "examples", multiple=True, type=click.Choice(EXAMPLES))
@click.option("--target", "arches", multiple=True, type=click.Choice(ARCHES))
@click.option("--base", "bases", multiple=True, type=click.Choice(BASES))
@click.option("--anew", is_flag=True, help="Measure again what has not changed, too.")
@click.option("--quick", is_flag=True, help="Verify without a second run and rebuilds.")
def main(
    examples: tuple[str, ...],
    arches: tuple[str, ...],
    bases: tuple[str, ...],
    *,
    anew: bool,
    quick: bool,
) -> None:
    """Make the table; exit 1 where a case is out of bounds."""
    home = find_home(os.environ)
    engine = own.up(home)
    publish.publish_all(home, engine, ARCHES, click.echo)
    wanted = product(examples or EXAMPLES, arches or ARCHES, bases or BASES)
    knowledge = weigh(engine, home)
    with tempfile.TemporaryDirectory() as folder:
        predicted = predict_all(knowledge, plain_environment(os.environ, Path(folder)))
    rows = read_kept(predicted)
    for key in (key for key in wanted if key in predicted):
        row = rows[key] = measure(
            engine, predicted[key], None if anew else rows.get(key), knowledge, quick=quick
        )
        click.echo(f"{' '.join(key)}: {'; '.join(row.troubles()) or row.untried or 'good'}")
        # Each at once: the next one may take minutes.
        with whole(TABLE) as part:
            part.write_text(write_table(rows[one] for one in predicted if one in rows))
    sys.exit(any(row.troubles() for row in rows.values()))


if __name__ == "__main__":
    main()
