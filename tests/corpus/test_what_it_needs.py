"""What sources and packages use and nothing brings: added, refused, or told on the first screen."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.index import SourceFacts, WheelFacts
from scaffold.model.knowledge import Facts
from scaffold.model.options import Options
from scaffold.model.resolution import list_notes
from scaffold.model.target import Arch, Budget, Target
from scaffold.model.verdict import Accepted, Decision
from scaffold.planner.decide import PlannerServices, decide
from scaffold.project.reader import read_project
from tests.support.folders import all_files, write
from tests.support.worlds import World


@cache
def facts() -> Facts:
    return load_facts(knowledge())


def plan(
    folder: Path, source: str, listed: str = "", *, world: World | None = None
) -> dict[str, str]:
    """Return for each family of bases what the first screen says: its notes, or why not."""
    root = write(folder, {"requirements.txt": listed, "main.py": source})
    project = read_project(root, environ={}, tree=all_files)
    offered = world or offer(listed)
    edges = PlannerServices(
        index=offered, facts=facts(), today=date(2026, 11, 25), tell=lambda _: None
    )
    target = Target(arch=Arch.ARM64, budget=Budget())
    (decision,) = decide(project, [target], Options(python="3.13"), edges)
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
        world.add(f"{name.replace('-', '_')}-1.0-py3-none-any.whl", facts=inside)
    return world


MODULES = {"opencv-python-headless": "cv2"}
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
    ],
)
def test_what_some_bases_have_refuses_the_others(
    tmp_path: Path, source: str, fits: set[str]
) -> None:
    found = plan(tmp_path, source, "six")
    closed = {"slim-trixie", "bare-trixie", "alpine-3.24", "bare-alpine-3.24"}
    if "locale" not in source:
        refused = closed - fits
        assert {base for base in closed if found[base].startswith("refused")} == refused
    assert all(found[base].startswith("fits") for base in fits)


@pytest.mark.parametrize(
    ("source", "notes"),
    [
        (
            SYSTEMD,
            {"slim-trixie": "fits: ", "alpine-3.24": "sd-daemon.h, which no package"},
        ),
        (
            SourceFacts(native=True, languages=("c",), headers=("unheard/of.h",)),
            dict.fromkeys(("slim-trixie", "alpine-3.24"), "no package is known that has unheard"),
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
