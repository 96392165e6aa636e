"""What sources and packages use and nothing brings: added, refused, or told on the first screen."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from textwrap import dedent
from zipfile import ZipFile

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.index.wheel_contents import read_contents
from scaffold.model.index import SourceFacts, WheelFacts
from scaffold.model.knowledge import Facts
from scaffold.model.options import Options
from scaffold.model.resolution import list_notes
from scaffold.model.target import Arch, Budget, Target
from scaffold.model.verdict import Accepted, Decision
from scaffold.planner.decide import PlannerServices, decide
from scaffold.planner.missing_modules import add_preinstalled
from scaffold.project.reader import read_project
from tests.support.folders import write
from tests.support.index_server import make_wheel
from tests.support.worlds import World


@cache
def facts() -> Facts:
    return load_facts(knowledge())


def plan(
    folder: Path,
    source: str,
    listed: str = "",
    *,
    world: World | None = None,
    programs: tuple[str, ...] = (),
    **more: str,
) -> dict[str, str]:
    """Return for each family of bases what the first screen says: its notes, or why not."""
    files = {re.sub("__py$", ".py", name).replace("__", "/"): text for name, text in more.items()}
    root = write(folder, {"requirements.txt": listed, "main.py": source, **files})
    project = read_project(root, environ={})
    offered = world or offer(listed)
    edges = PlannerServices(
        index=offered, facts=facts(), today=date(2026, 11, 25), tell=lambda _: None
    )
    target = Target(arch=Arch.ARM64, budget=Budget())
    options = Options(python="3.13", programs=programs)
    (decision,) = decide(project, [target], options, edges)
    return dict(_texts(decision))


def _texts(decision: Decision) -> Iterator[tuple[str, str]]:
    for verdict in decision.verdicts:
        if verdict.python == "3.13" and not verdict.base.id.startswith("distroless"):
            fits = isinstance(verdict, Accepted)
            reasons = list_notes(verdict.reasons) if fits else verdict.reasons
            text = "; ".join(reason.text for reason in reasons)
            yield verdict.base.id, f"{'fits' if fits else 'refused'}: {text}"


def offer(listed: str) -> World:
    world = World()
    for name in listed.split():
        module = MODULES.get(name, name)
        inside = WheelFacts(installed=3000, files=3, elf="none", modules=(module,))
        world.add(f"{name.replace('-', '_')}-99.0-py3-none-any.whl", facts=inside)
    return world


TRIED = """\
from PIL import ImageFont
try:
    ImageFont.truetype("DejaVuSans.ttf", 9)
except OSError:
    pass
