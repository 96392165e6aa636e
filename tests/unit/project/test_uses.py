from pathlib import Path

import pytest

from scaffold.model.project import When
from scaffold.project.entrypoint.source_facts import read_sources
from tests.support.source_folders import facts, uses


@pytest.mark.parametrize(
    ("source", "program"),
    [
        ("import subprocess\nsubprocess.run(['git', 'log'])", "git"),
        ("import subprocess as sp\nsp.Popen(('ffmpeg', x))", "ffmpeg"),
        ("from subprocess import check_output as out\nout(args=['/usr/bin/git'])", "git"),
        ("import subprocess as s\ns.call(['git'] + rest)", "git"),
        ("import subprocess as s; cmd = ['git', x]\ns.run(cmd)", "git"),
        ("import shutil\nshutil.which('convert')", "convert"),
        ("import asyncio\nasyncio.create_subprocess_exec('nmap', x)", "nmap"),
        ("import subprocess\ndef f(a):\n    subprocess.run(a)", ""),
        ("import os, subprocess\nsubprocess.run([os.getenv('FF', 'ffmpeg'), x])", "ffmpeg"),
        (
            "import os, subprocess\nP = os.environ.get('P', '/usr/bin/sox')\nsubprocess.run(P)",
            "sox",
        ),
        ("import os, subprocess\nP = os.getenv('P') or 'nmap'\nsubprocess.call([P, x])", "nmap"),
        ("import os, subprocess\nsubprocess.run([os.environ['FF'], x])", ""),
    ],
)
def test_a_program_that_is_started_is_named(tmp_path: Path, source: str, program: str) -> None:
    found = uses(tmp_path, source, "runs-program", "needs-shell")
    assert [(code, value) for code, value, _ in found] == [("runs-program", program)]


def test_starting_python_itself_needs_nothing(tmp_path: Path) -> None:
    source = "import subprocess, sys\nsubprocess.run([sys.executable])\nsubprocess.run(['python3'])"
    assert uses(tmp_path, source, "runs-program") == []


def test_a_program_of_the_project_comes_along_but_a_script_of_it_needs_a_shell(
    tmp_path: Path,
) -> None:
    source = "import subprocess\nsubprocess.run(['./bin/tool'])\nsubprocess.run(['./run.sh'])\n"
    files = {"main.py": source, "bin/tool": "", "run.sh": ""}
    found = [(use.code, use.origin.line) for use in facts(tmp_path, files).uses]
    assert found == [("needs-shell", 3)]


@pytest.mark.parametrize(
    ("source", "programs"),
    [
        ("import os\nos.system('cat a | grep b && echo c')", ["cat", "grep"]),
        ("import os\nos.popen(f'ping {host}')", ["ping"]),
        ("import os\nos.system(command)", [""]),
        ("import subprocess\nsubprocess.run('A=1 make x', shell=True)", ["make"]),
        ("import subprocess\nl = 'sox ' + x; subprocess.call([l], shell=True)", ["sox"]),
        ("import subprocess\nsubprocess.call(['ls -l', 'a'], shell=True)", ["ls"]),
    ],
)
def test_a_shell_line_needs_a_shell_and_its_programs(
    tmp_path: Path, source: str, programs: list[str]
) -> None:
    assert uses(tmp_path, source, "needs-shell") == [("needs-shell", "sh", 2)]
    assert [value for _, value, _ in uses(tmp_path, source, "runs-program")] == programs


@pytest.mark.parametrize(
    ("source", "library"),
    [
        ("import ctypes.util\nctypes.util.find_library('usb')", "usb"),
        ("from ctypes import CDLL\nCDLL('libusb-1.0.so.0')", "libusb-1.0.so.0"),
        ("from ctypes import cdll\ncdll.LoadLibrary('libfoo.so')", "libfoo.so"),
    ],
)
def test_a_library_that_is_opened_by_name_is_found(
    tmp_path: Path, source: str, library: str
) -> None:
    assert uses(tmp_path, source, "finds-library") == [("finds-library", library, 2)]


@pytest.mark.parametrize(
    "source", ["import cv2\ncv2.imshow('a', b)", "import cv2 as c\nc.waitKey()"]
)
def test_opencvs_windows_are_found_through_aliases(tmp_path: Path, source: str) -> None:
    assert [line for _, _, line in uses(tmp_path, source, "shows-window")] == [2]


def test_reading_a_picture_shows_no_window(tmp_path: Path) -> None:
    assert uses(tmp_path, "import cv2\ncv2.imread('a')", "shows-window") == []


