"""How certain it is that an application does what its sources say."""

from pathlib import Path

import pytest

from scaffold.model.project import When
from tests.support.source_folders import facts

APP = "from fastapi import FastAPI\napp = FastAPI()\n"


def when(root: Path, code: str, files: dict[str, str]) -> list[When]:
    return [use.when for use in facts(root, files, "fastapi", "uvicorn").uses if use.code == code]


SYSTEM = "import platform\ns = platform.system()\n"


@pytest.mark.parametrize(
    ("source", "certainty"),
    [
        ("import serial\n", [When.START]),
        ("def f():\n    import serial\n", [When.CALL]),
        ("try:\n    import serial\nexcept ImportError:\n    serial = None\n", [When.MAYBE]),
        ("try:\n    import serial\nexcept ImportError:\n    raise\n", [When.START]),
        (
            "import contextlib\nwith contextlib.suppress(ImportError):\n    import serial\n",
            ["maybe"],
        ),
        ("import sys\nif sys.platform == 'win32':\n    import serial\n", []),
        ("import os\nif os.name != 'nt':\n    import serial\n", [When.START]),
        ("import platform\nif platform.system().lower() == 'darwin':\n    import serial\n", []),
        (
            f"{SYSTEM}{SYSTEM}if s == 'Linux':\n    pass\nelif s == 'Darwin':\n    import serial\n",
            [],
        ),
        (f"{SYSTEM}s = read()\nif s == 'Darwin':\n    import serial\n", [When.CALL]),
        ("import os\nif os.getenv('METER'):\n    import serial\n", [When.CALL]),
        ("from conf import debug\nif debug:\n    pass\nelse:\n    import serial\n", [When.CALL]),
        (
            "import c\nif c.x:\n try:\n  import serial\n except ImportError:\n  exit(1)\n",
            [When.CALL],
        ),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import serial\n", []),
    ],
)
def test_an_import_is_as_certain_as_the_place_that_it_stands_in(
    tmp_path: Path, source: str, certainty: list[When]
) -> None:
    files = {"main.py": source + APP}
    found = facts(tmp_path, files, "fastapi", "uvicorn").uses
    imported = [use for use in found if (use.code, use.value) == ("imports", "serial")]
    assert [use.when for use in imported] == certainty


@pytest.mark.parametrize(
    ("source", "certainty"),
    [
        ("import subprocess\nsubprocess.run(['nmcli'])\n", [When.START]),
        ("import subprocess\ndef f():\n    subprocess.run(['nmcli'])\n", [When.CALL]),
        (
            (
                "import shutil, subprocess\ndef f():\n    if shutil.which('nmcli'):\n"
                "        subprocess.run(['nmcli'])\n"
            ),
            [When.MAYBE],
        ),
        (
            "import shutil\ndef f():\n    if not shutil.which('nmcli'):\n        raise E\n",
            [When.CALL],
        ),
        (
            (
                "import subprocess\ndef f():\n    try:\n        subprocess.run(['nmcli'])\n"
                "    except FileNotFoundError:\n        return\n"
            ),
            [When.MAYBE],
        ),
        (
            "import subprocess, sys\nif sys.platform == 'win32':\n    subprocess.run(['nmcli'])\n",
            [],
        ),
    ],
)
def test_a_program_that_is_asked_for_or_whose_lack_is_handled_may_be_missing(
    tmp_path: Path, source: str, certainty: list[When]
) -> None:
    found = when(tmp_path, "runs-program", {"main.py": source + APP})
    assert sorted(set(found)) == certainty


def test_what_the_start_does_not_lead_to_starts_no_program(tmp_path: Path) -> None:
    tool = "import subprocess\nsubprocess.run(['nmcli'])\n"
    assert when(tmp_path, "runs-program", {"main.py": APP, "deploy.py": tool}) == []
    led = {"main.py": "import deploy\n" + APP, "deploy.py": tool}
    assert when(tmp_path, "runs-program", led) == [When.START]
    late = {"main.py": APP + "def f():\n    import deploy\n", "deploy.py": tool}
    assert when(tmp_path, "runs-program", late) == [When.CALL]


def test_an_import_that_no_literal_names_may_lead_anywhere(tmp_path: Path) -> None:
    tool = "import subprocess\nsubprocess.run(['nmcli'])\n"
    source = "import importlib, os\nimportlib.import_module(os.environ['P'])\n" + APP
    assert when(tmp_path, "runs-program", {"main.py": source, "deploy.py": tool}) == [When.CALL]


@pytest.mark.parametrize(
    "source",
    [
        "import sys\npy = sys.version_info\nold = py.major < 3\nif old:\n    import serial\n",
        "import sys\nv = sys.version_info\nif (v[0] == 2):\n    import serial\n",
        "import sys\nif sys.version[0] == '2':\n    import serial\n",
        "import sys\nif sys.hexversion < 0x03000000:\n    import serial\n",
        "import platform\nif platform.python_version_tuple()[0] == '2':\n    import serial\n",
        "import sys\nif sys.version_info[:2] == (2, 7):\n    import serial\n",
    ],
)
def test_an_import_for_python_2_is_none_however_its_condition_is_written(
    tmp_path: Path, source: str
) -> None:
    found = facts(tmp_path, {"main.py": source + APP}, "fastapi", "uvicorn").uses
    assert [use for use in found if use.value == "serial"] == []


@pytest.mark.parametrize("part", ["[1] < 5", "[1:] < (5,)", ".minor == 2", " < (3, 12)"])
def test_an_import_for_some_pythons_is_not_certain(tmp_path: Path, part: str) -> None:
    source = f"import sys\nv = sys.version_info\nif v{part}:\n    import serial\n"
    found = facts(tmp_path, {"main.py": source + APP}, "fastapi", "uvicorn").uses
    assert [use.when for use in found if use.value == "serial"] == [When.CALL]