"""
FONT = "from PIL import ImageFont\nImageFont.truetype('{}', 9)"
MODULES = {"pillow": "PIL", "opencv-python-headless": "cv2", "pygobject": "gi"}
SYSTEMD = SourceFacts(native=True, languages=("c",), headers=("systemd/sd-daemon.h",))


@pytest.mark.parametrize(
    ("source", "listed", "told"),
    [
        # picamera2#294
        pytest.param("import libcamera", "numpy", "refused: main.py:1 imports libcamera", id="apt"),
        pytest.param("import apt\napt.Cache()", "six", "python3-apt", id="apt-again"),
        # docker-library/python#957
        pytest.param("import pkg_resources", "flask", "add setuptools<82", id="pkg-resources"),
        # own
        pytest.param(
            "from playwright.sync_api import sync_playwright\n"
            "with sync_playwright() as p:\n    p.chromium.launch()",
            "playwright",
            "playwright drives a browser",
            id="browser",
        ),
        # gpiozero#840
        pytest.param(
            "from gpiozero import LED\nLED(17).on()", "gpiozero", "add lgpio", id="gpiozero"
        ),
        # nv-morpheus#2095
        pytest.param(
            "import nltk\nnltk.download('punkt_tab')", "nltk", "punkt_tab", id="model-at-start"
        ),
        # balena base-images#371
        pytest.param(
            "import subprocess\nsubprocess.check_output(['vcgencmd', 'measure_temp'])",
            "six",
            "refused: main.py:2 starts vcgencmd",
            id="programs",
        ),
        # own
        pytest.param(
            "import logging\nlogging.basicConfig(filename='app.log')",
            "six",
            "writes /app/app.log",
            id="log-beside-sources",
        ),
        pytest.param(
            "import sqlite3\nsqlite3.connect('state')", "six", "/app/state", id="database"
        ),
        pytest.param(
            "import os\nos.makedirs('logs', exist_ok=True)\nopen('logs/a', 'w')",
            "six",
            "/app/logs",
            id="folder",
        ),
    ],
)
def test_every_base_is_held_to_it(tmp_path: Path, source: str, listed: str, told: str) -> None:
    found = plan(tmp_path, source, listed)
    assert found
    assert [base for base, text in found.items() if told not in text] == []


@pytest.mark.parametrize(
    ("source", "fits"),
    [
        # docker-library/python#111
        ("import ctypes.util\nctypes.CDLL(ctypes.util.find_library('c'))", {"slim-trixie"}),
        # docker-library/python#400: the empty locale is that of the environment
        ("import locale\nlocale.setlocale(locale.LC_ALL, '')", {"slim-trixie", "bare-trixie"}),
        ("import ctypes\nctypes.CDLL('libsodium.so.23')", {"slim-trixie", "alpine-3.24"}),
        # paperless-ng#207: Pillow looks below /usr/share/fonts, and a path is that of one system
        (FONT.format("DejaVuSans.ttf"), {"slim-trixie", "alpine-3.24"}),
        (FONT.format("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"), {"slim-trixie"}),
        (FONT.format("/usr/share/fonts/TTF/DejaVuSans.ttf"), set()),
    ],
)
def test_what_some_bases_have_refuses_the_others(
    tmp_path: Path, source: str, fits: set[str]
) -> None:
    found = plan(tmp_path, source, "pillow")
    closed = {"slim-trixie", "bare-trixie", "alpine-3.24", "bare-alpine-3.24"}
    if "locale" not in source:
        refused = closed - fits
        assert {base for base in closed if found[base].startswith("refused")} == refused
    assert all(found[base].startswith("fits") for base in fits)


@pytest.mark.parametrize(
    "source",
    [
        FONT.format("main.ttf"),
        TRIED,
        FONT.format("arial.ttf"),  # of no package: told, not refused
    ],
)
def test_a_font_that_is_there_or_may_be_missing_refuses_nothing(
    tmp_path: Path, source: str
) -> None:
    (tmp_path / "main.ttf").touch()
    found = plan(tmp_path, source, "pillow")
    assert found["bare-trixie"].startswith("fits")
    assert ("no package is known" in found["slim-trixie"]) is ("arial" in source)


@pytest.mark.parametrize(
    ("source", "notes"),
    [
        (
            SYSTEMD,
            {"slim-trixie": "fits: ", "alpine-3.24": "sd-daemon.h, which no package"},
        ),
        (
            SourceFacts(native=True, languages=("c",), headers=("unheard/of.h",)),
            dict.fromkeys(("slim-trixie", "alpine-3.24"), "no known package has unheard"),
        ),
    ],
)
def test_an_sdist_that_needs_a_library(
    tmp_path: Path, source: SourceFacts, notes: Mapping[str, str]
) -> None:
    """Headers that a distribution has not got refuse it; unknown ones are told at once."""
    world = World().add("bus-1.0.tar.gz")
    world.sources["bus-1.0.tar.gz"] = source
    found = plan(tmp_path, "import bus", "bus", world=world)
    assert all(text in found[base] for base, text in notes.items())


@pytest.mark.parametrize(
    ("opened", "source", "fits"),
    [
        ((("mpv", "mpv.py:70", True),), "import bus", {"slim-trixie"}),
        ((("libopus.so.0", "bus.py:1", True),), "import bus", {"slim-trixie", "alpine-3.24"}),
        ((), "import bus\nbus.load('libopus.so.0')", {"slim-trixie", "alpine-3.24"}),
    ],
)
def test_a_pure_wheel_that_opens_a_library(
    tmp_path: Path, opened: tuple[tuple[str, str, bool], ...], source: str, fits: set[str]
) -> None:
    """A library that is opened by name is installed, or the base is refused."""
    inside = WheelFacts(installed=3000, files=3, elf="none", modules=("bus",), opened=opened)
    world = World().add("bus-1.0-py3-none-any.whl", facts=inside)
    found = plan(tmp_path, source, "bus", world=world)
    closed = {"slim-trixie", "bare-trixie", "alpine-3.24", "bare-alpine-3.24"}
    assert {base for base in closed if found[base].startswith("fits")} == fits


CALLS = "import subprocess\n{}\nif __name__ == '__main__':\n    print()\n"
OWN = "FROM {}\n{}\nCOPY main.py .\nCMD python main.py\n"


@pytest.mark.parametrize(
    ("image", "step", "told"),
    [
        # simonw/datasette: its command line calls docker for those who publish with it
        ("python:3.11-slim-bullseye", "RUN pip install .", "fits: "),
        ("alpine:3.20", "RUN apk add py3-pip", "fits: "),
        ("python:3.13-slim", "RUN apt-get update && apt-get install -y git", "starts git"),
        ("python:3.13-slim", "COPY --from=tools /out/git /usr/bin/git", "starts git"),
        ("python:3.13-slim", "RUN bash scripts/setup.sh", "starts git"),
        ("python:3.13-slim", "RUN xargs apt-get install -y < packages.txt", "starts git"),
        ("python:3.13", "RUN pip install .", "starts git"),
        ("company/base:7", "RUN pip install .", "starts git"),
    ],
)
def test_a_program_that_the_authors_image_lacks_is_optional(
    tmp_path: Path, image: str, step: str, told: str
) -> None:
    source = CALLS.format("def pull():\n    subprocess.run(['git', 'pull'])")
    found = plan(tmp_path, source, "six", Dockerfile=OWN.format(image, step))
    assert told in found["bare-trixie"]


def test_what_is_called_at_every_start_is_needed_whatever_the_authors_image_has(
    tmp_path: Path,
) -> None:
    own = OWN.format("python:3.13-slim", "RUN pip install .")
    source = CALLS.format("subprocess.run(['git', 'pull'])")
    assert "starts git" in plan(tmp_path, source, "six", Dockerfile=own)["bare-trixie"]


def test_scripts_beside_the_application_need_nothing(tmp_path: Path) -> None:
    # Flexget: its plugins are found by a computed import, which reaches none of scripts/
    source = "import app.core\nif __name__ == '__main__':\n    app.core.run()\n"
    core = "import importlib, subprocess\ndef run(name='x'):\n    importlib.import_module(name)\n"
    calls = "import subprocess\nsubprocess.run(['git'])\n"
    release = f"{calls}if __name__ == '__main__':\n    print()\n"
    found = plan(tmp_path, source, "six", app__core__py=core, scripts__release__py=release)
    assert "git" not in found["bare-trixie"]


@pytest.mark.parametrize(
    ("condition", "needed"),
    [
        # Kozea/Radicale
        ("sys.version_info < (3, 9)", False),
        ("sys.version_info[0] < 3", False),
        ("sys.version_info.major == 2", False),
        ("sys.version_info[:2] <= (3, 8)", False),
        ("not sys.version_info >= (3, 7)", False),
        ("sys.version_info >= (3, 8)", True),
        ("sys.version_info >= (3, 12)", True),
        ("sys.version_info < (3, 14)", True),
    ],
)
def test_imports_for_pythons_of_the_past_need_nothing(
    tmp_path: Path, condition: str, *, needed: bool
) -> None:
    source = f"import sys\nif {condition}:\n    import paho.mqtt\n"
    assert ("imports paho" in plan(tmp_path, source, "six")["slim-trixie"]) is needed


def test_the_extra_that_is_named_is_the_modules_own(tmp_path: Path) -> None:
    listed = (
        "[project]\nname='app'\nversion='1'\ndependencies=['six']\n"
        "[project.optional-dependencies]\ntest=['pytest', 'pam']\nauth=['pam']\npam=['pam']\n"
    )
    root = write(tmp_path, {"pyproject.toml": listed, "main.py": "import pam\n"})
    project = read_project(root, environ={})
    edges = PlannerServices(
        index=offer("six"), facts=facts(), today=date(2026, 11, 25), tell=lambda _: None
    )
    target = Target(arch=Arch.ARM64, budget=Budget())
    (decision,) = decide(project, [target], Options(python="3.13"), edges)
    assert "use --extra pam, or" in dict(_texts(decision))["slim-trixie"]


def test_the_python_of_the_authors_image_is_proven_for_its_pins(tmp_path: Path) -> None:
    # TandoorRecipes/recipes: a pin of 2019, and python:3.13-alpine
    world = World()
    world.add("old-1.0-py3-none-any.whl", uploaded="2019-12-12T00:00:00Z")
    own = OWN.format("python:3.13-slim", "RUN pip install -r requirements.txt")
    with_own = plan(tmp_path / "a", "import old", "old==1.0", world=world, Dockerfile=own)
    without = plan(tmp_path / "b", "import old", "old==1.0", world=world)
    assert "older than Python 3.13" in without["slim-trixie"]
    assert "older than Python 3.13" not in with_own["slim-trixie"]


@pytest.mark.parametrize("program", ["open", "osascript", "powershell", "sc", "taskkill"])
def test_programs_of_other_systems_need_nothing(tmp_path: Path, program: str) -> None:
    # sabnzbd/sabnzbd: which system it is, a name of its own tells
    source = CALLS.format(f"def show():\n    subprocess.run(['{program}', 'x'])")
    assert plan(tmp_path / "a", source, "six")["bare-trixie"] == "fits: "
    always = CALLS.format(f"subprocess.run(['{program}', 'x'])")
    assert plan(tmp_path / "b", always, "six")["bare-trixie"].startswith("refused")


@pytest.mark.parametrize(("member", "unread"), [("lib.so", True), ("data.bin", False)])
def test_a_wheel_for_every_system_that_has_machine_code_is_not_taken_for_pure(
    tmp_path: Path, member: str, *, unread: bool
) -> None:
    # bitsandbytes 0.42.0: «any» in its name, 290 MB of libraries for CUDA in it
    name = "bus-1.0-py3-none-any.whl"
    data = make_wheel("bus", "1.0", files={f"bus/{member}": b"\x7fELF", "bus/__init__.py": b""})
    with ZipFile(BytesIO(data)) as wheel:
        inside = read_contents(wheel, name)
    root = write(tmp_path, {"requirements.txt": "bus", "main.py": "import bus"})
    edges = PlannerServices(
        index=World().add(name, facts=inside),
        facts=facts(),
        today=date(2026, 11, 25),
        tell=lambda _: None,
    )
    project = read_project(root, environ={})
    target = Target(arch=Arch.ARM64, budget=Budget())
    (decision,) = decide(project, [target], Options(python="3.13"), edges)
    assert decision.chosen
    chosen = decision.chosen.base.id
    assert chosen.startswith("slim" if unread else "bare-alpine")


FLAGGED = {
    "probed": """
        import importlib.util
        def _available():
            return all(importlib.util.find_spec(one) for one in ("numpy",))
        HAS: bool = _available()
        """,
    "tried": """
        try:
            import numpy
        except ImportError:
            HAS = False
        else:
            HAS = True
        """,
    "function": """
        def _try():
            try:
                import numpy
                return True
            except ModuleNotFoundError:
                return False
        HAS = _try()
        """,
    "value": "from importlib.util import find_spec\nHAS = find_spec('numpy') is not None\n",
    "setting": "HAS = bool(read('numpy'))\n",
}


@pytest.mark.parametrize(
    "use", ["if HAS:\n    import heavy", "if not HAS:\n    pass\nelse:\n    import heavy"]
)
@pytest.mark.parametrize("kind", FLAGGED)
def test_what_is_loaded_where_a_flag_says_so_is_optional(
    tmp_path: Path, kind: str, use: str
) -> None:
    """Source: solaredge2mqtt, whose forecast is there where its extra is installed."""
    source = f"from flags import HAS\n{use}\n"
    found = plan(
        tmp_path, source, "six", flags__py=dedent(FLAGGED[kind]), heavy__py="import scipy\n"
    )
    assert not any(text.startswith("refused") for text in found.values()), found
    assert all("heavy.py:1 imports scipy" in text for text in found.values())


@pytest.mark.parametrize(
    "call",
    [
        "subprocess.check_call([sys.executable, '-m', 'pip', 'install', *found])",
        "subprocess.run(['pip3', 'install', found])",
        "os.system('pip install ' + found)",
        "subprocess.Popen(f'python3 -m pip install {found}', shell=True)",
        "subprocess.run(['uv', 'pip', 'install', found], check=True)",
        "subprocess.run(command)",
    ],
)
def test_packages_that_are_installed_at_run_time_are_told(tmp_path: Path, call: str) -> None:
    """Source: mqtt-io, which installs what its configuration asks for."""
    source = (
        "import os, subprocess, sys\ncommand = ['/usr/bin/pip', 'install', 'six']\n"
        f"def load(found):\n    {call}\nload('six')\n"
    )
    found = plan(tmp_path, source, "six")
    assert all("main.py:4 installs packages with" in text for text in found.values()), found
    assert not any("starts pip" in text for text in found.values())


@pytest.mark.parametrize(
    ("source", "listed", "added"),
    [
        ("import pkg_resources\n", "six", ["setuptools<82"]),
        ("import setuptools\nimport pkg_resources\n", "six", ["setuptools<82"]),
        ("from distutils.version import LooseVersion\n", "six", ["setuptools"]),
        ("import pkg_resources\n", "six setuptools", []),
        ("def f():\n    import pkg_resources\n", "six", []),
        ("try:\n    import pkg_resources\nexcept ImportError:\n    pass\n", "six", []),
    ],
)
def test_what_came_with_every_python_is_installed(
    tmp_path: Path, source: str, listed: str, added: list[str]
) -> None:
    """Source: mqtt-io, docker-library/python#957: images had setuptools before Python 3.12."""
    lines = listed.replace(" ", "\n")
    root = write(tmp_path, {"requirements.txt": f"{lines}\n", "main.py": source})
    project = read_project(root, environ={})
    more = add_preinstalled(project, facts())
    assert [one.text for one in more.asked[len(project.asked) :]] == added
    assert len(more.notes) - len(project.notes) == len(added)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        # alexta69/metube: ffmpeg and aria2 are started by what is installed, and by no source
        ("RUN apt-get update && apt-get install -y ffmpeg", "ffmpeg is added"),
        ("RUN apk add --no-cache aria2", "aria2 is added"),
        # jmbannon/ytdl-sub: a look at what was installed is no use of it
        ("RUN apk add 'ffmpeg>5.1' && ffmpeg -version", "ffmpeg is added"),
        ("RUN apt-get install -y mpv && mpv --version", "mpv is added"),
        ("RUN sudo apt-get install -y --no-install-recommends \\\n  curl mpv=1.2*", "mpv is added"),
        ("RUN apt-get install -y flac && apt-get purge -y flac", "fits: "),
        ("RUN apt-get install -y pandoc && pandoc a.md -o a.html", "fits: "),
        ("RUN apk add --virtual .tools sox", "fits: "),
        ("RUN apt-get install -y curl git nano build-essential libffi-dev", "fits: "),
    ],
)
def test_programs_of_the_authors_image_that_no_source_names(
    tmp_path: Path, steps: str, told: str
) -> None:
    own = OWN.format("python:3.13-slim", steps)
    found = plan(tmp_path, "print()\n", "six", Dockerfile=own)
    assert told in found["slim-trixie"]
    likely = told != "fits: "
    assert ("no source names" in found["slim-trixie"]) is likely
    assert found["bare-trixie"].startswith("refused" if likely else "fits")


