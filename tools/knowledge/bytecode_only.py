"""Whether packages work from bytecode alone: tried by importing all they have, both ways.

Every module of a package is imported, in a process of its own, from a folder with sources and from
one without. A module that imports with sources and not without is what a fact must not promise. So
is a source that asks for sources: what looks like it is listed, and a person decides.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaffold.assembler.packages import Packages
from scaffold.assembler.trim import find_spent

# Imports every module below some top-level names, apart from what needs a display or a terminal.
_PROGRAM = """
import importlib, json, os, pkgutil, sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
out, sys.stdout = sys.stdout, open(os.devnull, "w")
found = {}
def attempt(name):
    try:
        importlib.import_module(name)
        found[name] = ""
    except BaseException as error:
        found[name] = f"{type(error).__name__}: {error}"[:200]
for top in sys.argv[2:]:
    attempt(top)
    folders = getattr(sys.modules.get(top), "__path__", ())
    for info in pkgutil.walk_packages(folders, f"{top}.", onerror=lambda name: None):
        if not info.name.endswith("__main__"):
            attempt(info.name)
json.dump(found, out)
out.flush()
os._exit(0)
"""
_ASKS = re.compile(
    rb"inspect\.(getsource|getsourcelines|getsourcefile|findsource)|linecache\.|co_filename"
    rb"|__file__[^\n]*\.py['\"]|torch\.jit\.script|runpy\.run_path"
)
PATIENCE = 600  # seconds for all modules of a package


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """``lost`` are modules that import with sources only, ``asks`` lines that look at sources."""

    name: str
    modules: int
    lost: tuple[tuple[str, str], ...]
    asks: tuple[str, ...]


def try_sourceless(name: str, tops: Sequence[str], site: Path, scratch: Path, python: str) -> Tried:
    """Return what becomes of a package that is installed below ``site``, for an interpreter."""
    bare = scratch / "bare"
    shutil.copytree(site, bare)
    for _, files in find_spent(Packages(bare), "safe", ()):
        for parts in files:
            bare.joinpath(*parts).unlink(missing_ok=True)
    asks = tuple(_find_asking(bare, tops))
    _compile(bare, tops, python)
    whole, without = import_all(site, tops, python), import_all(bare, tops, python)
    lost = tuple(
        (module, without.get(module, "not found"))
        for module, error in whole.items()
        if not error and without.get(module) != "" and not is_of_tests(module)
    )
    shutil.rmtree(bare)
    worked = sum(not error for error in whole.values())
    return Tried(name=name, modules=worked, lost=lost, asks=asks)


def is_of_tests(module: str) -> bool:
    """Tell whether a module belongs to a package's own tests, by its name."""
    return not {"tests", "test", "conftest"}.isdisjoint(module.split("."))


def _find_asking(folder: Path, tops: Sequence[str]) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if inside.parts[0].removesuffix(".py") not in tops:
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if _ASKS.search(line):
                yield f"{inside}:{number}: {line.strip().decode('utf-8', 'replace')}"


def _compile(folder: Path, tops: Sequence[str], python: str) -> None:
    """Do to the packages what assembling does, with the interpreter that will import them."""
    code = (
        "import pathlib, sys; from assembler.bytecode import compile_folder; "
        "compile_folder(pathlib.Path(sys.argv[1]), '/x', alone=sys.argv[2:], every=False)"
    )
    program = Path(__file__).resolve().parents[2] / "scaffold"
    subprocess.run([python, "-B", "-c", code, folder, *tops], cwd=program, check=True)


def import_all(folder: Path, tops: Sequence[str], python: str) -> dict[str, str]:
    """Return what each module below some top-level names says to its import; nothing is well."""
    argv = [python, "-I", "-B", "-c", _PROGRAM, str(folder), *tops]
    done = subprocess.run(argv, capture_output=True, timeout=PATIENCE, check=False)
    try:
        found: dict[str, str] = json.loads(done.stdout)
    except ValueError:
        sys.stderr.write(done.stderr.decode("utf-8", "replace")[-2000:])
        return {}
    return found


def find_tops(site: Path, name: str) -> tuple[str, ...]:
    """Return the top-level modules of an installed distribution, as its record says."""
    from importlib.metadata import distributions  # noqa: PLC0415

    found = next(
        one
        for one in distributions(path=[str(site)])
        if re.sub(r"[-_.]+", "-", one.name).lower() == name
    )
    paths = [file.parts[0] for file in found.files or () if file.suffix in {".py", ".so"}]
    tops = {part.partition(".")[0] for part in paths if not part.endswith(".dist-info")}
    return tuple(sorted(top for top in tops if top.isidentifier()))
