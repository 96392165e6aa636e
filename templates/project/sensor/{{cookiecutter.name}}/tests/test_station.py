import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from app import heartbeat
from app.board import GpioBoard, SimulatedBoard
from app.station import Station


def wait_for(what: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def open_loop() -> Any:
    return serial.serial_for_url("loop://", timeout=0.05)


def fail(*_: object) -> Any:
    raise OSError(2, "no such device")


class Running:
    def __init__(self, tmp_path: Path, **parts: Any) -> None:
        self.readings: list[dict[str, Any]] = []
        self.file = tmp_path / "heartbeat"
        parts.setdefault("open_board", SimulatedBoard)
        parts.setdefault("open_port", open_loop)
        parts.setdefault("again", 0.05)
        self._station = Station(tell=self.readings.append, heartbeat_file=self.file, **parts)

    def __enter__(self) -> "Running":
        self._thread = threading.Thread(target=self._station.run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._station.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()


def test_a_press_is_told_and_lights_the_lamp(tmp_path: Path) -> None:
    board = SimulatedBoard([True, False])
    with Running(tmp_path, open_board=lambda: board) as running:
        wait_for(lambda: len(running.readings) == 2)
    assert running.readings == [{"button": "pressed"}, {"button": "released"}]
    assert board.shown == [True, False, False]  # the last when the lines are given back


def test_a_line_of_the_serial_port_is_told(tmp_path: Path) -> None:
    port = open_loop()
    port.write(b"21.5\n\n")
    with Running(tmp_path, open_port=lambda: port) as running:
        wait_for(lambda: running.readings == [{"line": "21.5"}])


def test_without_hardware_it_waits_and_is_well(tmp_path: Path) -> None:
    with Running(tmp_path, open_board=fail, open_port=fail) as running:
        wait_for(lambda: heartbeat.is_fresh(running.file, time.time()))
    assert running.readings == []


def test_a_board_that_goes_away_is_tried_again(tmp_path: Path) -> None:
    class Loose(SimulatedBoard):
        def wait(self, seconds: float) -> list[bool]:
            raise OSError(19, "no such device")

    boards = iter([Loose(), SimulatedBoard([True])])
    with Running(tmp_path, open_board=lambda: next(boards)) as running:
        wait_for(lambda: running.readings == [{"button": "pressed"}])


def test_a_machine_without_the_chip_says_so() -> None:
    with pytest.raises(OSError):
        GpioBoard("/dev/gpiochip-nowhere", 1, 2)


def test_the_command_starts_is_well_and_stops(tmp_path: Path) -> None:
    own = {"GPIO_CHIP": "simulated", "SERIAL_PORT": "loop://"}
    environ = os.environ | own | {"HEARTBEAT": str(tmp_path / "heartbeat")}
    command = [sys.executable, "-m", "app"]
    check = [*command, "--check"]
    assert subprocess.run(check, env=environ).returncode == 1
    with subprocess.Popen(command, env=environ) as app:
        wait_for(lambda: subprocess.run(check, env=environ).returncode == 0, seconds=20)
        app.send_signal(signal.SIGTERM)
        assert app.wait(10) == 0