FLAG = "from app.system import {}\nif {}:\n    import {}\n"
SYSTEMS = """
import os, platform, sys
WINDOWS = sys.platform == "win32"
MAC = False
if platform.system() == "Darwin":
    MAC = True
def is_windows():
    \"\"\"Tell it.\"\"\"
    return os.name == "nt"
"""


@pytest.mark.parametrize(
    "source",
    [
        FLAG.format("WINDOWS", "WINDOWS", "win32api"),
        FLAG.format("is_windows", "is_windows()", "winreg"),
        FLAG.format("MAC", "MAC", "AppKit"),
        "import app.system\nif app.system.WINDOWS:\n    import pythoncom\n",
        "def notify():\n    import win32gui\nnotify\n",
        "try:\n    import objc\nexcept ImportError:\n    objc = None\n",
        FLAG.format("WINDOWS", "WINDOWS", "app.registry"),
    ],
)
def test_modules_of_other_systems_need_nothing(tmp_path: Path, source: str) -> None:
    registry = "import _winreg, win32con\n"
    found = plan(tmp_path, source, "six", app__system__py=SYSTEMS, app__registry__py=registry)
    assert found["slim-trixie"] == "fits: "


def test_a_module_of_another_system_that_is_always_imported_is_refused(tmp_path: Path) -> None:
    found = plan(tmp_path, "import win32api\n", "six")["slim-trixie"]
    assert "imports win32api, and only Windows has it" in found
    assert "pywin32" not in found


