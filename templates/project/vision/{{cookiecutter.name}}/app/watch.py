"""Runs the model on pictures until it is stopped."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from app import heartbeat
from app.detector import Found
from app.sources import Pictures

log = logging.getLogger(__name__)
_AGAIN = 5.0  # seconds until a missing source is tried again


class Watch:
    def __init__(
        self,
        open_source: Callable[[], Pictures],
        find: Callable[[Image.Image], list[Found]],
        tell: Callable[[dict[str, Any]], None],
        heartbeat_file: Path,
        again: float = _AGAIN,
    ) -> None:
        self._open_source, self._find, self._tell = open_source, find, tell
        self._file, self._again = heartbeat_file, again
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until ``stop`` is called."""
        while not self._stop.is_set():
            try:
                self._look(self._open_source())
            except OSError as error:
                log.warning("no pictures yet: %s", error)
            self._beat()
            self._stop.wait(self._again)

    def stop(self) -> None:
        self._stop.set()

    def _look(self, pictures: Pictures) -> None:
        for named in pictures:
            if named is not None:
                self._tell(self._see(*named))
            self._beat()
            if self._stop.is_set():
                return

    def _see(self, name: str, picture: Image.Image) -> dict[str, Any]:
        begin = time.perf_counter()
        found = self._find(picture)
        took = round((time.perf_counter() - begin) * 1000, 1)
        boxes = [{"box": one.box, "score": one.score} for one in found]
        return {"picture": name, "boxes": boxes, "ms": took}

    def _beat(self) -> None:
        heartbeat.beat(self._file, time.time())