def test_only_third_party_modules_count_as_imports(tmp_path: Path) -> None:
    files = {
        "main.py": "import os, numpy.linalg\nfrom lib import x\nfrom . import y\nimport yaml\n",
        "lib.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n",
    }
    told = facts(tmp_path, files).uses
    found = [(use.value, use.origin.line) for use in told if use.code == "imports"]
    assert found == [("numpy", 1), ("yaml", 4)]


def test_what_only_tests_do_is_no_use(tmp_path: Path) -> None:
    source = "import pytest, subprocess\nsubprocess.run(['git'])\n"
    files = dict.fromkeys(("tests/test_a.py", "conftest.py", "dodo.py"), source)
    assert facts(tmp_path, files).uses == ()


@pytest.mark.parametrize(
    ("source", "rights"),
    [
        ("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_RAW)", "socket.SOCK_RAW"),
        ("from socket import SOCK_RAW, socket\nsocket(2, SOCK_RAW)", "socket.SOCK_RAW"),
        (
            "from multiprocessing.shared_memory import SharedMemory\nSharedMemory(size=9)",
            "multiprocessing.shared_memory.SharedMemory",
        ),
        ("import socket as s\ns.socket(s.AF_PACKET)", "socket.AF_PACKET"),
        ("import socket\ns.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)",
         "socket.SO_BROADCAST"),
        ("import os\nif os.geteuid() != 0:\n    raise SystemExit", "os.geteuid"),
        ("from os import getuid\nassert getuid() == 0", "os.geteuid"),
        ("import os\nprint(os.geteuid())\nif os.getuid() == 1000:\n    print()", ""),
        ("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)", ""),
        ("SOCK_RAW = 3\nprint(SOCK_RAW)", ""),
    ],
)  # fmt: skip
def test_what_takes_more_rights_than_a_container_has_is_found(
    tmp_path: Path, source: str, rights: str
) -> None:
    assert [value for _, value, _ in uses(tmp_path, f"{source}\n", "calls")] == [rights] * bool(
        rights
    )


def test_a_file_that_is_not_python_is_reported_and_the_rest_read(tmp_path: Path) -> None:
    found = facts(tmp_path, {"bad.py": "x = 1\nprint 'a'\n", "good.py": "import numpy\n"}).uses
    assert [(use.code, str(use.origin)) for use in found] == [
        ("imports", "good.py:1"),
        ("unparsable", "bad.py:2"),
    ]


@pytest.mark.parametrize(
    "data",
    [b"# coding: latin-1\nimport numpy # \xe9\n", b"\xef\xbb\xbf\nimport numpy\n"],
    ids=["latin-1", "byte order mark"],
)
def test_encodings_are_those_that_python_takes(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.py").write_bytes(data)
    found = read_sources(tmp_path, files=["other.py"]).uses
    assert [(use.value, use.origin.line) for use in found] == [("numpy", 2)]


def test_values_that_name_each_other_are_not_followed_for_ever(tmp_path: Path) -> None:
    source = "import subprocess\na = [b]\nb = [a]\nsubprocess.run(b, shell=a)\nsubprocess.run(a)\n"
    assert uses(tmp_path, source, "runs-program") == [("runs-program", "", 4)]


def test_device_files_in_the_sources_are_named_once_and_those_of_tests_are_not(
    tmp_path: Path,
) -> None:
    source = (
        'import os\nPORT = os.environ.get("PORT", "/dev/ttyUSB0")\n'
        'open("/dev/null")\nBUS = "/dev/i2c-1"\nAGAIN = "/dev/ttyUSB0"\n'
    )
    files = {"main.py": source, "tests/test_main.py": 'PORT = "/dev/ttyACM0"\n'}
    found = [u for u in facts(tmp_path, files).uses if u.code == "opens-device"]
    assert [(u.value, str(u.origin)) for u in found] == [
        ("/dev/ttyUSB0", "main.py:2"),
        ("/dev/i2c-1", "main.py:4"),
    ]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("import cv2\ncv2.VideoCapture(1)", "/dev/video1"),
        ("import cv2\ncv2.VideoCapture('film.mp4')", ""),
        ("import smbus2\nbus = smbus2.SMBus(7)", "/dev/i2c-7"),
        ("from smbus import SMBus\nBUS = 3\nSMBus(BUS)", "/dev/i2c-3"),
        ("import smbus2\nsmbus2.SMBus(number())", ""),
        ("import spidev\nspi = spidev.SpiDev()\nspi.open(1, 0)", "/dev/spidev1.0"),
        ("from spidev import SpiDev\nself.spi.open(0, 1)", "/dev/spidev0.1"),
        ("import spidev\nself.spi.open(0, 1)", "/dev/spidev0.1"),
        ("import spidev\nspidev.SpiDev(1, 2)", "/dev/spidev1.2"),
        ("import lgpio\nlgpio.gpiochip_open(4)", "/dev/gpiochip4"),
        ("from luma.core.interface.serial import i2c\ni2c(port=0)", "/dev/i2c-0"),
        ("run('v4l2src device=/dev/video2 ! appsink')", "/dev/video2"),
    ],
)
def test_numbers_that_calls_take_are_device_files(tmp_path: Path, source: str, path: str) -> None:
    found = uses(tmp_path, source, "opens-device")
    assert [value for _, value, _ in found] == ([path] if path else [])


