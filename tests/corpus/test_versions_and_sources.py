"""What is installed, and how it is built, for the kinds of bug reports named at each test."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffold.operations.services import real_services
from tests.cli.outside import run
from tests.support.elf_files import AARCH64, X86_64, make_elf
from tests.support.index_server import FakeIndex, make_sdist, make_wheel

PURE = {"setup.py": "setup(install_requires=open('r').read())"}


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    server = FakeIndex()
    yield server
    server.stop()


def plan(
    folder: Path, index: FakeIndex, requirements: str, *argv: str
) -> tuple[int, dict[str, Any], str]:
    project = folder / "project"
    project.mkdir()
    (project / "requirements.txt").write_text(requirements)
    (project / "main.py").write_text("print(1)\n")
    result = run(
        *("plan", str(project), "--target", "arm64", "--json", "--quiet", *argv),
        outside=real_services(),
        env={"PIP_INDEX_URL": index.url, "LEANSCAFFOLD_CACHE_DIR": str(folder / "cache")},
    )
    document = json.loads(result.stdout) if result.exit_code == 0 else {}
    return result.exit_code, document, result.stdout + result.stderr


def add(index: FakeIndex, name: str, *files: tuple[str, bytes]) -> None:
    index.add_page(name, [index.add_file(filename, body) for filename, body in files])


def test_a_pure_sdist_keeps_its_requirements_and_needs_no_compiler(
    tmp_path: Path, index: FakeIndex
) -> None:
    """shodan-python#231; SunGather, mqtt-io, thingsboard-gateway lose packages the same way."""
    files = {**PURE, "shodan.egg-info/requires.txt": "click\n"}
    sdist = make_sdist("shodan", "1.31.0", level="1.1", files=files)
    add(index, "shodan", ("shodan-1.31.0.tar.gz", sdist))
    add(index, "click", ("click-8.1-py3-none-any.whl", make_wheel("click", "8.1")))
    code, document, said = plan(tmp_path, index, "shodan==1.31.0\n")
    assert code == 0, said
    assert {p["name"] for p in document["packages"]} == {"shodan", "click"}
    assert document["chosen"]["build_class"] == "wheels"


def test_an_sdist_that_computes_its_requirements_is_not_taken_to_have_none(
    tmp_path: Path, index: FakeIndex
) -> None:
    """Own: the same kind, where nothing in the archive tells."""
    sdist = make_sdist("old", "1.0", level="1.1", files=PURE)
    add(index, "old", ("old-1.0.tar.gz", sdist))
    code, _, said = plan(tmp_path, index, "old\n")
    assert code == 5
    assert "requirements.txt:1" in said
    assert "requirements are not known before it is built" in said


def test_headers_that_sources_include_are_installed_for_the_build(
    tmp_path: Path, index: FakeIndex
) -> None:
    """Own: pillow-simd."""
    files = {
        "setup.py": "setup(ext_modules=[Extension('_imaging', ['a.c'])], install_requires=[])",
        "a.c": "#include <Python.h>\n#include <jpeglib.h>\n#include <ft2build.h>\n",
    }
    add(index, "simd", ("simd-1.0.tar.gz", make_sdist("simd", "1.0", files=files)))
    code, document, said = plan(tmp_path, index, "simd\n", "--base", "slim-trixie")
    assert code == 0, said
    assert document["chosen"]["build_class"] == "minutes"
    assert "libjpeg62-turbo-dev" in said
    assert "libfreetype-dev" in said


@pytest.mark.parametrize("asked", ["pywin32==306", "pywin32"])
def test_a_package_for_windows_alone_says_so(tmp_path: Path, index: FakeIndex, asked: str) -> None:
    """pywin32#2131."""
    wheel = make_wheel("pywin32", "306")
    add(index, "pywin32", ("pywin32-306-cp312-cp312-win_amd64.whl", wheel))
    code, _, said = plan(tmp_path, index, f"{asked}\n")
    assert code == 5
    assert "only for Windows: add a marker" in said


def test_a_hash_that_no_file_has_is_the_reason(tmp_path: Path, index: FakeIndex) -> None:
    """warehouse#1056."""
    add(index, "six", ("six-1.17.0-py3-none-any.whl", make_wheel("six", "1.17.0")))
    code, _, said = plan(tmp_path, index, f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    assert code == 5
    assert "no file of six 1.17.0 has the hash that is given for it" in said


def test_a_local_version_without_a_wheel_here_names_the_spelling_that_has_one(
    tmp_path: Path, index: FakeIndex
) -> None:
    """uv#1497."""
    add(
        index,
        "torch",
        ("torch-2.3.0+cpu-cp312-cp312-linux_x86_64.whl", make_wheel("torch", "2.3.0+cpu")),
        (
            "torch-2.3.0-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
            make_wheel("torch", "2.3.0"),
        ),
    )
    _, _, said = plan(tmp_path, index, "torch==2.3.0+cpu\n")
    assert "torch==2.3.0, without the +, has one" in said


ARM, INTEL = (make_elf(needed=("libc.so.6",), machine=one) for one in (AARCH64, X86_64))
COMPILED = "import ctypes\n"
LIBRARIES: dict[str, tuple[dict[str, str | bytes], str]] = {
    "of another machine": ({"demo/lib/libdemo.so": INTEL}, "compiled for glibc x86_64"),
    "of another libc": ({"demo/libdemo.so.2": ARM}, "compiled for glibc aarch64"),
    "for several machines": (
        {"demo/arm/libdemo.so": make_elf(machine=AARCH64), "demo/intel/libdemo.so": INTEL},
        "",
    ),
    "without a libc": ({"demo/libdemo.so": make_elf(machine=AARCH64)}, ""),
    "of its tests": ({"tests/libdemo.so": INTEL}, ""),
    "that is a text": ({"demo/libdemo.so": "INPUT(libdemo.so.2)"}, ""),
}


@pytest.mark.parametrize(("files", "why"), LIBRARIES.values(), ids=LIBRARIES)
def test_an_sdist_that_brings_a_library_is_built_where_that_one_loads(
    tmp_path: Path, index: FakeIndex, files: dict[str, str | bytes], why: str
) -> None:
    """pyopen-wakeword: its sdist has the library of the machine that published it."""
    setup = {"setup.py": "from setuptools import setup\nsetup(distclass=Binary)\n"}
    sdist = make_sdist("demo", "1.0", files={**setup, "demo/__init__.py": COMPILED, **files})
    add(index, "demo", ("demo-1.0.tar.gz", sdist))
    code, document, said = plan(tmp_path, index, "demo==1.0\n", "--base", "alpine")
    assert code == (3 if why else 0), said
    assert why in said
    assert not document or document["chosen"]["build_class"] == "wheels"
