"""The board: a button and a light. There is a simulated one for machines without hardware."""

from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

BUTTON, LIGHT = {{ cookiecutter.button }}, {{ cookiecutter.light }}
CHIP = "/dev/gpiochip0"
SIMULATED = "simulated"


class Board(Protocol):
    def wait(self, seconds: float) -> list[bool]:
        """Return the button's events within that time: True for pressed, False for released."""

    def light(self, *, on: bool) -> None:
        """Turn the light on or off."""

    def close(self) -> None:
        """Release the lines."""


class GpioBoard:
    """A board on the kernel's GPIO character device. Raises OSError if there is none."""

    def __init__(self, chip: str, button: int, light: int) -> None:
        import gpiod
        from gpiod.line import Bias, Direction, Edge, Value

        self._button, self._light = button, light
        self._values = {True: Value.ACTIVE, False: Value.INACTIVE}
        self._lines = gpiod.request_lines(
            chip,
            consumer="{{ cookiecutter.name }}",
            config={
                button: gpiod.LineSettings(
                    direction=Direction.INPUT,
                    edge_detection=Edge.BOTH,
                    bias=Bias.PULL_UP,
                    active_low=True,
                    debounce_period=timedelta(milliseconds=10),
                ),
                light: gpiod.LineSettings(direction=Direction.OUTPUT),
            },
        )

    def wait(self, seconds: float) -> list[bool]:
        if not self._lines.wait_edge_events(timedelta(seconds=seconds)):
            return []
        events = self._lines.read_edge_events()
        return [event.event_type is event.Type.RISING_EDGE for event in events]

    def light(self, *, on: bool) -> None:
        self._lines.set_value(self._light, self._values[on])

    def close(self) -> None:
        self._lines.release()


class SimulatedBoard:
    """A board without hardware that replays given button events."""

    def __init__(self, presses: Iterable[bool] = ()) -> None:
        self._presses = deque(presses)
        self.shown: list[bool] = []

    def wait(self, seconds: float) -> list[bool]:
        if self._presses:
            return [self._presses.popleft()]
        import time

        time.sleep(min(seconds, 0.05))
        return []

    def light(self, *, on: bool) -> None:
        self.shown.append(on)

    def close(self) -> None:
        self.shown.append(False)


def open_board(chip: str, button: int, light: int) -> Board:
    return SimulatedBoard() if chip == SIMULATED else GpioBoard(chip, button, light)
