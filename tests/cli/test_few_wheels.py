"""A target that few have wheels for, with the real edges and two indexes on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffold.operations.services import real_services
from tests.cli.outside import run
from tests.support.index_server import FakeIndex, make_sdist, make_wheel

PREBUILT = "sensor-2.0-cp313-cp313-linux_armv7l.whl"


# What includes a header that nobody knows is built only where there is no wheel.
NATIVE = {
    "setup.py": "setup(ext_modules=[Extension('sensor', ['sensor.c'])])",
    "sensor.c": "#include <Python.h>\n#include <vendors_own.h>\n",
}


@pytest.fixture
def main() -> Iterator[FakeIndex]:
    server = FakeIndex()
    file = server.add_file("sensor-2.1.tar.gz", make_sdist("sensor", "2.1", files=NATIVE))
    server.add_page("sensor", [file])
    yield server
    server.stop()


@pytest.fixture
def prebuilt() -> Iterator[FakeIndex]:
    server = FakeIndex()
    inside = {"sensor/__init__.py": b"x = 1\n" * 9000}
    file = server.add_file(PREBUILT, make_wheel("sensor", "2.0", files=inside))
    server.add_page("sensor", [file])
    yield server
    server.stop()


def plan(folder: Path, main: FakeIndex, *argv: str) -> dict[str, Any]:
    project = folder / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("sensor\n")
    (project / "main.py").write_text("import sensor\n")
    result = run(
        *("plan", str(project), "--target", "arm/v7", "--json", "--quiet", *argv),
        outside=real_services(),
        env={"PIP_INDEX_URL": main.url, "LEANSCAFFOLD_CACHE_DIR": str(folder / "cache")},
    )
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_an_extra_index_of_prebuilt_wheels_spares_the_compiler(
    tmp_path: Path, main: FakeIndex, prebuilt: FakeIndex
) -> None:
    document = plan(tmp_path, main, "--extra-index-url", prebuilt.url)
    (package,) = document["packages"]
    assert (package["file"], package["wheel"]) == (PREBUILT, True)
    assert document["python"] == "3.13"
    assert document["chosen"]["libc"] == "glibc"
    assert document["chosen"]["build_class"] == "wheels"
    ways = {way["code"]: way for way in document["ways"]}
    assert ways["extra-index"]["chosen"]
    assert ways["extra-index"]["size"]["on_disk"] > 0
    assert ways["compile"]["size"] is not None
    assert "emulated" in ways["compile"]["risk"]


def test_without_it_the_plan_compiles_and_says_what_else_there_is(
    tmp_path: Path, main: FakeIndex
) -> None:
    document = plan(tmp_path, main)
    ways = {way["code"]: way for way in document["ways"]}
    assert ways["compile"]["chosen"]
    assert ways["extra-index"]["size"] is None
    assert "--extra-index-url" in ways["extra-index"]["text"]
    assert ways["distribution"]["text"] == "no base's distribution builds sensor"
