"""What packages open on each board, and where they work, by the shipped table."""

from dataclasses import replace

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.config.request import choose_targets
from scaffold.model.codes import Code
from scaffold.model.options import Options, Request
from scaffold.model.project import Origin, Use, When
from scaffold.model.target import Arch, Budget, Target
from scaffold.planner.hardware import find_access, find_brought, list_misfits, list_mounted
from scaffold.planner.os_packages import find_os_packages
from tests.support.builders import make_weighed
from tests.support.dockerfiles import PROJECT
from tests.support.worlds import ask

FACTS = load_facts(knowledge())
ANY = Target(arch=Arch.ARM64, budget=Budget())
RKNN = ["/dev/dri", "/usr/lib/librknnrt.so"]
PI5 = ["/dev/gpiochip0", "/dev/gpiochip4"]


def target(device: str) -> Target:
    if not device:
        return ANY
    return choose_targets(Request(device=device), FACTS.devices, "x86_64")[0][0]


def use(code: str, value: str, when: When = When.START) -> Use:
    return Use(code=code, value=value, origin=Origin(file="main.py", line=3), when=when)


@pytest.mark.parametrize(
    ("device", "texts", "uses", "paths"),
    [
        ("", (), (), []),
        ("", ("pyserial",), (), ["/dev/ttyUSB0"]),
        ("", ("pyserial",), ("/dev/ttyAMA0",), ["/dev/ttyAMA0"]),
        ("", ("gpiod", "smbus2"), (), ["/dev/gpiochip0", "/dev/i2c-1"]),
        ("", ("linuxpy",), ("/dev/video2",), ["/dev/video2"]),
        ("", ("sounddevice", "pyusb"), (), ["/dev/bus/usb", "/dev/snd"]),
        ("", ("bleak",), (), ["/run/dbus/system_bus_socket"]),
        ("", ("hailort",), (), ["/dev/hailo0"]),
        (
            "",
            ("picamera2",),
            ("/dev/video2",),
            ["/dev/dma_heap", "/dev/media0", "/dev/video2", "/run/udev"],
        ),
        ("", ("gpiozero", "gpiod"), ("/dev/video0",), ["/dev/gpiochip0", "/dev/video0"]),
        ("raspberry-pi-4", ("RPi.GPIO",), (), ["/dev/gpiomem"]),
        ("raspberry-pi-5", ("gpiozero",), (), PI5),
        ("jetson-orin-nano", ("smbus2",), (), ["/dev/i2c-7"]),
        ("jetson-xavier-nx", ("adafruit-circuitpython-servokit",), (), ["/dev/i2c-8"]),
        ("jetson-nano", ("smbus2",), (), ["/dev/i2c-1"]),
        ("visionfive-2", ("luma.oled",), (), ["/dev/i2c-0"]),
        ("beaglebone-black", ("adafruit-blinka",), (), ["/dev/i2c-2"]),
        ("orange-pi-5", ("rknn-toolkit-lite2",), (), RKNN),
        ("radxa-zero-3w", ("rknn-toolkit-lite2",), (), RKNN),
        ("n100-mini-pc", ("openvino",), (), ["/dev/dri"]),
        ("raspberry-pi-5", ("openvino",), (), []),
        ("n100-mini-pc", ("av",), ("/dev/dri/renderD128",), ["/dev/dri/renderD128"]),
        (
            "coral-dev-board",
            ("pycoral",),
            (),
            ["/dev/apex_0", "/usr/lib/aarch64-linux-gnu/libedgetpu.so.1"],
        ),
    ],
)
def test_sources_name_devices_before_packages_do(
    device: str, texts: tuple[str, ...], uses: tuple[str, ...], paths: list[str]
) -> None:
    opened = tuple(use("opens-device", path) for path in uses)
    project = replace(PROJECT, asked=ask(*texts), uses=opened)
    access = find_access(FACTS, project, target(device))
    assert [one.path for one in access.hardware] == paths


