"""What the machine code in a wheel asks of the system: shared libraries and a glibc version."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZipFile, ZipInfo

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from scaffold.catalog.sibling_wheels import wheel_platforms
from scaffold.model.image import Elf

_MAGIC = b"\x7fELF"
_HEADER_SIZE = 52  # the smaller of the two ELF headers
_IN_MEMORY = 32 << 20  # bytes of a member; what is larger waits on disk
_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)")
_TEXTS = {".py", ".pyi", ".pyc", ".txt", ".json", ".h", ".hpp", ".md", ".pyx", ".pxd", ".csv"}
_MACHINES = {
    "x86_64": "EM_X86_64",
    "aarch64": "EM_AARCH64",
    "armv7l": "EM_ARM",
    "armv6l": "EM_ARM",
    "i686": "EM_386",
    "ppc64le": "EM_PPC64",
    "s390x": "EM_S390",
    "riscv64": "EM_RISCV",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFacts:
    """``glibc`` is the highest version needed, None for none; ``needs`` are foreign sonames.

    ``sought`` pairs those with the folders, below site-packages, that RPATH or RUNPATH name.
    """

    glibc: tuple[int, int] | None
    needs: tuple[str, ...]
    sought: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """One ELF file of a wheel."""

    machine: str
    soname: str
    needed: tuple[str, ...]
    glibc: tuple[int, int] | None
    paths: tuple[str, ...] = ()


def read_elf_facts(wheel: ZipFile) -> ElfFacts:
    """Return what the ELF files of an open wheel need and the wheel does not bring.

    Files for another machine than the wheel's (firmware of an accelerator) and broken ones are
    left out.
    """
    expected = {
        _MACHINES.get(machine, "") for _, machine in wheel_platforms(wheel.filename or "")
    } - {""}
    brought = {PurePosixPath(name).name for name in wheel.namelist()}
    needs: set[str] = set()
    levels: list[tuple[int, int]] = []
    sought: set[tuple[str, str]] = set()
    for info in wheel.infolist():
        member = _read_member(wheel, info)
        if member is None or (expected and member.machine not in expected):
            continue
        brought.add(member.soname)
        needs.update(member.needed)
        folders = {_beside(info.filename, path) for path in member.paths} - {""}
        sought.update((soname, folder) for soname in member.needed for folder in folders)
        if member.glibc:
            levels.append(member.glibc)
    foreign = needs - brought
    return ElfFacts(
        glibc=max(levels, default=None),
        needs=tuple(sorted(foreign)),
        sought=tuple(sorted(pair for pair in sought if pair[0] in foreign)),
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


def _read_member(wheel: ZipFile, info: ZipInfo) -> _Member | None:
    if info.file_size < _HEADER_SIZE or PurePosixPath(info.filename).suffix in _TEXTS:
        return None
    with wheel.open(info) as stream, SpooledTemporaryFile(_IN_MEMORY) as data:
        start = stream.read(len(_MAGIC))
        if start != _MAGIC:
            return None
        data.write(start)
        copyfileobj(stream, data, 1 << 20)
        try:
            return _describe(ELFFile(data))
        except (ELFError, ValueError, KeyError, UnicodeDecodeError):
            return None


def _describe(elf: Any) -> _Member:
    soname, needed = "", []
    paths: list[str] = []
    dynamic = elf.get_section_by_name(".dynamic")
    if dynamic is None:
        segments = [one for one in elf.iter_segments() if one["p_type"] == "PT_DYNAMIC"]
        dynamic = segments[0] if segments else None
    for tag in dynamic.iter_tags() if dynamic is not None else ():
        if tag.entry.d_tag == "DT_NEEDED":
            needed.append(tag.needed)
        elif tag.entry.d_tag == "DT_SONAME":
            soname = tag.soname
        elif tag.entry.d_tag in {"DT_RUNPATH", "DT_RPATH"}:
            paths += str(getattr(tag, tag.entry.d_tag[3:].lower())).split(":")
    return _Member(
        machine=elf["e_machine"],
        soname=soname,
        needed=tuple(needed),
        glibc=max(_glibc_levels(elf), default=None),
        paths=tuple(paths),
    )


def _glibc_levels(elf: Any) -> Iterator[tuple[int, int]]:
    section = elf.get_section_by_name(".gnu.version_r")
    if section is None:
        return
    for _, auxiliaries in section.iter_versions():
        for auxiliary in auxiliaries:
            if match := _GLIBC.match(auxiliary.name):
                yield int(match[1]), int(match[2])


def read_elf(file: IO[bytes]) -> Elf | None:
    """Return what an ELF file says to the loader; None for one that is broken or cut off.

    Only the headers and the dynamic section are read.
    """
    try:
        return _to_elf(ELFFile(file))
    except (ELFError, ValueError, KeyError, TypeError, UnicodeDecodeError):
        return None


def _to_elf(elf: Any) -> Elf:
    soname, interpreter = "", ""
    needed: list[str] = []
    runpaths: list[str] = []
    rpaths: list[str] = []
    for segment in elf.iter_segments():
        if segment["p_type"] == "PT_INTERP":
            interpreter = segment.get_interp_name()
        elif segment["p_type"] == "PT_DYNAMIC":
            for tag in segment.iter_tags():
                if tag.entry.d_tag == "DT_NEEDED":
                    needed.append(tag.needed)
                elif tag.entry.d_tag == "DT_SONAME":
                    soname = tag.soname
                elif tag.entry.d_tag == "DT_RUNPATH":
                    runpaths += tag.runpath.split(":")
                elif tag.entry.d_tag == "DT_RPATH":
                    rpaths += tag.rpath.split(":")
    return Elf(
        machine=str(elf["e_machine"]),
        bits=int(elf.elfclass),
        soname=soname,
        needed=tuple(needed),
        paths=tuple(path for path in runpaths or rpaths if path),
        interpreter=interpreter,
    )