@pytest.mark.parametrize(
    ("files", "way"),
    [
        (
            {
                "setup__py": "from setuptools import setup\n"
                "setup(name='app', install_requires=['six'], extras_require={'web': ['paho-mqtt']})"
            },
            "use --extra web, or",
        ),
        (
            {"README.md": "Run `pip install 'six[mqtt]'` for MQTT.\n", "requirements.txt": "six\n"},
            "README.md:1 installs six[mqtt], which may bring it, or",
        ),
        (
            {
                "setup.cfg": "[metadata]\nname = app\n[options]\ninstall_requires = six\n"
                "[options.extras_require]\nbus =\n    paho-mqtt>=1\n"
            },
            "use --extra bus, or",
        ),
        (
            {
                "pyproject.toml": "[project]\nname = 'app'\nversion = '1'\ndependencies = ['six']\n"
                "[dependency-groups]\nserver = ['paho-mqtt==2.1']\ndocs = ['six']\n"
            },
            "use --group server, or",
        ),
        (
            {
                "pyproject.toml": "[project]\nname = 'app'\nversion = '1'\ndependencies = ['six']\n"
                "[tool.pdm.dev-dependencies]\nbus = ['paho-mqtt']\n"
            },
            "use --group bus, or",
        ),
        (
            {
                "docs/install.rst": "    pip3 install -U app[mqtt,web]\n",
                "setup__py": "from setuptools import setup\n"
                "setup(name='app', install_requires=['six'], extras_require=read())",
            },
            "docs/install.rst:1 installs app[mqtt]: try --extra mqtt, or",
        ),
    ],
)
def test_an_extra_that_brings_a_module_is_offered(
    tmp_path: Path, files: Mapping[str, str], way: str
) -> None:
    named = {re.sub("__py$", ".py", name): text for name, text in files.items()}
    root = write(tmp_path, {**named, "main.py": "import paho.mqtt.client\n"})
    project = read_project(root, environ={})
    edges = PlannerServices(
        index=offer("six"), facts=facts(), today=date(2026, 11, 25), tell=lambda _: None
    )
    (decision,) = decide(
        project, [Target(arch=Arch.ARM64, budget=Budget())], Options(python="3.13"), edges
    )
    assert way in dict(_texts(decision))["slim-trixie"]


