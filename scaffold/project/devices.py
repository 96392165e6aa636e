"""Devices in the sources: the files that they open, and where calls have something computed."""

import ast
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from scaffold.assembler.syntax import walk
from scaffold.model.project import Use
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.source_modules import Module, is_main_guard
from scaffold.project.syntax import FUNCTIONS, argument, method_of

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
# Keywords that take the name of a device, and functions that take it first or second.
_KEYWORDS = ("device", "device_map", "device_name", "map_location")
_FIRST = frozenset({"to", "device", "set_default_device", "set_device"})
_SECOND = frozenset({"compile_model"})
_PROVIDERS = "providers"
_METHODS = frozenset({"cuda"})  # model.cuda()
# What a module that chooses the device asks; all that it names then is one of several.
_CHOOSES = frozenset(
    {
        *("is_available", "is_built", "device_count", "get_available_providers", "get_providers"),
        *("available_devices", "get_device_properties", "list_physical_devices", "mem_get_info"),
    }
)
_NAME = re.compile(r"[A-Za-z]\w*(?::\d+|\.\d+)?")


def find_devices(modules: Sequence[Module]) -> tuple[Use, ...]:
    """Return a ``opens-device`` for each device file, where it stands first; none of tests."""
    first: dict[str, Use] = {}
    for module in modules:
        if not is_aside(module):
            for use in sorted(_devices(module), key=lambda use: use.origin.line or 0):
                first.setdefault(use.value, use)
    return tuple(first.values())


def _devices(module: Module) -> Iterator[Use]:
    for text, node in module.texts:
        if found := _named(text):
            yield Use(code="opens-device", value=found, origin=module.origin(node))
    opens = [_OPENS[one] for one in module.tops & {*_OPENS}]
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


def find_asked_devices(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield (device, node) for each call that names one device, and that nothing decides about.

    A number (``device=0``) means something else to each package: it is yielded with the top-level
    name of each package that may be meant, as ``package:0``.
    """
    if any(node.attr in _CHOOSES for node in module.of(ast.Attribute)):
        return
    found = [
        (name, call) for called, call in module.calls() for name in _of_call(module, called, call)
    ]
    decided = _decided(module) if found else set()
    yield from ((name, call) for name, call in found if id(call) not in decided)


def _decided(module: Module) -> set[int]:
    """Return what runs only if something is so, by ``id``: in a branch, or behind a way out."""
    whole: list[ast.AST] = [
        one for one in module.of(ast.If, ast.IfExp, ast.Match) if not is_main_guard(one)
    ]
    whole += [
        function
        for function in module.of(*FUNCTIONS)
        for one in walk(function)
        if isinstance(one, ast.If) and isinstance(one.body[-1], ast.Return | ast.Raise)
    ]
    return {id(node) for one in whole for node in walk(one)}


def _of_call(module: Module, called: str, call: ast.Call) -> Iterator[str]:
    method = method_of(call)
    name = method or called.rpartition(".")[2]
    if method in _METHODS and not call.keywords and len(call.args) <= 1:
        yield method
        return
    named = [argument(call, keyword) for keyword in _KEYWORDS]
    named += call.args[:1] if name in _FIRST else call.args[1:2] if name in _SECOND else []
    for node in named:
        value = module.literal(node)
        if isinstance(value, str) and _NAME.fullmatch(value):
            yield value
        elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            yield from (f"{top}:{value}" for top in _packages(module, called))
    providers = module.literal(argument(call, _PROVIDERS))
    if isinstance(providers, list) and len(providers) == 1 and isinstance(providers[0], str):
        yield providers[0]


def _packages(module: Module, called: str) -> AbstractSet[str]:
    """Return the packages of which a function may be: its own, or any for an object's method."""
    top = called.partition(".")[0]
    return {top} if top in module.tops else module.tops
