"""What an ELF file says to the loader: machine, libraries, where to look, what gets mapped."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"\x7fELF"
PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 1, 5, 14, 15, 29
_MAX_DYNAMIC = 1 << 16
_MAX_TEXT = 1 << 14


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header: file ``offset`` and ``size``, address, alignment; all in bytes."""

    kind: int
    offset: int
    address: int
    size: int
    align: int


@dataclass(frozen=True, slots=True)
class Elf:
    """``machine`` is the number from the ELF specification, ``bits`` 32 or 64.

    ``paths`` are the file's own search path as written, ``$ORIGIN`` and all. ``end`` is the first
    byte after everything that headers, sections and segments describe; what lies behind it was
    appended by somebody who reads it on his own. ``header_size`` is that of the file's header,
    ``programs_at`` and ``programs_size`` are where the table of segments is. All in bytes.
    """

    machine: int
    bits: int
    little: bool = True
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    end: int = 0
    header_size: int = 0
    programs_at: int = 0
    programs_size: int = 0


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand in the two sizes of ELF file."""

    header: str
    program: str
    dynamic: str
    fields: tuple[int, ...]  # type, offset, vaddr, filesz, align within a program header


_LAYOUTS = {
    1: _Layout("HHIIIIIHHHHHH", "IIIIIIII", "iI", (0, 1, 2, 4, 7)),
    2: _Layout("HHIQQQIHHHHHH", "IIQQQQQQ", "qQ", (0, 2, 3, 5, 7)),
}


def is_elf(path: Path) -> bool:
    """Tell by its first bytes whether a file is an ELF file."""
    try:
        with path.open("rb") as file:
            return file.read(4) == _MAGIC
    except OSError:
        return False


def read_elf(path: Path) -> Elf | None:
    """Return what the loader would read, or None for what is no (whole) ELF file."""
    with path.open("rb") as file:
        if file.read(4) != _MAGIC:
            return None
    return parse_elf(path.read_bytes())


def parse_elf(data: bytes, *, sections: bool = True) -> Elf | None:
    """Return what the loader would read, or None for what is no (whole) ELF file.

    The loader needs no ``sections``; without them ``end`` is that of the segments.
    """
    try:
        return _parse(data, sections=sections) if data[:4] == _MAGIC else None
    except (struct.error, LookupError, ValueError, OverflowError):
        return None


def _parse(data: bytes, *, sections: bool) -> Elf:
    layout, little = _LAYOUTS[data[4]], data[5] == 1
    order = "<" if little else ">"
    header = struct.unpack_from(order + layout.header, data, 16)
    machine, program_at, section_at = header[1], header[4], header[5]
    header_size, program_size, program_count = header[7], header[8], header[9]
    section_size, section_count = header[10], header[11]
    segments = tuple(
        Segment(*(values[index] for index in layout.fields))
        for position in range(program_count)
        for values in [
            struct.unpack_from(order + layout.program, data, program_at + position * program_size)
        ]
    )
    loaded = max(
        *(s.offset + s.size for s in segments),
        header_size,
        program_at + program_count * program_size,
    )
    dynamic = tuple(read_dynamic(data, segments))
    strings = file_offset(next((value for tag, value in dynamic if tag == _DT_STRTAB), 0), segments)
    texts = {
        kind: [read_text(data, strings + value) for tag, value in dynamic if tag == kind]
        for kind in (_DT_NEEDED, _DT_SONAME, _DT_RPATH, _DT_RUNPATH)
    }
    paths = texts[_DT_RUNPATH] or texts[_DT_RPATH]
    return Elf(
        machine=machine,
        bits=32 * data[4],
        little=little,
        interpreter=next((read_text(data, s.offset) for s in segments if s.kind == _PT_INTERP), ""),
        soname=next(iter(texts[_DT_SONAME]), ""),
        needed=tuple(texts[_DT_NEEDED]),
        paths=tuple(one for path in paths for one in path.split(":") if one),
        segments=segments,
        end=max(
            loaded,
            section_at + section_size * section_count,
            *_section_ends(data, section_at, section_size, section_count, order),
        )
        if sections
        else loaded,
        header_size=header_size,
        programs_at=program_at,
        programs_size=program_count * program_size,
    )


def read_dynamic(data: bytes, segments: tuple[Segment, ...]) -> Iterator[tuple[int, int]]:
    """Yield tags and values of the dynamic section. Raises struct.error where it is cut off."""
    form = ("<" if data[5] == 1 else ">") + _LAYOUTS[data[4]].dynamic
    size = struct.calcsize(form)
    for segment in segments:
        if segment.kind != _PT_DYNAMIC:
            continue
        for at in range(segment.offset, segment.offset + min(segment.size, _MAX_DYNAMIC), size):
            tag, value = struct.unpack_from(form, data, at)
            if tag == 0:
                return
            yield tag, value


def file_offset(address: int, segments: tuple[Segment, ...]) -> int:
    """Return where in the file an address is, 0 where no segment has it."""
    for segment in segments:
        if segment.kind == PT_LOAD and segment.address <= address < segment.address + segment.size:
            return segment.offset + address - segment.address
    return 0


def read_text(data: bytes, at: int) -> str:
    """Return a text that ends with a NUL. Raises ValueError where none does, or it is no UTF-8."""
    end = data.find(b"\0", at, at + _MAX_TEXT)
    if end < 0:
        raise ValueError(at)
    return data[at:end].decode()


def _section_ends(data: bytes, start: int, size: int, count: int, order: str) -> Iterator[int]:
    """Yield the end of every section that takes up room in the file."""
    yield 0
    form, offset_at, size_at, no_bits = (
        ("IIQQQQIIQQ", 4, 5, 8) if data[4] == 2 else ("IIIIIIIIII", 4, 5, 8)  # noqa: PLR2004
    )
    for position in range(count if start else 0):
        values = struct.unpack_from(order + form, data, start + position * size)
        if values[1] != no_bits:
            yield values[offset_at] + values[size_at]
