"""Figures of bases that are cut from others: derived from a few that were measured.

A base's file names what was measured (rows labelled ``measured``); all other rows follow from the
base that it is cut from, and are never written by hand.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.version import Version

Raw = Mapping[str, Any]

# Which part of the step between two Pythons of the whole image is left when it is cut. Of what the
# images before 3.12 have more, most is setuptools and wheel, which are not taken over; of later
# steps it is the standard library, without pydoc's texts and tests. (on disk, to download)
_LEFT_OLD = (0.2, 0.208)
_LEFT = (0.8, 0.83)
_FIRST_WITHOUT_SETUPTOOLS = Version("3.12")
_ERROR_MINOR = {"slim": 0.06, "alpine": 0.08}  # by the family of what it is cut from
_ERROR_ARCH = 0.12
_ROUND = 1000
_ROW = re.compile(r'^"?(?P<arch>[a-z0-9/]+)"? = \[[^\]]*\]$')


def derive_text(text: str, bases: Mapping[str, Raw]) -> str:
    """Return a base's file with all rows but the measured ones made anew, in canonical form.

    ``bases`` are all files by id. A release of a distribution that nobody measured goes by another.
    """
    cut = tomllib.loads(text)
    alike = (
        one
        for one in (cut, *bases.values())
        if one.get("origin") and one["distribution"] == cut["distribution"] and list(_measured(one))
    )
    seen = next(alike)
    reference = (seen, bases[seen["origin"]])
    origin = bases[cut["origin"]]
    lines, python = [], ""
    for original in text.splitlines():
        line = original
        header = re.fullmatch(r'\[pythons\."([0-9.]+)"\]', line)
        python = header[1] if header else python
        row = _ROW.match(line) if python else None
        if row and not _is_measured(cut["pythons"][python][row["arch"]]):
            line = _spell(row["arch"], python, origin, reference)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _is_measured(row: Any) -> bool:
    return isinstance(row, list) and row[3:] == ["measured"]


def _spell(arch: str, python: str, origin: Raw, reference: tuple[Raw, Raw]) -> str:
    download, on_disk, error, label = derive_row(arch, python, origin, reference)
    name = arch if re.fullmatch(r"[a-z]\w*", arch) else f'"{arch}"'
    return f'{name} = [{download:_}, {on_disk:_}, {error}, "{label}"]'


def derive_row(
    arch: str, python: str, origin: Raw, reference: tuple[Raw, Raw]
) -> tuple[int, int, float, str]:
    """Return (download, on disk, error, label) of an image that nobody measured.

    ``reference`` is a base with measured rows, and the one that it is cut from.
    """
    cut, uncut = reference
    measured = dict(_measured(cut))
    whole = origin["pythons"][python][arch]
    own = next(((of, seen) for of, seen in measured if of == arch), None)
    of, seen = own or next(iter(measured))
    row, before = cut["pythons"][seen][of], uncut["pythons"][seen][of]
    if own:
        left = _LEFT_OLD if Version(python) < _FIRST_WITHOUT_SETUPTOOLS else _LEFT
        on_disk = row[1] + (whole[1] - before[1]) * left[0]
        download = row[0] + (whole[0] - before[0]) * left[1]
        return _rounded(download), _rounded(on_disk), _ERROR_MINOR[origin["family"]], "minor"
    on_disk, download = (whole[n] * row[n] / before[n] for n in (1, 0))
    return _rounded(download), _rounded(on_disk), _ERROR_ARCH, "arch"


def _measured(cut: Raw) -> Iterator[tuple[tuple[str, str], list[Any]]]:
    """Yield ((architecture, Python), row) of what was measured, in the file's order."""
    for python, rows in cut["pythons"].items():
        for arch, row in rows.items():
            if _is_measured(row):
                yield (arch, python), row


def _rounded(value: float) -> int:
    return round(value / _ROUND) * _ROUND