@pytest.mark.parametrize(
    ("source", "handled"),
    [
        ("import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))", True),
        ("from signal import SIGTERM, signal as on\non(SIGTERM, print)", True),
        ("import signal\nfor one in (2, 15):\n    signal.signal(one, print)", True),
        ("import signal\ndef f(loop):\n    loop.add_signal_handler(signal.SIGTERM, print)", True),
        # grott: a broken pipe is no end
        ("from signal import signal, SIGPIPE, SIG_DFL\nsignal(SIGPIPE, SIG_DFL)", False),
        ("import signal\nsignal.signal(signal.SIGINT, print)", False),
        ("import os, signal\nos.kill(1, signal.SIGTERM)", False),
        ("import sys", False),
    ],
)
def test_a_handler_of_the_signal_that_ends_a_container_is_noticed(
    tmp_path: Path, source: str, *, handled: bool
) -> None:
    assert bool(uses(tmp_path, source, "handles-signals")) is handled


def test_whether_old_databases_are_opened_is_seen(tmp_path: Path) -> None:
    source = "def keep():\n    import shelve\n    importlib.import_module('dbm.gnu')\n"
    assert uses(tmp_path, "import importlib\n" + source, "opens-database") == [
        ("opens-database", "shelve", 3),
        ("opens-database", "dbm", 4),
    ]
    assert uses(tmp_path, "import sqlite3", "opens-database") == []


def test_a_script_in_a_package_imports_what_lies_beside_it(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/run.py": "import version\nif __name__ == '__main__':\n    print(version)\n",
        "app/version.py": "",
        "Procfile": "worker: python app/run.py\n",
    }
    found = facts(tmp_path, files)
    assert [use.value for use in found.uses if use.code == "imports"] == []


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ({"main.py": "import fold\nfold.read(fold.ALL)"}, ["fold.ALL", "fold.read"]),
        ({"main.py": "import fold as f\nread = f.Video.open"}, ["fold.Video.open"]),
        ({"main.py": "from fold import Video"}, ["fold.Video"]),
        ({"main.py": "from fold import *"}, ["fold.*"]),
        ({"main.py": "import fold\nx = getattr(fold, name)"}, ["fold"]),
        ({"main.py": "import importlib\nimportlib.import_module('fold')\nimport fold"}, ["fold"]),
        ({"main.py": "from a import f\nf.Video()", "a.py": "import fold as f"}, ["fold.Video"]),
        ({"main.py": "from a import *\nf.Video()", "a.py": "import fold as f"}, ["fold"]),
        ({"main.py": "import os, a\nos.name, a.x", "a.py": "x = 1"}, []),
    ],
)
def test_what_is_taken_of_a_package_is_named_called_or_not(
    tmp_path: Path, files: dict[str, str], taken: list[str]
) -> None:
    found = {use.value for use in facts(tmp_path, files).uses if use.code == "takes"}
    assert set(taken) <= found
    assert all(one.partition(".")[0] == "fold" for one in found)
    assert bool(found) is bool(taken)


