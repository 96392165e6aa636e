"""Device files that the sources name: by their paths, or by the numbers that calls take."""

import ast
import re
from collections.abc import Iterator, Sequence

from scaffold.model.project import Use
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.source_modules import Module, argument

_DEVICE = re.compile(
    r"/dev/(?:video\d+|media\d+|gpiochip\d+|gpiomem\d?|i2c-\d+|spidev\d+\.\d+|fb\d|kfd|rknpu"
    r"|tty(?:USB|ACM|AMA|S|THS|O)\d+|serial\d|snd|dri(?:/(?:card|renderD)\d+)?|input/[\w-]+"
    r"|(?:apex_|hailo)\d+|watchdog\d*)"
)
_OPTION = re.compile(rf"\bdevice=[\"']?({_DEVICE.pattern})(?![\w/])")  # v4l2src device=…
_I2C, _SPI = "/dev/i2c-{}", "/dev/spidev{}.{}"
# What calls open, by their numbers: each by its name, and its position where it has one.
_NUMBERED: dict[str, tuple[str, tuple[tuple[str, int | None], ...]]] = {
    "cv2.VideoCapture": ("/dev/video{}", (("index", 0),)),
    "lgpio.gpiochip_open": ("/dev/gpiochip{}", (("gpiochip", 0),)),
    "luma.core.interface.serial.i2c": (_I2C, (("port", None),)),
    "luma.core.interface.serial.spi": (_SPI, (("port", None), ("device", None))),
    "smbus.SMBus": (_I2C, (("bus", 0),)),
    "smbus2.SMBus": (_I2C, (("bus", 0),)),
    "smbus3.SMBus": (_I2C, (("bus", 0),)),
    "spidev.SpiDev": (_SPI, (("bus", 0), ("device", 1))),
}
_OPENS = {"spidev": "spidev.SpiDev"}  # SpiDev().open(0, 1), whatever the object is called


def find_devices(modules: Sequence[Module]) -> tuple[Use, ...]:
    """Return a ``opens-device`` for each device file, where it stands first; none of tests."""
    first: dict[str, Use] = {}
    for module in modules:
        if not is_aside(module):
            for use in sorted(_devices(module), key=lambda use: use.origin.line or 0):
                first.setdefault(use.value, use)
    return tuple(first.values())


def _devices(module: Module) -> Iterator[Use]:
    for node in module.of(ast.Constant):
        found = _named(node.value) if isinstance(node.value, str) else ""
        if found:
            yield Use(code="opens-device", value=found, origin=module.origin(node))
    tops = {source.partition(".")[0] for source in module.names.values()}
    opens = [_OPENS[one] for one in tops & {*_OPENS}]
    for called, call in module.calls():
        several = opens if called.endswith(".open") else [called]
        for path, names in (_NUMBERED[one] for one in several if one in _NUMBERED):
            numbers = [module.literal(argument(call, name, place)) for name, place in names]
            if all(type(number) is int for number in numbers):
                value = path.format(*numbers)
                yield Use(code="opens-device", value=value, origin=module.origin(call))


def _named(text: str) -> str:
    match = _OPTION.search(text)
    return text if _DEVICE.fullmatch(text) else match[1] if match else ""