@pytest.mark.parametrize(
    ("device", "paths"),
    [
        ("coral-dev-board", ["/dev/apex_0", "/usr/lib/aarch64-linux-gnu/libedgetpu.so.1"]),
        ("raspberry-pi-5", ["/dev/bus/usb", "/usr/lib/aarch64-linux-gnu/libedgetpu.so.1"]),
        ("intel-nuc", ["/dev/bus/usb", "/usr/lib/x86_64-linux-gnu/libedgetpu.so.1"]),
    ],
)
@pytest.mark.parametrize("package", ["ai_edge_litert", "tflite_runtime", "tensorflow.lite"])
def test_the_delegate_of_an_edge_tpu_gets_its_device_and_its_library(
    device: str, paths: list[str], package: str
) -> None:
    called = use("calls", f"{package}.interpreter.load_delegate libedgetpu.so.1")
    other = use("calls", f"{package}.interpreter.load_delegate libother.so")
    access = find_access(FACTS, replace(PROJECT, uses=(called,)), target(device))
    assert [one.path for one in access.hardware] == paths
    assert not find_access(FACTS, replace(PROJECT, uses=(other,)), target(device)).hardware


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/dev/dri", "render"),
        ("/dev/apex_0", "apex"),
        ("/dev/hailo0", ""),
        ("/dev/bus/usb", "plugdev"),
        ("/dev/video0", "video"),
        ("/usr/lib/librknnrt.so", ""),
    ],
)
def test_a_device_file_belongs_to_its_group(path: str, group: str) -> None:
    project = replace(PROJECT, uses=(use("opens-device", path),))
    (one,) = find_access(FACTS, project, ANY).hardware
    assert (one.group.name if one.group else "") == group


# Device, packages, the import (code, when), how it ends: refused, told or silent, what is named.
BOARDS = [
    ("raspberry-pi-4", "RPi.GPIO", "RPi.GPIO", "", ""),
    ("raspberry-pi-5", "RPi.GPIO", "RPi.GPIO", "refused", "rpi-gpio=rpi-lgpio"),
    ("raspberry-pi-cm5", "RPi.GPIO", "RPi.GPIO", "refused", "rpi-gpio=rpi-lgpio"),
    ("orange-pi-5", "RPi.GPIO", "RPi.GPIO", "refused", "can only be run on a Raspberry Pi"),
    ("jetson-orin-nano", "RPi.GPIO", "RPi.GPIO", "refused", "gpiod"),
    ("n100-mini-pc", "RPi.GPIO", "RPi.GPIO", "refused", "gpiod"),
    ("gateway-arm64", "RPi.GPIO", "RPi.GPIO", "told", "may not work"),
    ("raspberry-pi-5", "rpi-lgpio", "RPi.GPIO", "", ""),
    ("orange-pi-zero-3", "rpi-lgpio", "RPi.GPIO", "told", "RPI_LGPIO_REVISION"),
    ("raspberry-pi-5", "gpiozero lgpio", "gpiozero", "", ""),
    ("raspberry-pi-5", "gpiozero", "gpiozero", "refused", "add lgpio"),
    ("raspberry-pi-4", "gpiozero", "gpiozero", "", ""),
    ("jetson-nano", "gpiozero lgpio", "gpiozero", "refused", "Raspberry Pi alone"),
    ("intel-nuc", "gpiozero pigpio", "gpiozero", "told", "PIGPIO_ADDR"),
    ("raspberry-pi-5", "pigpio", "pigpio", "told", "PIGPIO_ADDR"),
    ("raspberry-pi-3", "pigpio", "pigpio", "", ""),
    ("raspberry-pi-5", "Jetson.GPIO", "Jetson.GPIO", "refused", "Could not determine"),
    ("jetson-orin-nano", "Jetson.GPIO", "Jetson.GPIO", "", ""),
    ("jetson-agx-thor", "Jetson.GPIO", "Jetson.GPIO", "refused", "40-pin"),
    ("orange-pi-5", "OPi.GPIO", "OPi.GPIO", "", ""),
    ("raspberry-pi-4", "OPi.GPIO", "OPi.GPIO", "refused", "Orange Pi"),
    ("raspberry-pi-5", "rpi-ws281x", "rpi_ws281x", "refused", "revision is not supported"),
    ("raspberry-pi-4", "rpi-ws281x", "rpi_ws281x", "", ""),
    ("rock-5b", "rpi-ws281x", "rpi_ws281x", "refused", "ws2811_init"),
    ("rock-5b", "sense-hat", "sense_hat", "refused", "Raspberry Pi"),
    ("orange-pi-5", "picamera2", "picamera2", "refused", "V4L2"),
    ("raspberry-pi-5", "picamera", "picamera", "refused", "picamera2"),
    ("raspberry-pi-5", "jetson-stats", "jtop", "refused", "jetson-stats=psutil"),
    ("jetson-agx-thor", "jetson-stats", "jtop", "", ""),
    ("n100-mini-pc", "adafruit-blinka", "board", "told", "BLINKA_FT232H"),
    ("raspberry-pi-5", "adafruit-blinka", "board", "", ""),
    ("orange-pi-5", "gpiod smbus2 spidev luma.oled bme680", "gpiod", "", ""),
    ("up-squared", "tensorflow", "tensorflow", "refused", "tensorflow=ai-edge-litert"),
    ("lattepanda-3-delta", "jax", "jax", "refused", "AVX"),
    ("lattepanda-3-delta", "paddlepaddle", "paddle", "refused", "AVX"),
    ("raspberry-pi-4", "Adafruit-DHT", "Adafruit_DHT", "refused", "adafruit-circuitpython-dht"),
    ("up-squared", "llama-cpp-python", "llama_cpp", "refused", "AVX2"),
    ("up-squared", "polars", "polars", "told", "rtcompat"),
    ("n100-mini-pc", "tensorflow", "tensorflow", "", ""),
    ("beaglebone-black", "Adafruit-BBIO", "Adafruit_BBIO", "", ""),
    ("beagleplay", "Adafruit-BBIO", "Adafruit_BBIO", "refused", "BeagleBone"),
]


