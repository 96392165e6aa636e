"""Symbol tables and debug information of ELF files: a debugger reads them, a loader does not.

Why: they are up to a fifth of a wheel's machine code. Tools that rewrite files have broken wheels
(SciPy's OpenBLAS: "ELF load command address/offset not page-aligned"), and none is at hand for a
foreign processor. So nothing is rewritten here: what segments map is kept byte for byte and only
moved together, each by a multiple of its alignment, and the addresses stay what they were. A file
is left alone if a second look finds that a loader would see anything else than before.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .elf import PT_LOAD, Elf, Segment, parse_elf

_WORTH = 4096  # bytes; less is lost in a file system's rounding


@dataclass(frozen=True, slots=True)
class _Header:
    """Where fields stand: (offset, form) in the file's header, offset's place in a program header.

    ``counts`` is where the section table's number of entries and the index of its names are.
    """

    programs: int
    sections: int
    counts: int
    form: str
    program_offset: int


_HEADERS = {64: _Header(32, 40, 60, "Q", 8), 32: _Header(28, 32, 48, "I", 4)}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes of the file that stay together: where they start, where they end, their alignment."""

    start: int
    end: int
    align: int


def strip_file(path: Path) -> int:
    """Take out what no loader reads; return the bytes saved, 0 for a file that is left alone."""
    data = path.read_bytes()
    if not count_symbols(data):
        return 0
    left = strip_bytes(data)
    if left is not data:
        path.write_bytes(left)
    return len(data) - len(left)


def count_symbols(data: bytes) -> int:
    """Return the bytes that stripping takes out of a file, where a second look finds no fault."""
    elf = parse_elf(data)
    pieces = _movable(data, elf) if elf else []
    size = 0
    for piece in pieces:
        size = piece.end - _gap(piece, size)
    return len(data) - size if pieces and len(data) - size >= _WORTH else 0


def strip_bytes(data: bytes) -> bytes:
    """Return an ELF file with nothing but what a loader reads, or the same bytes."""
    elf = parse_elf(data)
    pieces = _movable(data, elf) if elf else []
    if elf is None or not pieces:
        return data
    left = _without_sections(_move_together(data, elf, pieces), elf)
    return left if is_same_to_a_loader(data, left) else data


def _movable(data: bytes, elf: Elf) -> list[_Piece]:
    """Return what has to stay of a file, nothing for one that is to be left alone."""
    # Bytes behind everything described were put there by somebody who reads them on his own.
    if not elf.segments or data[elf.end :].strip(b"\0"):
        return []
    pieces = list(_pieces(elf))
    return pieces if _is_simple(elf, pieces) else []


def _gap(piece: _Piece, end: int) -> int:
    """Return how far a piece moves to lie behind ``end``, by its alignment."""
    return (piece.start - end) // max(piece.align, 1) * max(piece.align, 1)


def _pieces(elf: Elf) -> Iterator[_Piece]:
    """Yield what has to stay, in order; what touches or overlaps is one piece."""
    mapped = [(s.offset, s.offset + s.size, s.align) for s in elf.segments if s.size]
    table = (elf.programs_at, elf.programs_at + elf.programs_size, 1)
    spans = sorted([(0, elf.header_size, 1), table, *mapped])
    start, end, align = spans[0]
    for next_start, next_end, next_align in spans[1:]:
        if next_start > end:
            yield _Piece(start, end, align)
            start, end, align = next_start, next_end, next_align
        else:
            end, align = max(end, next_end), max(align, next_align)
    yield _Piece(start, end, align)


def _is_simple(elf: Elf, pieces: list[_Piece]) -> bool:
    """Tell whether every segment lies where moving pieces keeps its sense.

    Empty load segments may have a page mapped from behind the end of others.
    """
    aligns = [piece.align for piece in pieces]
    return all(align & (align - 1) == 0 for align in aligns) and not any(
        segment.kind == PT_LOAD and not segment.size for segment in elf.segments
    )


def _move_together(data: bytes, elf: Elf, pieces: list[_Piece]) -> bytes:
    """Return the pieces at the nearest offsets that alignment allows, and a table that says so."""
    moved: list[tuple[_Piece, int]] = [(pieces[0], 0)]
    out = bytearray(data[: pieces[0].end])
    for piece in pieces[1:]:
        gap = _gap(piece, len(out))
        moved.append((piece, gap))
        out += bytes(piece.start - gap - len(out)) + data[piece.start : piece.end]
    header, order = _HEADERS[elf.bits], "<" if elf.little else ">"

    def shift(offset: int) -> int:
        return next((gap for piece, gap in moved if piece.start <= offset <= piece.end), 0)

    table = elf.programs_at - shift(elf.programs_at)
    struct.pack_into(order + header.form, out, header.programs, table)
    for number, segment in enumerate(elf.segments):
        at = table + number * (elf.programs_size // len(elf.segments)) + header.program_offset
        new = segment.offset - (shift(segment.offset) if segment.size else 0)
        struct.pack_into(order + header.form, out, at, new)
    return bytes(out)


def _without_sections(data: bytes, elf: Elf) -> bytes:
    header, order = _HEADERS[elf.bits], "<" if elf.little else ">"
    out = bytearray(data)
    struct.pack_into(order + header.form, out, header.sections, 0)
    struct.pack_into(order + "HH", out, header.counts, 0, 0)
    return bytes(out)


def is_same_to_a_loader(before: bytes, after: bytes) -> bool:
    """Tell whether two files put the same bytes at the same addresses, and both can be loaded.

    Only the headers may differ, where they are mapped: they say where things are in the file.
    """
    old, new = parse_elf(before), parse_elf(after)
    if old is None or new is None or len(old.segments) != len(new.segments):
        return False
    return (
        (old.needed, old.soname, old.paths, old.interpreter)
        == (new.needed, new.soname, new.paths, new.interpreter)
        and all(is_aligned(segment) for segment in new.segments)
        and all(
            (a.kind, a.address, a.size, a.align) == (b.kind, b.address, b.size, b.align)
            and _mapped(before, old, a) == _mapped(after, new, b)
            for a, b in zip(old.segments, new.segments, strict=True)
        )
    )


def is_aligned(segment: Segment) -> bool:
    """Tell whether a loader can map a segment: address and offset differ by whole alignments."""
    unaligned = segment.align > 1 and (segment.offset - segment.address) % segment.align
    return segment.kind != PT_LOAD or not unaligned


def _mapped(data: bytes, elf: Elf, segment: Segment) -> bytes:
    """Return the bytes of a segment, with the headers among them blanked."""
    out = bytearray(data[segment.offset : segment.offset + segment.size])
    for start, size in ((0, elf.header_size), (elf.programs_at, elf.programs_size)):
        low = max(start - segment.offset, 0)
        high = min(start + size - segment.offset, len(out))
        if low < high:
            out[low:high] = bytes(high - low)
    return bytes(out)
