import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from app import heartbeat
from app.settings import Settings, read_settings
from app.store import SqliteStore, open_store
from app.worker import Worker
from tests.broker import Broker

Started = Callable[[Worker], Worker]


def wait_for(what: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def kept(path: Path) -> list[tuple[str, bytes]]:
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT topic, payload FROM messages").fetchall()
    database.close()
    return rows


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.close()


@pytest.fixture
def settings(broker: Broker, tmp_path: Path) -> Settings:
    return read_settings(
        {
            "BROKER": f"mqtt://127.0.0.1:{broker.port}",
            "HOME": str(tmp_path),
            "DATABASE": f"sqlite:///{tmp_path}/data/messages.db",
            "HEARTBEAT": f"{tmp_path}/heartbeat",
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "data" / "messages.db")
    yield store
    store.close()


@pytest.fixture
def started() -> Iterator[Started]:
    running: list[tuple[Worker, threading.Thread]] = []

    def start(worker: Worker) -> Worker:
        thread = threading.Thread(target=worker.run)
        thread.start()
        running.append((worker, thread))
        return worker

    yield start
    for worker, thread in running:
        worker.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_messages_are_kept_and_only_then_acknowledged(
    settings: Settings, store: SqliteStore, broker: Broker, started: Started, tmp_path: Path
) -> None:
    started(Worker(settings, store))
    assert broker.subscribed.wait(10)
    broker.send("sensors/garden", b"21.5", 7)
    wait_for(lambda: broker.acknowledged == [7])
    assert kept(tmp_path / "data" / "messages.db") == [("sensors/garden", b"21.5")]


def test_a_broker_that_hangs_up_is_called_again(
    settings: Settings, store: SqliteStore, broker: Broker, started: Started, tmp_path: Path
) -> None:
    started(Worker(settings, store))
    assert broker.subscribed.wait(10)
    broker.hang_up()
    assert broker.subscribed.wait(10)
    broker.send("sensors/attic", b"1", 8)
    wait_for(lambda: broker.acknowledged == [8])


def test_without_a_broker_it_is_well_and_waits(
    settings: Settings, store: SqliteStore, broker: Broker, started: Started
) -> None:
    broker.close()
    started(Worker(settings, store))
    wait_for(lambda: heartbeat.is_fresh(settings.heartbeat, time.time()))


class FullDisk:
    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.messages: list[str] = []

    def add(self, at: datetime, topic: str, payload: bytes) -> None:
        self.check()
        self.messages.append(topic)

    def check(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no space left")


def test_a_message_waits_for_a_store_that_fails(settings: Settings) -> None:
    store = FullDisk(failures=1)
    Worker(settings, store).keep("sensors/garden", b"1")
    assert store.messages == ["sensors/garden"]


def test_there_is_no_heartbeat_while_the_store_fails(settings: Settings, started: Started) -> None:
    started(Worker(settings, FullDisk(failures=10**6)))
    time.sleep(0.3)
    assert not heartbeat.is_fresh(settings.heartbeat, time.time())


def test_an_old_heartbeat_is_none(tmp_path: Path) -> None:
    heartbeat.beat(tmp_path / "heartbeat", 1000)
    assert heartbeat.is_fresh(tmp_path / "heartbeat", 1001)
    assert not heartbeat.is_fresh(tmp_path / "heartbeat", 1000 + heartbeat.OLDEST)
    assert not heartbeat.is_fresh(tmp_path / "none", 1000)


def test_an_unsupported_store_is_named() -> None:
    with pytest.raises(ValueError, match="postgresql"):
        open_store("postgresql://localhost/messages")


def test_settings_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="write mqtt://"):
        read_settings({"BROKER": "localhost"})
    assert read_settings({"BROKER": "mqtts://broker.local"}).port == 8883


def test_the_command_starts_is_well_and_stops(settings: Settings, broker: Broker) -> None:
    environ = os.environ | {
        "BROKER": f"mqtt://127.0.0.1:{broker.port}",
        "DATABASE": settings.database,
        "HEARTBEAT": str(settings.heartbeat),
    }
    command = [sys.executable, "-m", "app"]
    check = [*command, "--check"]
    assert subprocess.run(check, env=environ).returncode == 1
    with subprocess.Popen(command, env=environ) as worker:
        wait_for(lambda: subprocess.run(check, env=environ).returncode == 0, seconds=20)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0


def test_each_device_has_a_client_id_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    ids = []
    for device in ("one", "one", "two"):
        (tmp_path / device).mkdir(exist_ok=True)
        ids.append(read_settings({"HOME": str(tmp_path / device)}).client_id)
    assert ids[0] == ids[1] != ids[2]
    assert read_settings({"HOME": str(tmp_path / "none")}).client_id
    assert read_settings({"HOME": str(tmp_path), "CLIENT_ID": "cellar"}).client_id == "cellar"
