"""The command: ``python -m app`` runs the app, ``python -m app --check`` checks its health."""

import argparse
import logging
import signal
import sys
import time

from app import heartbeat
from app.settings import Settings, read_settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m app")
    parser.add_argument("--check", action="store_true", help="exit with 0 if the worker is healthy")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        settings = read_settings()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.check:
        return 0 if heartbeat.is_fresh(settings.heartbeat, time.time()) else 1
    return work(settings)


def work(settings: Settings) -> int:
    from app.store import open_store
    from app.worker import Worker

    worker = Worker(settings, open_store(settings.database))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
