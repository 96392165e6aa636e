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

SOURCE = {{ cookiecutter.source | jsonify }}


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
    from app.detector import MODEL, Detector
    from app.sources import open_source
    from app.watch import Watch

    source = os.environ.get("SOURCE", SOURCE)
    detector = Detector(
        Path(os.environ.get("MODEL", MODEL)),
        threshold=float(os.environ.get("THRESHOLD", "0.2")),
        threads=int(os.environ.get("THREADS", "1")),
    )
    watch = Watch(lambda: open_source(source), detector.find, tell, file)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watch.stop())
    watch.run()
    return 0


def tell(seen: dict[str, object]) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"at": at, **seen}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
