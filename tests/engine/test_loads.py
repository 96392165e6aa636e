"""What no scan of machine code finds: an image without it fails, the one that is planned does not.

Each library that a package opens by name, and each program that it starts, is a fact that somebody
wrote down. Here the same project is built with that fact and without it.
"""

from collections.abc import Callable
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
OTHERS = {
    "cairocffi": "import cairocffi",
    "gitpython": "import git; git.Git().version()",
    "graphviz": "import graphviz; graphviz.version()",
    "pdf2image": "from pdf2image.pdf2image import _get_poppler_version as v; v('pdftoppm')",
    "pydot": "import pydot; pydot.Dot().create_svg()",
    "pydub": "from pydub import AudioSegment as A; A.silent(9).export('/tmp/a', format='flac')",
    "pylibdmtx": "from pylibdmtx import pylibdmtx",
    "pytesseract": "import pytesseract; pytesseract.get_tesseract_version()",
    "pyvips": "import pyvips; pyvips.Image.black(1, 1)",
    "pyzbar": "from pyzbar import pyzbar",
    "sounddevice": "import sounddevice",
    "weasyprint": "import weasyprint",
}
# What Python no longer has and these packages import without asking for it (their notes say so);
# the last wheel of pyvips, 2.1, was made for Python 2, newer ones are built.
ALSO = {"pydub": "audioop-lts", "pylibdmtx": "setuptools", "pyvips": "pyvips>=3"}
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
