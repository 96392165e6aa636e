"""What the machine code in a wheel asks of the system: shared libraries and a glibc version."""

import posixpath
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import PurePosixPath
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from scaffold.assembler.elf import Elf, file_offset, parse_elf, read_dynamic, read_text
from scaffold.assembler.stripping import count_symbols
from scaffold.model.index import CompiledLibrary, wheel_platforms

_MAGIC = b"\x7fELF"
_HEADER_SIZE = 52  # the smaller of the two ELF headers
_IN_MEMORY = 32 << 20  # bytes of a member; what is larger waits on disk
_MOST_UNPACKED = 4 << 30  # bytes of a wheel
_MOST_VERSIONS = 200  # of one library, and libraries; real files have some dozens
_DT_STRTAB, _DT_VERNEED, _DT_VERNEEDNUM = 5, 0x6FFFFFFE, 0x6FFFFFFF
_OUTSIDE = re.compile(r"[^/]+\.data/(?!purelib/|platlib/)")  # of site-packages
_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)")
_TEXTS = {".py", ".pyi", ".pyc", ".txt", ".json", ".h", ".hpp", ".md", ".pyx", ".pxd", ".csv"}
# Machines as wheel tags name them, by their numbers in the ELF specification.
MACHINES = {
    "x86_64": 62,
    "aarch64": 183,
    "armv7l": 40,
    "armv6l": 40,
    "i686": 3,
    "ppc64le": 21,
    "s390x": 22,
    "riscv64": 243,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFacts:
    """``glibc`` is the highest version needed, None for none; ``needs`` are foreign sonames.

    ``sought`` pairs those with the folders, below site-packages, that RPATH or RUNPATH name.
    ``symbols`` are the bytes that stripping takes out.
    """

    glibc: tuple[int, int] | None
    needs: tuple[str, ...]
    sought: tuple[tuple[str, str], ...] = ()
    symbols: int = 0


def read_elf_facts(wheel: ZipFile) -> ElfFacts:
    """Return what the ELF files of an open wheel need and the wheel does not bring.

    Files for another machine than the wheel's (firmware of an accelerator) and broken ones are
    left out. Raises BadZipFile for a wheel that unpacks to more than any does.
    """
    if sum(info.file_size for info in wheel.infolist()) > _MOST_UNPACKED:
        raise BadZipFile("larger than any wheel")
    machines = {machine for _, machine in wheel_platforms(wheel.filename or "")}
    expected = {MACHINES[one] for one in machines & MACHINES.keys()}
    brought = {PurePosixPath(name).name for name in wheel.namelist()}
    needs: set[str] = set()
    levels: list[tuple[int, int]] = []
    sought: set[tuple[str, str]] = set()
    symbols = 0
    for info in wheel.infolist():
        elf, versions, spent = _read_member(wheel, info)
        if elf is None or (expected and elf.machine not in expected):
            continue
        brought.add(elf.soname)
        symbols += spent if _OUTSIDE.match(info.filename) is None else 0
        needs.update(elf.needed)
        folders = {_beside(info.filename, path) for path in elf.paths} - {""}
        sought.update((soname, folder) for soname in elf.needed for folder in folders)
        levels.extend(versions)
    foreign = needs - brought
    return ElfFacts(
        glibc=max(levels, default=None),
        needs=tuple(sorted(foreign)),
        sought=tuple(sorted(pair for pair in sought if pair[0] in foreign)),
        symbols=symbols,
    )


def _beside(filename: str, path: str) -> str:
    """Return the folder below site-packages that a path with $ORIGIN means, empty for none."""
    head, _, rest = filename.partition("/")
    scheme, _, below = rest.partition("/")
    inside = head.endswith(".data") and scheme in {"purelib", "platlib"}
    origin = posixpath.dirname(below if inside else filename)
    for word in ("$ORIGIN", "${ORIGIN}"):
        if path == word or path.startswith(f"{word}/"):
            folder = posixpath.normpath(posixpath.join(origin, path[len(word) + 1 :]))
            return "" if folder.startswith("..") else folder
    return ""


def _read_member(wheel: ZipFile, info: ZipInfo) -> tuple[Elf | None, list[tuple[int, int]], int]:
    """Return what a file says to the loader, the versions of glibc it needs, bytes of symbols."""
    if info.file_size < _HEADER_SIZE or PurePosixPath(info.filename).suffix in _TEXTS:
        return None, [], 0
    with wheel.open(info) as stream:
        start = stream.read(len(_MAGIC))
        if start != _MAGIC:
            return None, [], 0
        with _whole(start, stream) as data:
            elf = parse_elf(data, sections=False)
            levels = [] if elf is None else list(_glibc_levels(data, elf))
            return elf, levels, count_symbols(data)


@contextmanager
def _whole(start: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    """Give the bytes of a file, those of a large one mapped from disk."""
    data = start + rest.read(_IN_MEMORY)
    if len(data) < _IN_MEMORY:
        yield data
        return
    with TemporaryFile() as file:
        file.write(data)
        copyfileobj(rest, file, 1 << 20)
        file.flush()
        with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
            yield cast("bytes", mapped)  # all that is done with it, bytes can, too


def _glibc_levels(data: bytes, elf: Elf) -> Iterator[tuple[int, int]]:
    """Yield the versions of glibc that symbols need; a table that makes no sense ends early."""
    tags = dict(read_dynamic(data, elf.segments))
    at = file_offset(tags.get(_DT_VERNEED, 0), elf.segments)
    strings = file_offset(tags.get(_DT_STRTAB, 0), elf.segments)
    order = "<" if elf.little else ">"
    with suppress(struct.error, ValueError, OverflowError):
        for _ in range(min(tags.get(_DT_VERNEEDNUM, 0), _MOST_VERSIONS)):
            _, count, _, beside, following = struct.unpack_from(f"{order}HHIII", data, at)
            one = at + beside
            for _ in range(min(count, _MOST_VERSIONS)):
                _, _, _, name, after = struct.unpack_from(f"{order}IHHII", data, one)
                if match := _GLIBC.match(read_text(data, strings + name)):
                    yield int(match[1]), int(match[2])
                one += after
            at += following


def read_elf(start: bytes, rest: IO[bytes]) -> Elf | None:
    """Return what an ELF file says to the loader; None for one that is broken or cut off."""
    with _whole(start, rest) as data:
        return parse_elf(data, sections=False)


def read_library(path: str, stream: IO[bytes]) -> CompiledLibrary | None:
    """Return what an open file is compiled for; None for what is no library of a known machine."""
    start = stream.read(len(_MAGIC))
    elf = read_elf(start, stream) if start == _MAGIC else None
    machines = tuple(one for one, number in MACHINES.items() if elf and elf.machine == number)
    if elf is None or not machines:
        return None
    musl = any(one.startswith("libc.musl") for one in elf.needed)
    libc = "musl" if musl else "glibc" if "libc.so.6" in elf.needed else ""
    return CompiledLibrary(path=path, machines=machines, libc=libc)
