"""What no scan of machine code finds: an image without it fails, the one that is planned does not.

Each library that a package opens by name, and each program that it starts, is a fact that somebody
wrote down. Here the same project is built with that fact and without it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.shell import EngineError

pytestmark = [pytest.mark.engine, pytest.mark.online]

# Code that loads it. The small ones are tried always, the rest with `pytest -m long`.
SMALL = {
    "psycopg": "import psycopg; assert psycopg.pq.version()",
    "python-magic": "import magic; assert magic.from_buffer(b'#!/bin/sh')",
    "pyudev": "import pyudev; pyudev.Context()",
    "pyusb": "from usb.backend import libusb1; assert libusb1.get_backend()",
}
# whisper's own code for opening a file, without what else `import whisper` takes along.
_WHISPER = """
import importlib.util, sys, types, wave
whole = importlib.util.find_spec("whisper")
sys.modules["whisper"] = part = types.ModuleType("whisper")
part.__path__ = whole.submodule_search_locations
from whisper.audio import load_audio
with wave.open("/tmp/a.wav", "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(bytes(1600))
assert load_audio("/tmp/a.wav").shape == (1600,)
"""
OTHERS = {
    "cairocffi": "import cairocffi",
    "gitpython": "import git; git.Git().version()",
    "graphviz": "import graphviz; graphviz.version()",
    "openai-whisper": _WHISPER,
    "pdf2image": "from pdf2image.pdf2image import _get_poppler_version as v; v('pdftoppm')",
    "pydot": "import pydot; pydot.Dot().create_svg()",
    "pydub": "from pydub import AudioSegment as A; A.silent(9).export('/tmp/a', format='flac')",
    "pylibdmtx": "from pylibdmtx import pylibdmtx",
    "pytesseract": "import pytesseract; pytesseract.get_tesseract_version()",
    "pyvips": "import pyvips; pyvips.Image.black(1, 1)",
    "pyzbar": "from pyzbar import pyzbar",
    "sounddevice": "import sounddevice",
    "soundfile": "import soundfile as s; s.write('/tmp/a.flac', [0.0], 8000)",
    "weasyprint": "import weasyprint",
}
# What Python no longer has and these packages import without asking for it (their notes say so);
# the last wheel of pyvips, 2.1, was made for Python 2, newer ones are built. The wheel of soundfile
# for amd64 brings the library; what is built from source looks for it, as 32-bit Arm's wheel does.
ALSO = {
    "openai-whisper": "./torch\n./triton\n./numba\n./tiktoken",
    "pydub": "audioop-lts",
    "pylibdmtx": "setuptools",
    "pyvips": "pyvips>=3",
    "soundfile": "--no-binary soundfile",
}
# Stand-ins that lie in the project: torch brings 5 GB of CUDA, and of all that whisper's code for
# opening files takes no more than these names.
STAND_INS = {
    "openai-whisper": {
        "torch": {
            "__init__.py": "Tensor = device = str\n",
            "nn/functional.py": "",
            "nn/__init__.py": "",
        },
        "triton": {},
        "numba": {},
        "tiktoken": {},
    }
}
_STAND_IN = """[project]
name = "{name}"
version = "9"
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[tool.setuptools]
packages = {packages}
"""
# The slim image has their library: without the fact one would take a base that is cut from it.
FORGOTTEN = {"pyudev": "bare-trixie"}
_FORGOTTEN = 'name = "{name}"\ndlopens = []\nprograms = []\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """An engine, a folder to work in, and options that builds need."""

    engine: Engine
    folder: Path
    options: tuple[str, ...]

    def tries(self, name: str, code: str, *layers: str, base: str = "slim-trixie") -> bool:
        """Build a project that needs one package, and tell whether the code runs in it."""
        tag = f"leanscaffold-test-loads-{uuid4().hex[:8]}"
        project = self.folder / tag
        project.mkdir()
        (project / "requirements.txt").write_text(f"{name}\n{ALSO.get(name, '')}\n")
        (project / "main.py").write_text("print('up')\n")
        for stand_in, files in STAND_INS.get(name, {}).items():
            place_stand_in(project, stand_in, files)
        ended = leanscaffold(
            *("build", str(project), "--target", "amd64", "--python", "3.13", "--tag", tag),
            *("--base", base, "--quiet", *self.options),
            *(word for layer in layers for word in ("--knowledge", layer)),
            env=environment(self.engine, self.folder),
        )
        assert ended.code == 0, ended.err
        try:
            self.engine.docker("run", "--rm", "--network", "none", tag, "python", "-c", code)
        except EngineError:
            return False
        finally:
            self.engine.docker("rmi", "--force", tag)
        return True


def place_stand_in(project: Path, name: str, files: Mapping[str, str]) -> None:
    """Write a package of these files, by their path within it, into the project."""
    written = {project / name / name / path: text for path, text in files.items()}
    for file, text in written.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    folders = {file.parent.relative_to(project / name) for file in written}
    packages = [".".join(folder.parts) for folder in sorted(folders)]
    (project / name).mkdir(exist_ok=True)
    (project / name / "pyproject.toml").write_text(_STAND_IN.format(name=name, packages=packages))


@pytest.fixture
def bench(
    bases: Callable[..., Engine],
    certificates: Path | None,
    knowledge_options: tuple[str, ...],
    tmp_path: Path,
) -> Bench:
    trust = ("--ca", str(certificates)) if certificates else ()
    return Bench(engine=bases("amd64"), folder=tmp_path, options=(*trust, *knowledge_options))


def check(bench: Bench, name: str, code: str) -> None:
    forgotten = bench.folder / "forgotten"
    (forgotten / "packages").mkdir(parents=True)
    (forgotten / "packages" / f"{name}.toml").write_text(_FORGOTTEN.format(name=name))
    base = FORGOTTEN.get(name, "slim-trixie")
    assert not bench.tries(name, code, str(forgotten), base=base)
    assert bench.tries(name, code)


@pytest.mark.parametrize(("name", "code"), SMALL.items(), ids=list(SMALL))
def test_without_the_fact_the_image_fails_and_with_it_it_runs(
    bench: Bench, name: str, code: str
) -> None:
    check(bench, name, code)


@pytest.mark.long
@pytest.mark.parametrize(("name", "code"), OTHERS.items(), ids=list(OTHERS))
def test_the_same_for_larger_libraries_and_programs(bench: Bench, name: str, code: str) -> None:
    check(bench, name, code)
