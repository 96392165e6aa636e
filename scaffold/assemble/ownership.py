"""Which installed distribution a file belongs to, as the records in its metadata say."""

import csv
import re
from pathlib import Path


def read_owners(folder: Path) -> dict[str, str]:
    """Return the normalised distribution name by path, relative to the folder of packages."""
    owners: dict[str, str] = {}
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        name = record.parent.name.removesuffix(".dist-info").rpartition("-")[0]
        with record.open(newline="", encoding="utf-8", errors="replace") as file:
            for row in csv.reader(file):
                if row:
                    owners.setdefault(row[0], normalise(name))
    return owners


def normalise(name: str) -> str:
    """Return a name in the form that indexes use."""
    return re.sub(r"[-_.]+", "-", name).lower()
