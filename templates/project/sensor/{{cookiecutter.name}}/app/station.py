"""The station: reads the board and the serial port until it is stopped."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import heartbeat
from app.board import Board

log = logging.getLogger(__name__)
Reading = dict[str, Any]
_PATIENCE = 0.5  # seconds to wait for an event
_AGAIN = 5.0  # seconds until missing hardware is tried again


class Station:
    def __init__(
        self,
        open_board: Callable[[], Board],
        open_port: Callable[[], Any],
        tell: Callable[[Reading], None],
        heartbeat_file: Path,
        again: float = _AGAIN,
    ) -> None:
        self._open_board, self._open_port = open_board, open_port
        self._tell, self._file, self._again = tell, heartbeat_file, again
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until ``stop`` is called: the port in a thread of its own."""
        port = ("serial port", self._open_port, self._read_line)
        self._reader = threading.Thread(target=self._keep_trying, args=port)
        self._reader.start()
        self._keep_trying("board", self._open_board, self._watch)
        self._reader.join()

    def stop(self) -> None:
        self._stop.set()

    def _keep_trying(
        self, name: str, open_it: Callable[[], Any], look: Callable[[Any], None]
    ) -> None:
        while not self._stop.is_set():
            try:
                device = open_it()
            except OSError as error:
                log.warning("no %s yet: %s", name, error)
                self._wait()
                continue
            log.info("the %s is there", name)
            try:
                while not self._stop.is_set():
                    look(device)
            except OSError as error:
                log.warning("the %s is gone: %s", name, error)
                self._wait()
            finally:
                device.close()

    def _wait(self) -> None:
        self._beat()
        self._stop.wait(self._again)

    def _beat(self) -> None:
        """Write the heartbeat if both threads are alive."""
        if self._reader.is_alive() and threading.current_thread() is not self._reader:
            heartbeat.beat(self._file, time.time())

    def _watch(self, board: Board) -> None:
        for pressed in board.wait(_PATIENCE):
            board.light(on=pressed)
            self._tell({"button": "pressed" if pressed else "released"})
        self._beat()

    def _read_line(self, port: Any) -> None:
        line = port.readline().decode(errors="replace").strip()
        if line:
            self._tell({"line": line})
