"""The command: ``python -m app`` runs the app, ``python -m app --check`` checks its health."""

import argparse
import json
import logging
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from app import heartbeat
from app.board import BUTTON, CHIP, LIGHT, open_board


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m app")
    parser.add_argument("--check", action="store_true", help="exit with 0 if the app is healthy")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    file = Path(os.environ.get("HEARTBEAT", "/tmp/heartbeat"))
    if arguments.check:
        return 0 if heartbeat.is_fresh(file, time.time()) else 1
    return work(file)


def work(file: Path) -> int:
    import serial

    from app.station import Station

    chip = os.environ.get("GPIO_CHIP", CHIP)
    button, light = int(os.environ.get("BUTTON", BUTTON)), int(os.environ.get("LIGHT", LIGHT))
    port, baud = os.environ.get("SERIAL_PORT", "/dev/ttyUSB0"), int(os.environ.get("BAUD", "9600"))
    station = Station(
        open_board=lambda: open_board(chip, button, light),
        # A read returns after this time even without a line, so that the app can stop.
        open_port=lambda: serial.serial_for_url(port, baudrate=baud, timeout=0.5),
        tell=tell,
        heartbeat_file=file,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: station.stop())
    station.run()
    return 0


def tell(reading: dict[str, object]) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"at": at, **reading}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
