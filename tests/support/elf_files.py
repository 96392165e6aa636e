"""ELF files made by hand: just enough of one for a loader's questions."""

import struct
from pathlib import Path

X86_64, AARCH64 = 62, 183
_HEADER, _PROGRAM = 64, 56


def make_elf(
    *,
    needed: tuple[str, ...] = (),
    soname: str = "",
    runpath: str = "",
    interpreter: str = "",
    machine: int = X86_64,
    symbols: int = 0,
) -> bytes:
    """Return a 64-bit file; ``symbols`` are bytes of a section that no segment maps."""
    strings = b"\0"
    entries: list[tuple[int, int]] = []
    for tag, text in [*((1, one) for one in needed), (14, soname), (29, runpath)]:
        if text:
            entries.append((tag, len(strings)))
            strings += text.encode() + b"\0"
    count = 3 if interpreter else 2
    body = _HEADER + count * _PROGRAM
    path = interpreter.encode() + b"\0" if interpreter else b""
    strings_at = body + len(path)
    dynamic_at = strings_at + len(strings)
    entries += [(5, strings_at), (0, 0)]
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    end = dynamic_at + len(dynamic)
    programs = [(1, 0, end), (2, dynamic_at, len(dynamic))]
    programs += [(3, body, len(path))] if interpreter else []
    sections_at = end + symbols if symbols else 0
    header = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header += struct.pack(
        "<HHIQQQIHHHHHH", 3, machine, 1, 0, _HEADER, sections_at, 0, _HEADER, _PROGRAM, count,
        64 if symbols else 0, 1 if symbols else 0, 0,
    )  # fmt: skip
    table = b"".join(
        struct.pack("<IIQQQQQQ", kind, 5, offset, offset, offset, size, size, 4096)
        for kind, offset, size in programs
    )
    section = struct.pack("<IIQQQQIIQQ", 0, 2, 0, 0, end, symbols, 0, 0, 1, 0) if symbols else b""
    return header + table + path + strings + dynamic + b"s" * symbols + section


def make_patched_elf(
    *, align: int, symbols: int, bits: int = 64, order: str = "<", skew: int = 0
) -> bytes:
    """Return a file as patchelf leaves it: a segment behind the symbols, mapped at its end.

    ``skew`` puts that segment at an offset that no loader can map, by so many bytes.
    """
    header, program, section = (64, 56, 64) if bits == 64 else (52, 32, 40)
    first_end = header + 2 * program + 100
    second_at = -(-(first_end + symbols) // align) * align
    sections_at = second_at + skew + 300
    word = "Q" if bits == 64 else "I"
    data = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    data += struct.pack(
        f"{order}HHI{word * 3}IHHHHHH", 3, X86_64, 1, 0, header, sections_at, 0, header, program,
        2, section, 1, 0,
    )  # fmt: skip
    for offset, address, size in ((0, 0, first_end), (second_at + skew, second_at + align, 300)):
        data += (
            struct.pack(f"{order}IIQQQQQQ", 1, 5, offset, address, address, size, size, align)
            if bits == 64
            else struct.pack(f"{order}8I", 1, offset, address, address, size, size, 5, align)
        )
    data += b"t" * (first_end - len(data)) + b"s" * symbols
    data += bytes(second_at + skew - len(data)) + b"p" * 300
    return data + struct.pack(
        f"{order}II{word * 4}II{word * 2}", 0, 2, 0, 0, first_end, symbols, 0, 0, 1, 0
    )


def write(root: Path, path: str, data: bytes | str = b"") -> Path:
    """Write a file of a made-up root."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file