@pytest.mark.parametrize(
    ("source", "devices"),
    [
        ("net = torch.nn.Linear(2, 2).cuda()", ["cuda"]),
        ("net.to('cuda:0')", ["cuda:0"]),
        ("D = torch.device('cuda')", ["cuda"]),
        ("DEVICE = 'cuda'\nnet.to(DEVICE)", ["cuda"]),
        ("model = whisper.load_model('base', device='cuda')", ["cuda"]),
        ("torch.load('a.pt', map_location='cuda')", ["cuda"]),
        ("core.compile_model(net, 'GPU')", ["GPU"]),
        ("core.compile_model(model=net, device_name='GPU')", ["GPU"]),
        ("onnx.InferenceSession('m', providers=['CUDAExecutionProvider'])",
         ["CUDAExecutionProvider"]),
        ("onnx.predict(source, device=0)", ["onnx:0"]),
        ("net.predict(source, device=0)", ["onnx:0", "torch:0", "whisper:0"]),
        ("onnx.InferenceSession('m', providers=['CUDAExecutionProvider', 'CPU'])", []),
        ("D = 'cuda' if gpu else 'cpu'\nnet.to(D)", []),
        ("D = 'cuda'\nif x:\n    D = 'cpu'\nnet.to(D)", []),
        ("net.to('cuda' if torch.cuda.is_available() else 'cpu')", []),
        ("if torch.cuda.is_available():\n    net.cuda()", []),
        ("if GPU:\n    net.cuda()", []),
        ("def load():\n    if not GPU:\n        return net\n    return net.cuda()", []),
        ("have = torch.cuda.is_available()\ndef load():\n    net.cuda()", []),
        ("def load(device='cuda'):\n    net.to(device)", []),
        ("onnx.Session('AUTO:GPU,CPU')\ncore.compile_model(net, 'AUTO:GPU,CPU')", []),
        ("onnx.play(device=True)", []),
        ("path.to('a folder/with text')", []),
    ],
)  # fmt: skip
def test_a_device_that_a_call_names_alone_is_asked_for(
    tmp_path: Path, source: str, devices: list[str]
) -> None:
    found = uses(tmp_path, f"import torch, whisper, onnx\n{source}\n", "asks-device")
    assert sorted(value for _, value, _ in found) == devices


@pytest.mark.parametrize(
    ("files", "certain"),
    [
        ({"main.py": "import torch\nn.cuda()"}, When.START),
        ({"main.py": "import torch\ndef f():\n    n.cuda()"}, When.CALL),
        ({"main.py": "try:\n    n.cuda()\nexcept RuntimeError:\n    n.cpu()"}, When.MAYBE),
        ({"main.py": "import net", "net.py": "n.cuda()"}, When.START),
        ({"main.py": "def f():\n    import net\nf()", "net.py": "n.cuda()"}, When.MAYBE),
    ],
)
def test_a_device_may_be_one_of_several_where_something_decides(
    tmp_path: Path, files: dict[str, str], certain: When
) -> None:
    found = [use.when for use in facts(tmp_path, files).uses if use.code == "asks-device"]
    assert found == [certain]


@pytest.mark.parametrize(
    ("named", "calls"),
    [
        ("models/minilm", []),
        ("./models/minilm/", []),
        ("yolo_ncnn_model", []),
        ("models/other", ["net.load models/other"]),
    ],
)
def test_a_folder_of_the_project_that_a_call_names_does_not_have_to_come(
    tmp_path: Path, named: str, calls: list[str]
) -> None:
    files = {"main.py": f"import net\nnet.load({named!r})", "models/minilm/a.json": "{}"}
    found = facts(tmp_path, {**files, "yolo_ncnn_model/a.bin": ""}).uses
    assert [use.value for use in found if use.code == "calls"] == calls


@pytest.mark.parametrize(
    ("setting", "source", "programs"),
    [
        ("CHROME=/usr/bin/chromium", "os.getenv('CHROME')", ["chromium"]),
        ("A=1 FFMPEG=/usr/local/bin/ffmpeg", "os.environ['FFMPEG']", ["ffmpeg"]),
        ("TOOL=/bin/tool", "config('TOOL')", ["tool"]),
        ("CHROME=/usr/bin/chromium", "os.getenv('BROWSER')", []),
        ("INTERPRETER=/usr/bin/python3", "os.getenv('INTERPRETER')", []),
        ("DATA=/usr/share/data", "os.getenv('DATA')", []),
        ("TOOL=/usr/bin/own", "os.getenv('TOOL')", []),
    ],
)
def test_a_program_that_the_own_image_names_in_a_variable_is_needed(
    tmp_path: Path, setting: str, source: str, programs: list[str]
) -> None:
    files = {
        "main.py": f"import os\nprint({source})\n",
        "own": "",
        "Dockerfile": f"FROM python:3\nENV {setting}\nCOPY own /usr/bin/own\nCOPY main.py .\n"
        "CMD python main.py\n",
    }
    found = [(use.value, str(use.origin)) for use in facts(tmp_path, files).uses]
    name = setting.rsplit(maxsplit=1)[-1].partition("=")[0]
    assert [one for one in found if one[0] in {"chromium", "ffmpeg", "tool", "own", "python3"}] == [
        (program, f"Dockerfile:2 ({name})") for program in programs
    ]


def test_imports_name_the_module_right_below_a_package(tmp_path: Path) -> None:
    source = """
import json.decoder
from bus.payload.big import Builder
try:
    import car.old
except ImportError:
    pass
def later():
    import ship.bow
later()
"""
    found = facts(tmp_path, {"main.py": source}).uses
    inner = {use.value: use.when for use in found if use.code == "imports-inner"}
    assert inner == {"bus.payload": When.START, "car.old": When.MAYBE, "ship.bow": When.CALL}
