"""Which records of an engine's build cache are of builds that nobody will repeat."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any


def own_records(
    records: Sequence[Mapping[str, Any]], known: Collection[str], steps: Iterable[str], mark: str
) -> tuple[str, ...]:
    """Return the ids of our records, those that rest on others first.

    ``records`` are as the engine's API lists them, ``known`` the ids from before our builds,
    ``steps`` the names of our steps; ``mark`` is in the names of our cache mounts.
    """
    names = {_plain(step) for step in steps}
    commands = {name.partition(" RUN ")[2] for name in names} - {""}
    new = [record for record in records if record["ID"] not in known]
    own = {
        str(record["ID"])
        for record in new
        if _is_own(_plain(str(record.get("Description", ""))), names, commands, mark)
    }
    newest_first = sorted(new, key=lambda record: str(record.get("CreatedAt", "")))[::-1]
    return tuple(str(record["ID"]) for record in newest_first if record["ID"] in own)


def _is_own(description: str, names: Collection[str], commands: Iterable[str], mark: str) -> bool:
    if mark in description or description in names:
        return True
    return " from exec " in description and any(one in description for one in commands)


def _plain(text: str) -> str:
    return " ".join(text.split())
