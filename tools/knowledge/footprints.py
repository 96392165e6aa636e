"""What becomes of wheels in an image: their bytecode, and what a layer makes of their files."""

import marshal
import sys
import tarfile
import warnings
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZipFile

from packaging.version import Version

from scaffold.assembler.stripping import strip_bytes
from scaffold.catalog.snapshot import KnownProject
from scaffold.index.wheel_contents import classify, read_contents
from scaffold.model.index import DistFile
from scaffold.model.knowledge import Footprint, Symbols

Fetch = Callable[[DistFile | None], bytes]  # empty for none, and for what is too large

LARGEST = 40 << 20  # bytes of a wheel that is downloaded to be measured
LARGEST_NAMED = 300 << 20  # the same, of one that is asked for by name
# BuildKit and the engine compress layers with Go's gzip at its default level. What it makes of a
# layer, relative to zlib's level 6: 1.025 to 1.035 for Python files, 1.045 to 1.052 for machine
# code (`docker push` of 17 images, engine 28.5.2, against `docker save | gzip -6`, 2026-11-24).
GO_GZIP = 1.04
MACHINES = ("aarch64",)  # beside x86_64, whose wheels are measured, too
ALIKE = 0.005  # of the machine code: symbols that differ by less are the same
MUCH = 10_000_000  # bytes of headers and symbols, from which on they are measured for themselves
_HEADER = 16  # bytes of a .pyc before the marshalled code
_PLACE = "/usr/local/lib/python3/site-packages"


def choose_wheel(project: KnownProject, limit: int = LARGEST) -> DistFile | None:
    """Return the smallest wheel of the newest final release with wheels, or None if it is large."""
    for release in project.releases:
        wheels = [file for file in release.files if file.filename.endswith(".whl") and file.size]
        if wheels and not Version(release.metadata.version).is_prerelease:
            smallest = min(wheels, key=lambda file: (file.size or 0, file.filename))
            return smallest if (smallest.size or 0) <= limit else None
    return None


def choose_native(project: KnownProject, machine: str = "") -> DistFile | None:
    """Return the smallest wheel with machine code for Linux of the newest release with any.

    Without a ``machine`` it is x86_64, and another one only where there is none for it.
    """
    for release in project.releases:
        native = [f for f in release.files if "manylinux" in f.filename and f.size]
        if native and not Version(release.metadata.version).is_prerelease:
            able = [f for f in native if machine in f.filename]
            return min(able, key=_smallest_native) if able else None
    return None


def _smallest_native(file: DistFile) -> tuple[bool, int, str]:
    return "x86_64" not in file.filename, file.size or 0, file.filename


def measure_project(
    project: KnownProject, limit: int, fetch: Fetch, known: Footprint | None
) -> Footprint | None:
    """Return what becomes of a project's wheels, or None if it has none that is not too large.

    ``known`` is what was once measured: it stays for a wheel that is too large to be fetched.
    """
    chosen, native = choose_wheel(project, limit), choose_native(project)
    body = fetch(chosen)
    if chosen is None or not body:
        return None
    code = body if native == chosen else fetch(native)
    symbols = known.symbols if known and native else Symbols()
    symbols = measure_symbols(code) if code else symbols
    wheels = {machine: choose_native(project, machine) for machine in MACHINES}
    foreign = {
        machine: measure_symbols(data)
        for machine, wheel in wheels.items()
        if wheel != native and (data := fetch(wheel))
    }
    return replace(
        measure_footprint(body, chosen.filename),
        symbols=symbols,
        foreign={key: one for key, one in foreign.items() if not is_alike(one, symbols)},
    )


def measure_symbols(data: bytes) -> Symbols:
    """Return what stripping takes out of a wheel's machine code, and what that is in a layer."""
    return Symbols(share=measure_share(data), spent=measure_spent(data))


def is_alike(one: Symbols, other: Symbols) -> bool:
    """Tell whether two machines' symbols need no line each."""
    return one.spent == other.spent and abs(one.share - other.share) < ALIKE