@pytest.mark.parametrize(
    ("device", "texts", "module", "ends", "named"), BOARDS, ids=[" ".join(b[:2]) for b in BOARDS]
)
def test_where_a_package_works(device: str, texts: str, module: str, ends: str, named: str) -> None:
    asked = ask(*texts.split())
    project = replace(PROJECT, asked=asked, uses=(use("imports", module),))
    found = list(list_misfits(FACTS, target(device), project, {one.name: () for one in asked}))
    assert [fails for _, fails in found] == {"": [], "told": [False], "refused": [True]}[ends]
    assert all(named.lower() in reason.text.lower() for reason, _ in found)


def test_what_the_sources_do_without_is_told_and_not_refused() -> None:
    for uses in ((use("imports", "RPi.GPIO", When.MAYBE),), (use("imports", "gpiod"),)):
        project = replace(PROJECT, asked=ask("RPi.GPIO"), uses=uses)
        ((told, fails),) = list_misfits(FACTS, target("orange-pi-5"), project, {"rpi-gpio": ()})
        assert (told.code, fails) == (Code.OTHER_BOARD, False)


def test_where_nothing_is_known_of_the_sources_a_package_counts_as_used() -> None:
    project = replace(PROJECT, asked=ask("RPi.GPIO"), uses=())
    ((told, fails),) = list_misfits(FACTS, target("orange-pi-5"), project, {"rpi-gpio": ()})
    assert (told.code, fails) == (Code.USELESS_ON_DEVICE, True)


@pytest.mark.parametrize(
    ("device", "package", "by", "imports", "ends"),
    [
        ("up-squared", "tensorflow", "classifier", "classifier", "told"),
        ("up-squared", "tensorflow", "classifier", "tensorflow", "refused"),
        ("up-squared", "tensorflow", "classifier", "", "told"),
        ("n100-mini-pc", "tensorflow", "classifier", "tensorflow", ""),
        ("raspberry-pi-5", "rpi-gpio", "relays", "relays", "told"),
        ("gateway-arm64", "rpi-gpio", "relays", "relays", "told"),
        ("orange-pi-5", "rpi-gpio", "adafruit-blinka", "board", ""),
    ],
)
def test_what_a_package_requires_is_judged_where_that_package_is_not(
    device: str, package: str, by: str, imports: str, ends: str
) -> None:
    uses = (use("imports", imports),) if imports else ()
    project = replace(PROJECT, asked=ask(by), uses=uses)
    found = list(list_misfits(FACTS, target(device), project, {by: (), package: (by,)}))
    assert [fails for _, fails in found] == {"": [], "told": [False], "refused": [True]}[ends]
    assert all(f"{package}, which {by} requires," in reason.text for reason, _ in found)
    swaps = [row.swap for row in FACTS.hardware.values() if row.covers(package) and row.swap]
    board = target(device).device
    if found and board and board.board:
        assert any(f"--swap {package}={swap}" in found[0][0].text for swap in swaps)


@pytest.mark.parametrize(
    ("device", "package", "variables", "security"),
    [
        ("raspberry-pi-4", "lgpio", {"LG_WD": "/tmp"}, ()),  # noqa: S108 - in the container
        ("jetson-orin-nano", "Jetson.GPIO", {"JETSON_MODEL_NAME": "JETSON_ORIN_NANO"}, ()),
        ("orange-pi-5", "rknn-toolkit-lite2", {}, ("systempaths=unconfined",)),
    ],
)
def test_what_a_container_hides_is_given_to_what_reads_it(
    device: str, package: str, variables: dict[str, str], security: tuple[str, ...]
) -> None:
    access = find_access(FACTS, replace(PROJECT, asked=ask(package)), target(device))
    assert (access.variables, access.security) == (variables, security)


