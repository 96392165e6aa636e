"""Symbol tables and debug information of ELF files: a debugger reads them, a loader does not.

Nothing inside of a file is moved. What no segment maps stands behind all that is mapped, so the
file is cut there: addresses, offsets and alignment stay what they were, whatever the processor.
Tools that rewrite files instead have broken wheels (SciPy's OpenBLAS: "ELF load command
address/offset not page-aligned").
"""

import struct
from pathlib import Path

from .elf import read_elf

_WORTH = 4096  # bytes; less is lost in a file system's rounding
# Where a header says where its section table is: (offset, form), (offset of the count, form).
_TABLE_AT = {64: (40, "Q", 60), 32: (32, "I", 48)}


def strip_file(path: Path) -> int:
    """Cut off what no loader reads; return the bytes saved, 0 for a file that is left alone."""
    elf = read_elf(path)
    if elf is None or not elf.segments:
        return 0
    size = path.stat().st_size
    # Bytes behind everything described were put there by somebody who reads them on his own.
    if size > elf.end or size - elf.loaded < _WORTH:
        return 0
    at, form, count_at = _TABLE_AT[elf.bits]
    order = "<" if elf.little else ">"
    with path.open("r+b") as file:
        file.truncate(elf.loaded)
        file.seek(at)
        file.write(struct.pack(order + form, 0))
        file.seek(count_at)
        file.write(struct.pack(order + "HH", 0, 0))
    return size - elf.loaded