def measure_share(data: bytes) -> float:
    """Return the share of a wheel's machine code that stripping takes out; tests go as a whole."""
    with ZipFile(BytesIO(data)) as wheel:
        code = [wheel.read(n) for n in wheel.namelist() if classify(n) == "so"]
    total = sum(map(len, code))
    return round(1 - sum(len(strip_bytes(one)) for one in code) / total, 3) if total else 0.0


def measure_spent(data: bytes, *, much: int = MUCH) -> float:
    """Return what a layer makes of a byte of headers and symbols, 0 where there are few of them.

    Large ones repeat themselves: TensorFlow's compress to half of what other text does.
    """
    with ZipFile(BytesIO(data)) as wheel:
        headers = {n: wheel.read(n) for n in wheel.namelist() if classify(n) == "headers"}
        code = [wheel.read(n) for n in wheel.namelist() if classify(n) == "so"]
    lean = [strip_bytes(one) for one in code]
    gone = sum(map(len, headers.values())) + sum(map(len, code)) - sum(map(len, lean))
    if gone < much:
        return 0.0
    symbols = sum(len(zlib.compress(one, 6)) for one in code)
    symbols -= sum(len(zlib.compress(one, 6)) for one in lean)
    return round((_layer(headers) + symbols * GO_GZIP) / gone, 3)


def measure_footprint(data: bytes, filename: str) -> Footprint:
    """Return what becomes of a wheel, given whole; its Python is compiled, never run."""
    with ZipFile(BytesIO(data)) as wheel:
        names = sorted(info.filename for info in wheel.infolist() if not info.is_dir())
        files = {name: wheel.read(name) for name in names}
        source = read_contents(wheel, filename).kind("py")
    # Tests stay out of an image, and what they compile to is not like the rest.
    compiled = {
        name: code
        for name in names
        if classify(name) == "py" and (code := _compile(files[name], name)) is not None
    }
    bytecode = sum(map(len, compiled.values()))
    return Footprint(
        bytecode=round(bytecode / source, 3) if source else 0.0,
        bytecode_layer=round(_layer(compiled) / bytecode, 3) if bytecode else 0.0,
        layer=round(_layer(files) / len(data), 3),
    )


def _compile(source: bytes, name: str) -> bytes | None:
    """Return a file of bytecode, or None for what this Python cannot compile."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = compile(source, f"{_PLACE}/{name}", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            return None
    return bytes(_HEADER) + marshal.dumps(code)


def _layer(files: Mapping[str, bytes]) -> int:
    """Return the bytes of a compressed layer with these files, in the order given."""
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"{_PLACE}/{PurePosixPath(name)}")
            info.size = len(data)
            tar.addfile(info, BytesIO(data))
    return round(len(zlib.compress(archive.getvalue(), 6)) * GO_GZIP)


def format_footprints(rows: Iterable[tuple[str, Footprint]], *, today: date) -> str:
    """Return footprints.toml: the same rows give the same text."""
    version = ".".join(map(str, sys.version_info[:2]))
    ordered = sorted(rows, key=lambda row: row[0])
    lines = "".join(
        f"{name} {row.bytecode:g} {row.bytecode_layer:g} {row.layer:g}"
        f"{_format_symbols(row.symbols) if row.symbols != Symbols() else ''}\n"
        for name, row in ordered
    )
    foreign = "".join(
        f"{name} {machine}{_format_symbols(symbols)}\n"
        for name, row in ordered
        for machine, symbols in sorted(row.foreign.items())
    )
    return f"""\
# Generated: python -m tools.knowledge refresh footprints --write
# What becomes of a wheel in an image. A line is: name, bytes of bytecode per byte of Python source,
# bytes of a compressed layer per byte of bytecode, bytes of a compressed layer per byte of wheel
# and, where it has machine code, the share of that which no loader reads (smallest manylinux wheel),
# and bytes of a compressed layer per byte of symbols and headers, where they are more than 10 MB.
# The last two once more for another machine's wheel, where it is not like the first one's.
source = "the smallest wheel of each project's newest release in snapshots/, compiled with CPython {version}"
checked = {today}
packages = '''
{lines}'''
foreign = '''
{foreign}'''
"""  # noqa: E501 - a line of TOML


def _format_symbols(symbols: Symbols) -> str:
    return f" {symbols.share:g}{f' {symbols.spent:g}' if symbols.spent else ''}"
