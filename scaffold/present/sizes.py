"""Bytes as people read them."""

_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THREE_DIGITS = 99.95


def format_size(size: int) -> str:
    """Return ``412 MB``, ``1.2 GB``: decimal units, two or three digits."""
    value = float(abs(size))
    unit = 0
    while value >= _STEP - 0.5 and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    whole = unit == 0 or value >= _THREE_DIGITS
    text = f"{value:.0f}" if whole else f"{value:.1f}".removesuffix(".0")
    return f"{'-' if size < 0 else ''}{text} {_UNITS[unit]}"


def format_memory(size: int) -> str:
    """Return ``4 GiB``, ``512 MiB``: memory is sold in powers of two."""
    power = 30 if size >= 1 << 30 else 20
    return f"{size / (1 << power):.4g} {'GiB' if power == 30 else 'MiB'}"  # noqa: PLR2004 - 2^30


def format_bound(size: int, error: int) -> str:
    """Return a size with its error bound: ``412 MB ±3``, the bound in the size's unit."""
    text = format_size(size)
    power = _UNITS.index(text.rsplit(" ", 1)[1])
    bound = error / _STEP**power
    shown = f"{bound:.0f}" if bound >= 10 else f"{bound:.2g}"  # noqa: PLR2004 - two digits
    return text if error == 0 else f"{text} ±{shown}"
