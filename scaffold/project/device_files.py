"""Hardware that the sources open: device files that stand in them, and OpenCV's camera."""

import ast
import re
from collections.abc import Iterator, Sequence

from scaffold.model.project import Use
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.source_modules import Module, argument

_DEVICE = re.compile(
    r"/dev/(?:video\d+|gpiochip\d+|gpiomem|i2c-\d+|spidev\d+\.\d+|tty(?:USB|ACM|AMA|S|THS|O)\d+"
    r"|serial\d|snd|dri|input/[\w-]+|apex_\d+|watchdog\d*)"
)


def find_devices(modules: Sequence[Module]) -> tuple[Use, ...]:
    """Return a ``opens-device`` for each device file, where it stands first; none of tests."""
    first: dict[str, Use] = {}
    for module in modules:
        if not is_aside(module):
            for use in sorted(_devices(module), key=lambda use: use.origin.line or 0):
                first.setdefault(use.value, use)
    return tuple(first.values())


def _devices(module: Module) -> Iterator[Use]:
    for node in module.nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _DEVICE.fullmatch(text):
            yield Use(code="opens-device", value=text, origin=module.origin(node))
    for called, call in module.calls():
        number = (
            module.literal(argument(call, "index", 0)) if called == "cv2.VideoCapture" else None
        )
        if isinstance(number, int):
            value = f"/dev/video{number}"
            yield Use(code="opens-device", value=value, origin=module.origin(call))
