"""Consoles in the documentation: commands with what they print, run again and compared.

A block of the language ``console`` holds commands after ``$ `` and their output below. All
blocks of a page share one folder, a fresh copy of the examples, so that a later command sees what
an earlier one wrote. Our own command runs with a fixed day; what it is piped into runs in bash.
"""

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from click.testing import CliRunner

from scaffold.cli import cli
from scaffold.operations.services import real_services
from tools import WRITTEN

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 25)
COLUMNS = "96"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command of a page, the line it stands in, and what the page says it prints."""

    line: int
    command: str
    output: str


def find_calls(text: str) -> Iterator[Call]:
    """Yield the commands of a page in their order."""
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        pieces = re.split(r"^\$ ", block[1], flags=re.MULTILINE)
        line += pieces[0].count("\n")
        for piece in pieces[1:]:
            command, _, output = piece.partition("\n")
            yield Call(line=line, command=command, output=output)
            line += piece.count("\n")


def renew(text: str, folder: Path) -> str:
    """Return the page with what its commands print today, having run them in ``folder``."""

    def run_block(block: re.Match[str]) -> str:
        calls = find_calls(block[0])
        said = "".join(f"$ {call.command}\n{run(call.command, folder)}" for call in calls)
        return f"```console\n{said}```"

    return _BLOCK.sub(run_block, text)


def prepare(folder: Path) -> Path:
    """Fill a folder with what the commands of a page find in it."""
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=WRITTEN)
    return folder


def run(command: str, folder: Path) -> str:
    """Return what a command prints; of one that ends well, what goes to stdout."""
    ours, _, rest = command.partition(" | ")
    if not ours.startswith("leanscaffold "):
        return _shell(command, folder)
    real = real_services()
    outside = replace(real, host=replace(real.host, today=lambda: TODAY))
    # A cache that no other test has filled: what it holds counts offline, too.
    with chdir(folder), tempfile.TemporaryDirectory() as cache:
        ended = CliRunner().invoke(
            cli,
            shlex.split(ours)[1:],
            obj=outside,
            prog_name="leanscaffold",
            env={"COLUMNS": COLUMNS, "NO_COLOR": "1", "LEANSCAFFOLD_CACHE_DIR": cache},
        )
    said = ended.stdout if ended.exit_code == 0 else ended.output
    if rest:
        said = _shell(rest, folder, stdin=said)
    return "\n".join(line.rstrip() for line in said.splitlines()) + "\n" * bool(said)


def _shell(command: str, folder: Path, stdin: str = "") -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.stderr:
        raise AssertionError(f"{json.dumps(command)} says: {done.stderr}")
    return done.stdout
