"""Which of the device's hardware the container needs, from sources and packages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.model.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who may use a kind of device files: the group's name, and its number where Debian fixes it.

    ``variable`` is what the user sets to another number.
    """

    name: str
    variable: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """A device file that the container needs: its path inside, and why.

    ``variable`` is what the user sets to the path on the host, where it is another.
    """

    path: str
    variable: str
    why: str
    group: Group | None = None


# Debian's base-passwd fixes these numbers; gpio, i2c and spi get theirs when they are made.
_VIDEO = Group(name="video", variable="VIDEO_GID", number=44)
_DIALOUT = Group(name="dialout", variable="DIALOUT_GID", number=20)
_AUDIO = Group(name="audio", variable="AUDIO_GID", number=29)
_GPIO = Group(name="gpio", variable="GPIO_GID")
_I2C = Group(name="i2c", variable="I2C_GID")
_SPI = Group(name="spi", variable="SPI_GID")
_INPUT = Group(name="input", variable="INPUT_GID")
_KINDS: tuple[tuple[str, Group], ...] = (
    ("video", _VIDEO),
    ("dri", _VIDEO),
    ("snd", _AUDIO),
    ("gpio", _GPIO),
    ("i2c", _I2C),
    ("spidev", _SPI),
    ("input", _INPUT),
    ("tty", _DIALOUT),
    ("serial", _DIALOUT),
)
# What packages open where the sources name nothing of that kind (their own documentation).
_OPENED = {
    "adafruit-blinka": "/dev/i2c-1",
    "gpiod": "/dev/gpiochip0",
    "gpiozero": "/dev/gpiochip0",
    "lgpio": "/dev/gpiochip0",
    "linuxpy": "/dev/video0",
    "minimalmodbus": "/dev/ttyUSB0",
    "picamera2": "/dev/video0",
    "pyserial": "/dev/ttyUSB0",
    "pyserial-asyncio": "/dev/ttyUSB0",
    "rpi-gpio": "/dev/gpiomem",
    "rpi-lgpio": "/dev/gpiochip0",
    "smbus2": "/dev/i2c-1",
    "spidev": "/dev/spidev0.0",
    "v4l2py": "/dev/video0",
}


def find_hardware(project: Project) -> tuple[Hardware, ...]:
    """Return each device file once, by path; what the sources say goes before what packages do."""
    found = {
        use.value: f"opened in {use.origin}" for use in project.uses if use.code == "opens-device"
    }
    kinds = {_kind(path) for path in found}
    for asked in project.asked:
        path = _OPENED.get(asked.name, "")
        if path and _kind(path) not in kinds:
            found.setdefault(path, f"what {asked.name} opens, {asked.origin}")
    return tuple(
        Hardware(path=path, variable=_variable(path), why=why, group=_group(path))
        for path, why in sorted(found.items())
    )


def groups_of(hardware: tuple[Hardware, ...]) -> Iterator[tuple[Group, str]]:
    """Yield each group once, with a device file that belongs to it."""
    first: dict[Group, str] = {}
    for one in hardware:
        if one.group is not None:
            first.setdefault(one.group, one.path)
    yield from sorted(first.items(), key=lambda row: row[0].name)


def _kind(path: str) -> str:
    return re.sub(r"[^a-z].*", "", path.removeprefix("/dev/").replace("i2c", "iic"))[:4]


def _group(path: str) -> Group | None:
    name = path.removeprefix("/dev/")
    return next((group for start, group in _KINDS if name.startswith(start)), None)


def _variable(path: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", path.removeprefix("/dev/").upper())
