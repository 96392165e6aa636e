"""Where messages are kept. A store is anything with these methods."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Protocol

_SQLITE = "sqlite:///"


class Store(Protocol):
    def add(self, at: datetime, topic: str, payload: bytes) -> None:
        """Keep a message for good. Raises OSError or sqlite3.Error where that fails."""

    def check(self) -> None:
        """Raise an error if nothing could be kept."""


class SqliteStore:
    """Messages in a file. Used by one thread at a time: MQTT calls back from its own."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=5, check_same_thread=False)
        # Readers do not wait for the writer, and an SD card is written to less often.
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS messages (at TEXT NOT NULL, topic TEXT, payload BLOB)"
        )

    def add(self, at: datetime, topic: str, payload: bytes) -> None:
        with self._database:
            row = (at.isoformat(), topic, payload)
            self._database.execute("INSERT INTO messages VALUES (?, ?, ?)", row)

    def check(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.rollback()

    def close(self) -> None:
        self._database.close()


def open_store(address: str) -> Store:
    """Return the store of an address. Raises ValueError for a kind that nobody wrote yet."""
    if address.startswith(_SQLITE):
        return SqliteStore(Path(address.removeprefix(_SQLITE)))
    raise ValueError(f"no store is known for {address!r}: write one in app/store.py")