def test_a_mounted_library_is_there_and_what_it_loads_is_added() -> None:
    called = use("calls", "tflite_runtime.interpreter.load_delegate libedgetpu.so.1")
    assert list_mounted(FACTS, replace(PROJECT, uses=(called,))) == {
        "libedgetpu.so.1": ("libusb-1.0.so.0",)
    }
    uses = (called, use("finds-library", "libedgetpu.so.1"))
    found = find_os_packages(
        project=replace(PROJECT, uses=uses),
        facts=FACTS,
        base=next(one for one in FACTS.bases if one.id == "slim-trixie"),
        arch=Arch.ARM64,
        packages=(),
        options=Options(),
    )
    assert [one.name for one in found.run_packages] == ["libusb-1.0-0"]
    assert not found.refused
    assert not [one for one in found.remarks if "no package is known" in one.text]


def test_what_a_package_that_is_judged_itself_requires_is_not_told_too() -> None:
    project = replace(PROJECT, asked=ask("classifier"), uses=())
    packages = {"classifier": (), "tensorflow": ("classifier",), "keras": ("tensorflow",)}
    found = list(list_misfits(FACTS, target("up-squared"), project, packages))
    assert [reason.package for reason, _ in found] == ["tensorflow"]


def test_what_another_package_brings_counts_once_it_is_resolved() -> None:
    project = replace(PROJECT, asked=ask("gpiozero"), uses=())
    where = target("raspberry-pi-5")
    assert not list(list_misfits(FACTS, where, project, {"gpiozero": (), "lgpio": ()}))
    assert not list(list_misfits(FACTS, where, project, {"gpiozero": ()}, resolved=False))
    assert list(list_misfits(FACTS, where, project, {"gpiozero": ()}))


@pytest.mark.parametrize(
    ("device", "element", "when", "ends"),
    [
        ("raspberry-pi-5", "nvarguscamerasrc", When.START, "refused"),
        ("raspberry-pi-5", "nvarguscamerasrc", When.CALL, "told"),
        ("jetson-orin-nano", "nvarguscamerasrc", When.START, ""),
        ("raspberry-pi-5", "rpicamsrc", When.START, "refused"),
        ("raspberry-pi-4", "rpicamsrc", When.START, ""),
        ("", "nvarguscamerasrc", When.START, ""),
    ],
)
def test_an_element_of_another_board_is_refused_where_the_start_uses_it(
    device: str, element: str, when: When, ends: str
) -> None:
    project = replace(PROJECT, uses=(use("calls", f"gstreamer.element {element}", when),))
    found = list(list_misfits(FACTS, target(device), project, {}))
    assert [fails for _, fails in found] == {"": [], "told": [False], "refused": [True]}[ends]
    assert all(f"main.py:3: {element} does not work on" in reason.text for reason, _ in found)


@pytest.mark.parametrize(
    ("device", "package", "provided", "library", "brings"),
    [
        ("", "numpy", "", "libcuda.so.1", "the driver of the NVIDIA GPU (CUDA)"),
        ("jetson-nano", "numpy", "", "libnvcuvid.so.1", "the driver of the NVIDIA GPU (CUDA)"),
        ("raspberry-pi-5", "numpy", "", "libcuda.so.1", None),
        ("orange-pi-5", "rknn-toolkit-lite2", "", "librknnrt.so", "the device's system"),
        ("orange-pi-5", "numpy", "", "librknnrt.so", None),
        ("coral-dev-board", "pycoral", "", "libedgetpu.so.1", "the device's system"),
        # HailoRT, VideoCore's and Intel's halves are where the user says that they are mounted.
        ("", "hailort", "libhailort.so.4.23.0", "libhailort.so.4.23.0", "a mount (--provided)"),
        ("raspberry-pi-3", "picamera", "libmmal.so", "libmmal.so", "a mount (--provided)"),
        (
            "n100-mini-pc",
            "openvino",
            "libze_loader.so.1",
            "libze_loader.so.1",
            "a mount (--provided)",
        ),
        ("", "numpy", "", "libz.so.1", None),
    ],
)
def test_who_brings_a_library_at_run_time(
    device: str, package: str, provided: str, library: str, brings: str | None
) -> None:
    project = replace(PROJECT, asked=ask(package))
    found = find_brought(FACTS, target(device), [provided], project)
    assert found.get(library) == brings


@pytest.mark.parametrize("base", ["slim-trixie", "bare-trixie", "alpine-3.24"])
def test_a_library_of_a_driver_is_refused_with_the_option_that_says_it_is_there(base: str) -> None:
    made = make_weighed("codec")
    found = find_os_packages(
        project=PROJECT,
        facts=FACTS,
        base=next(one for one in FACTS.bases if one.id == base),
        arch=Arch.AMD64,
        packages=[replace(made, facts=replace(made.facts, needs=("libnvcuvid.so.1",)))],
        options=Options(),
    )
    told = [one.text for one in found.refused if one.fact == "libnvcuvid.so.1"]
    assert [one.rpartition(": ")[2] for one in told] == [
        "--accelerator cuda says that the device has one"
    ]
