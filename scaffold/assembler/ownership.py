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


def find_metadata(folder: Path) -> dict[str, Path]:
    """Return the folders of metadata by normalised distribution name."""
    return {
        normalise(path.name.removesuffix(".dist-info").rpartition("-")[0]): path
        for path in sorted(folder.glob("*.dist-info"))
    }


def normalise(name: str) -> str:
    """Return a name in the form that indexes use."""
    return re.sub(r"[-_.]+", "-", name).lower()


def settle_records(folder: Path) -> None:
    """Rewrite the records to what is there: sources may have become bytecode, files may be gone.

    ``importlib.metadata`` passes over recorded files that do not exist, and with them over what a
    package consists of.
    """
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        with record.open(newline="", encoding="utf-8", errors="replace") as file:
            rows = [row for row in csv.reader(file) if row]
        kept = [settled for row in rows if (settled := _settle(folder, row))]
        with record.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)


def _settle(folder: Path, row: list[str]) -> list[str]:
    path = row[0]
    if path.startswith("..") or (folder / path).exists():
        return row
    compiled = f"{path}c"
    return [compiled, "", ""] if path.endswith(".py") and (folder / compiled).exists() else []
