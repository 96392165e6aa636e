"""Projects that are packages: what their own build makes is in the image, in the last layer."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold

pytestmark = [pytest.mark.engine, pytest.mark.online]

NAME = f"leanscaffold-test-own-{uuid4().hex[:8]}"
LAYOUT: Mapping[str, str] = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "fleetctl"
dynamic = ["version"]
dependencies = ["fleet-core"]
[project.scripts]
fleetctl = "fleetctl.cli:main"
[project.entry-points."fleetctl.plugins"]
json = "fleetctl.cli:main"
[tool.hatch.version]
source = "vcs"
[tool.hatch.build.hooks.vcs]
version-file = "src/fleetctl/_version.py"
[tool.uv.sources]
fleet-core = { workspace = true }
[tool.uv.workspace]
members = ["packages/*"]
""",
    "src/fleetctl/__init__.py": "",
    "src/fleetctl/data/devices.json": '["a", "b"]',
    "src/fleetctl/cli.py": """
import json
import shutil
import socket
import subprocess
from importlib import metadata, resources

import fleet_core


def main():
    from fleetctl import _version

    print(json.dumps({
        "own": metadata.version("fleetctl"),
        "made": _version.__version__,
        "member": metadata.version("fleet-core"),
        "plugins": [one.name for one in metadata.entry_points(group="fleetctl.plugins")],
        "data": json.loads(resources.files("fleetctl").joinpath("data/devices.json").read_text()),
        "text": fleet_core.text(),
    }))
""",
    "packages/core/pyproject.toml": """
[build-system]
requires = ["setuptools>=70"]
build-backend = "setuptools.build_meta"
[project]
name = "fleet-core"
version = "0.2"
""",
    "packages/core/src/fleet_core/__init__.py": "def text():\n    return 'first'\n",
}
EXTENSION: Mapping[str, str] = {
    "setup.py": """
from setuptools import Extension, setup

setup(name="gate", version="0.1", packages=["gate"],
      ext_modules=[Extension("gate._fast", ["gate/_fast.cpp"])],
      entry_points={"console_scripts": ["gate=gate.main:main"]})
""",
    "gate/__init__.py": "",
    "gate/_fast.cpp": """
#include <Python.h>
#include <string>
#include <iostream>
static PyObject *answer(PyObject *, PyObject *) {
  std::string text("compiled");
  std::cerr << text << std::endl;
  return PyUnicode_FromString(text.c_str());
}
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", NULL, -1, methods};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
""",
    "gate/main.py": """
def main():
    from gate import _fast
    print(_fast.answer())
""",
}


LIBRARY: Mapping[str, str] = {
    "setup.py": "from setuptools import setup\n"
    "setup(name='sensorlib', version='1.2', py_modules=['sensorlib'], install_requires=['six'])\n",
    "sensorlib.py": "import six\n",
}


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def tag(folder: Path, version: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "all"), ("tag", version)):
        subprocess.run(["git", *who, *words], cwd=folder, check=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """An engine, and a folder to write a project to."""

    engine: Engine
    project: Path
    env: Mapping[str, str]
    trust: tuple[str, ...]

    def write(self, files: Mapping[str, str]) -> None:
        write(self.project, files)

    def build(self, base: str) -> list[str]:
        """Build for amd64; return the image's layers."""
        choice = ("--target", "amd64", "--python", "3.13", "--base", base)
        ended = leanscaffold(
            "build", str(self.project), *choice, *self.trust, "--tag", NAME, env=self.env
        )
        assert ended.code == 0, ended.err
        facts = json.loads(self.engine.docker("image", "inspect", NAME))[0]
        layers: list[str] = facts["RootFS"]["Layers"]
        return layers

    def run(self, *command: str) -> str:
        return self.engine.docker("run", "--rm", "--read-only", NAME, *command)


@pytest.fixture
def bench(
    bases: Callable[..., Engine], certificates: Path | None, tmp_path: Path
) -> Iterator[Bench]:
    engine = bases("amd64", "arm64")
    project = tmp_path / "project"
    project.mkdir()
    trust = ("--ca", str(certificates)) if certificates else ()
    yield Bench(engine=engine, project=project, env=environment(engine, tmp_path), trust=trust)
    if engine.docker("images", "--quiet", NAME):
        engine.docker("rmi", "--force", NAME)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_a_package_is_installed_with_its_member_and_an_edit_moves_one_layer(bench: Bench) -> None:
    bench.write(LAYOUT)
    tag(bench.project, "v1.4.0")
    before = bench.build("bare-trixie")
    said = json.loads(bench.run())
    assert said == {
        "own": "1.4.0",
        "made": "1.4.0",
        "member": "0.2",
        "plugins": ["json"],
        "data": ["a", "b"],
        "text": "first",
    }
    assert bench.run("fleetctl") == bench.run()
    bench.write({"packages/core/src/fleet_core/__init__.py": "def text():\n    return 'second'\n"})
    after = bench.build("bare-trixie")
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]
    assert json.loads(bench.run())["text"] == "second"


def test_machine_code_of_the_project_is_compiled_and_finds_its_libraries(bench: Bench) -> None:
    bench.write(EXTENSION)
    bench.build("bare-trixie")
    assert bench.run() == "compiled\n"
    assert bench.run("gate") == "compiled\n"


@pytest.fixture
def repository(bench: Bench, tmp_path: Path) -> Iterator[str]:
    """A repository with a tag v1.2, on an address that builds reach."""
    if shutil.which("git") is None:
        pytest.skip("no git")
    write(tmp_path / "served" / "sensorlib", LIBRARY)
    tag(tmp_path / "served" / "sensorlib", "v1.2")
    network = json.loads(bench.engine.docker("network", "inspect", "bridge"))
    address = network[0]["IPAM"]["Config"][0]["Gateway"]
    with socket.socket() as found:
        found.bind((address, 0))
        port = found.getsockname()[1]
    served = ("--export-all", f"--base-path={tmp_path / 'served'}", "--reuseaddr")
    argv = ["git", "daemon", f"--listen={address}", f"--port={port}", *served]
    with subprocess.Popen(argv) as daemon:
        yield f"git+git://{address}:{port}/sensorlib"
        daemon.terminate()


def test_a_repository_is_built_at_the_commit_of_its_tag(bench: Bench, repository: str) -> None:
    bench.write(
        {
            "requirements.txt": f"{repository}@v1.2#egg=sensorlib\n",
            "main.py": "from importlib.metadata import version\n\nimport sensorlib\n\n"
            "print(version('sensorlib'), sensorlib.six.__name__)\n",
        }
    )
    bench.build("bare-trixie")
    assert bench.run() == "1.2 six\n"