@pytest.mark.parametrize(
    ("source", "listed", "procfile", "told"),
    [
        (
            "from fastapi import FastAPI\napp = FastAPI()\n",
            "fastapi\n",
            "",
            "main.py:2 starts uvicorn, and nothing that is installed brings it; add uvicorn to",
        ),
        (
            "from starlette.applications import Starlette\napp = Starlette()\n",
            "starlette\n",
            "",
            "main.py:2 starts uvicorn",
        ),
        (
            "from flask import Flask\napp = Flask(__name__)\n",
            "flask\n",
            "web: gunicorn main:app\n",
            "Procfile:1 starts gunicorn",
        ),
        (
            "from flask import Flask\napp = Flask(__name__)\n",
            "flask\n",
            "web: waitress-serve main:app\n",
            "Procfile:1 starts waitress",
        ),
        (
            "from celery import Celery\napp = Celery('main')\n",
            "redis\n",
            "worker: celery -A main worker\n",
            "Procfile:1 starts celery",
        ),
    ],
)
def test_a_server_that_is_started_and_not_installed_refuses_every_base(
    tmp_path: Path, source: str, listed: str, procfile: str, told: str
) -> None:
    families = plan(tmp_path / "without", source, listed, Procfile=procfile)
    assert all(told in text for text in families.values())
    server = told.split()[2].rstrip(",")
    with_it = f"{listed}{server}\n"
    families = plan(tmp_path / "with", source, with_it, Procfile=procfile)
    assert not any("starts" in text for text in families.values())


