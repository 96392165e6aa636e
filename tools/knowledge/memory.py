"""What importing packages takes, measured on this machine: installed apart, imported in order."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from platform import machine, python_version

import tomlkit

from scaffold.catalog.wheel_refresh import Refreshed
from scaffold.model.errors import TransientError
from scaffold.model.knowledge import Facts

WORTH_NOTING = 1_000_000  # bytes; less is noise
_SPREAD = 0.1
_PROBE = Path(__file__).with_name("memory_probe.py")

Measure = Callable[[str], Mapping[str, int]]


def measure_memory(name: str) -> dict[str, int]:
    """Return what a package and all it needs take each, in bytes, on top of what came before.

    The interpreter is among them, under the name ``python``. Raises TransientError where pip
    cannot install it from wheels.
    """
    with tempfile.TemporaryDirectory() as folder:
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder)
        installed = _run(*pip, "--only-binary=:all:", name)
        if installed.returncode:
            raise TransientError(
                f"pip cannot install {name}: {installed.stderr.strip()[-300:]}",
                hint="is the index reachable, and does it have wheels for this machine?",
            )
        probed = _run("-I", "-B", str(_PROBE), folder)
    found = json.loads(probed.stdout)
    return {"python": found["interpreter"], **found["packages"]}


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def refresh_memory(
    folder: Path,
    names: Sequence[str],
    facts: Facts,
    measure: Measure,
    *,
    today: date,
    tell: Callable[[str], None],
) -> Refreshed:
    """Return package files that say what importing takes; new ones where there are none."""
    found: dict[str, int] = {}
    asked: dict[str, int] = {}
    for name in names:
        tell(name)
        for package, taken in measure(name).items():
            # Imported after others a package takes least, and that is what it adds; but what was
            # asked for comes after all it needs.
            found[package] = min(taken, found.get(package, taken))
            if package == name:
                asked[name] = taken
    found |= asked
    interpreter = found.pop("python", 0)
    changes: list[str] = []
    files: dict[str, str] = {}
    for package, taken in sorted(found.items()):
        before = facts.packages[package].memory if package in facts.packages else None
        rounded = round(taken, -5)
        if rounded < WORTH_NOTING and before is None:
            continue
        if before is not None and abs(rounded - before) <= _SPREAD * max(before, 1):
            continue
        changes.append(f"{'~' if before else '+'} {package} {rounded / 1e6:.1f} MB")
        path = f"packages/{package}.toml"
        text = (folder / path).read_text("utf-8") if (folder / path).is_file() else ""
        files[path] = write_memory(text or _new(package, today), rounded)
    return Refreshed(
        changes=tuple(changes) or ("nothing changed",),
        files=files,
        remarks=(f"the interpreter alone: {interpreter / 1e6:.1f} MB",),
    )


def _new(package: str, today: date) -> str:
    source = f"imported on {machine()} with CPython {python_version()}, memory only"
    return f'name = "{package}"\nsource = "{source}"\nchecked = {today}\n'


def write_memory(text: str, taken: int) -> str:
    """Return a package's TOML with another figure for its memory."""
    document = tomlkit.parse(text)
    value = tomlkit.parse(f"value = {taken:_}")["value"]
    if "memory" in document:
        document["memory"] = value
        return tomlkit.dumps(document)
    head, line, rest = text.partition("\n")
    return f"{head}{line}memory = {taken:_}\n{rest}"
