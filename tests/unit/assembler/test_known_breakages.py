"""Wheels that trimming has broken elsewhere, trimmed and stripped by us: what imports, imports.

scipy's vendored libraries do not stand a strip that misaligns them, scikit-image and librosa list
their modules in stubs, numpy.testing was deleted with the tests, TensorFlow has folders named test
that are no tests.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from scaffold.assembler.assembly import Order, assemble
from tools.knowledge.bytecode_only import import_all, is_of_tests

pytestmark = pytest.mark.online
SITE = "/site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``wheels`` with all they need, or only themselves if ``alone``.

    Every module below ``tops`` has to import as before: none of TensorFlow, which ends the process
    where some of its modules meet; ``lost`` are rules that must have taken
    something out, ``use`` is what an application does, ``spare`` what the package's facts ask for.
    """

    wheels: tuple[str, ...]
    tops: tuple[str, ...]
    use: str
    lost: tuple[str, ...]
    spare: tuple[tuple[str, str], ...] = ()
    alone: bool = False


SCIPY = Case(
    wheels=("scipy==1.16.3", "numpy==2.3.5"),
    tops=("scipy", "numpy"),
    use=(
        "import numpy, numpy.testing, scipy.linalg, scipy.special, scipy.optimize\n"
        "a = numpy.array([[2.0, 1.0], [1.0, 3.0]])\n"
        "numpy.testing.assert_allclose(scipy.linalg.inv(a) @ a, numpy.eye(2), atol=1e-12)\n"
        "assert scipy.optimize.brentq(lambda x: x - 1, 0, 2) == 1"
    ),
    lost=("tests", "stubs", "symbols"),
)
SCIKIT_IMAGE = Case(
    wheels=("scikit-image==0.25.2", "lazy-loader==0.4", "numpy==2.3.5"),
    tops=("skimage", "lazy_loader"),
    use=(
        "import numpy, skimage\n"
        "image = skimage.util.img_as_float(numpy.eye(16))\n"
        "assert skimage.filters.gaussian(image).shape == (16, 16)\n"
        "assert skimage.measure.label(image > 0).max() == 1"
    ),
    lost=("tests", "sources", "symbols"),
)
LIBROSA = Case(
    wheels=("librosa==0.11.0", "lazy-loader==0.4"),
    tops=("lazy_loader",),
    # What it needs to do something is ten times as large; its list of modules is read at once.
    use="import lazy_loader; stub = __import__('pathlib').Path(lazy_loader.__file__)\n"
    "get, _, names = lazy_loader.attach_stub('librosa.core', "
    "str(stub.parents[1] / 'librosa' / 'core' / '__init__.py'))\n"
    "assert 'stft' in names",
    lost=(),
    alone=True,
)
TENSORFLOW = Case(
    wheels=("tensorflow-cpu==2.20.0",),
    tops=(),
    use="import tensorflow as tf; tf.test.TestCase; assert int(tf.reduce_sum([1, 2])) == 3",
    lost=("headers", "symbols"),
    spare=(("tests", "tensorflow"),),
)


def install(case: Case, folder: Path) -> None:
    words = ("--no-compile", "--only-binary=:all:", "--target", str(folder))
    alone = ("--no-deps",) if case.alone else ()
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    done = subprocess.run([*pip, *words, *alone, *case.wheels], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    rmtree(folder / "bin", ignore_errors=True)


def trim(case: Case, whole: Path, out: Path) -> tuple[Path, list[str]]:
    """Return the folder of packages as an image has it, and what the build says."""
    packages = out / "packages"
    copytree(whole, packages)
    order = Order(
        packages=packages,
        scripts=out / "scripts",
        out=out / "layers",
        site_packages=SITE,
        bytecode="beside",
        spare=case.spare,
    )
    lines = list(assemble(order))
    return out / "layers" / "packages-1" / SITE.lstrip("/"), lines


def lose(before: Path, after: Path, tops: Sequence[str]) -> dict[str, str]:
    """Return the modules that imported before and do not after, with what they say."""
    whole, left = (import_all(folder, tops, sys.executable) for folder in (before, after))
    assert any(not error for error in whole.values()) or not tops
    return {
        module: left.get(module, "not found")
        for module, error in whole.items()
        if not error and left.get(module) != "" and not is_of_tests(module)
    }


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(SCIPY, id="scipy", marks=pytest.mark.long),
        pytest.param(SCIKIT_IMAGE, id="scikit-image", marks=pytest.mark.long),
        pytest.param(LIBROSA, id="librosa"),
        pytest.param(TENSORFLOW, id="tensorflow", marks=pytest.mark.long),
    ],
)
def test_what_imports_before_trimming_imports_after(case: Case, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    install(case, whole)
    site, lines = trim(case, whole, tmp_path)
    for rule in case.lost:
        assert any(f": {rule} " in line for line in lines), f"{rule} took nothing out: {lines}"
    code = f"import sys; sys.path.insert(0, {str(site)!r})\n{case.use}"
    used = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=False)
    assert used.returncode == 0, used.stderr.decode()
    assert lose(whole, site, case.tops) == {}
