"""Readings in a SQLite database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_TABLE = """
CREATE TABLE IF NOT EXISTS readings (
    at TEXT NOT NULL, sensor TEXT NOT NULL, value REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS by_sensor ON readings (sensor, at);
"""


@dataclass(frozen=True)
class Summary:
    sensor: str
    count: int
    mean: float
    last: float
    at: datetime


class Store:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as database:
            # Readers do not wait for the writer, and an SD card is written to less often.
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript(_TABLE)

    def add(self, sensor: str, value: float) -> None:
        at = datetime.now(UTC).isoformat()
        with self._open() as database:
            database.execute("INSERT INTO readings VALUES (?, ?, ?)", (at, sensor, value))

    def sensors(self) -> list[str]:
        with self._open() as database:
            rows = database.execute("SELECT DISTINCT sensor FROM readings ORDER BY sensor")
            return [name for (name,) in rows]

    def summary(self, sensor: str) -> Summary | None:
        with self._open() as database:
            count, mean = database.execute(
                "SELECT count(*), avg(value) FROM readings WHERE sensor = ?", (sensor,)
            ).fetchone()
            newest = database.execute(
                "SELECT value, at FROM readings WHERE sensor = ? ORDER BY at DESC LIMIT 1",
                (sensor,),
            ).fetchone()
        if newest is None:
            return None
        return Summary(sensor, count, mean, newest[0], datetime.fromisoformat(newest[1]))

    def check(self) -> None:
        """Raise sqlite3.Error if nothing can be written."""
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            database.rollback()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=5)) as database, database:
            yield database