@pytest.mark.parametrize(
    ("typelib", "package"),
    [
        ("Gst", "gir1.2-gstreamer-1.0"),
        ("GstRtspServer", "gir1.2-gst-rtsp-server-1.0"),
        ("Gtk", "gir1.2-gtk-3.0"),
        ("NM", "gir1.2-nm-1.0"),
    ],
)
def test_a_typelib_that_is_loaded_at_the_start_comes_with_debians_package(
    tmp_path: Path, typelib: str, package: str
) -> None:
    # KlipperScreen/KlipperScreen
    source = f"import gi\n{{}}gi.require_version('{typelib}', '1.0')\ngi.repository.GLib.run()"
    refused = plan(tmp_path, source.format(""), "pygobject")
    told = f"main.py:2: gi loads the typelib {typelib}"
    assert all(text.startswith("refused") and told in text for text in refused.values())
    assert f"`--with {package}`" in refused["bare-alpine-3.24"]
    given = plan(tmp_path, source.format(""), "pygobject", programs=(package,))
    assert {base for base, text in given.items() if text.startswith("fits")} == {
        *("slim-trixie", "slim-bookworm", "full-trixie", "full-bookworm"),
    }
    later = plan(tmp_path, source.format("def show():\n    "), "pygobject")
    assert later["slim-trixie"].startswith("fits")


@pytest.mark.parametrize(
    ("element", "package"),
    [
        ("videotestsrc", "gstreamer1.0-plugins-base"),
        ("rtspsrc", "gstreamer1.0-plugins-good"),
        ("kmssink", "gstreamer1.0-plugins-bad"),
        ("avdec_h264 name=src", "gstreamer1.0-libav"),
    ],
)
def test_elements_of_a_pipeline_come_with_debians_plugins(
    tmp_path: Path, element: str, package: str
) -> None:
    source = f"import gi\ngi.repository.Gst.parse_launch('{element} ! fakesink')"
    refused = plan(tmp_path, source, "pygobject")
    assert all(text.startswith("refused: main.py:2: a pipeline") for text in refused.values())
    assert f"`--with {package}`" in refused["slim-trixie"]
    given = plan(tmp_path, source, "pygobject", programs=(package,))
    assert given["slim-trixie"].startswith("fits")


def test_opencvs_wheels_open_no_pipeline(tmp_path: Path) -> None:
    source = "import cv2\ncap = cv2.VideoCapture(describe(), cv2.CAP_GSTREAMER)\n"
    refused = plan(tmp_path, source, "opencv-python-headless")
    assert "built without GStreamer" in refused["slim-trixie"]
