"""Where lines come from: a serial device, or a simulated one where the device is missing."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import serial


def read_lines(device: str, baud: int) -> Iterator[str]:
    if not Path(device).exists():
        yield from simulate()
    with serial.Serial(device, baud, timeout=5) as port:
        while True:
            line = port.readline().decode("ascii", "replace").strip()
            if line:
                yield line


def simulate(period: float = 1.0) -> Iterator[str]:
    start = time.monotonic()
    while True:
        yield f"temperature={20 + 5 * math.sin((time.monotonic() - start) / 60):.2f}"
        time.sleep(period)
