"""Bytes as people read them."""

import json
from datetime import date
from math import ceil

_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB")
_ROUNDS_UP = 999.5
_GIB, _MIB = 1 << 30, 1 << 20


def format_size(size: int) -> str:
    """Return ``412 MB``, ``1.25 GB``: decimal units, three digits at most."""
    value = float(abs(size))
    unit = 0
    while value >= _ROUNDS_UP and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    return f"{'-' if size < 0 else ''}{value:.3g} {_UNITS[unit]}"


def format_bound(size: int, error: int) -> str:
    """Return a size with its relative error bound, rounded up: ``412 MB ±1%``."""
    if error <= 0 or size <= 0:
        return format_size(size)
    percent = ceil(1000 * error / size) / 10
    return f"{format_size(size)} ±{ceil(percent) if percent > 1 else percent:g}%"


def format_memory(size: int) -> str:
    """Return ``4 GiB``, ``512 MiB``: memory is sold in powers of two; ``8 GB`` is what it says."""
    if size % _MIB:
        return format_size(size)
    unit, name = (_GIB, "GiB") if size >= _GIB else (_MIB, "MiB")
    return f"{size / unit:.4g} {name}"


def to_json(document: object) -> str:
    """Return canonical JSON: sorted keys, two spaces, ISO dates, one line break at the end."""
    text = json.dumps(
        document, indent=2, sort_keys=True, ensure_ascii=False, default=date.isoformat
    )
    return text + "\n"
