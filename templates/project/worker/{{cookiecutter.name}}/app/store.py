"""Stores for messages."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Protocol

_SQLITE = "sqlite:///"


class Store(Protocol):
    def add(self, at: datetime, topic: str, payload: bytes) -> None:
        """Store a message. Raises OSError or sqlite3.Error if that fails."""

    def check(self) -> None:
        """Raise an error if the store is not writable."""


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
    """Return the store for a URL. Raises ValueError if its scheme is not supported."""
    if address.startswith(_SQLITE):
        return SqliteStore(Path(address.removeprefix(_SQLITE)))
    raise ValueError(f"unsupported database {address!r}: add a store in app/store.py")
