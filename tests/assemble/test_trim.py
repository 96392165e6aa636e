from pathlib import Path

import pytest

from scaffold.assemble.stripping import strip_file
from scaffold.assemble.trim import RULES, headers, stubs, tests
from tests.assemble.elves import make_elf, write

NOTHING: frozenset[str] = frozenset()


def names(found: list[Path], folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in found)


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("numpy/_core/include/numpy/arrayobject.h", "headers"),
        ("tensorflow/include/Eigen/Core", "headers"),
        ("numpy/random/lib/libnpyrandom.a", "static"),
        ("numpy/__init__.pyi", "stubs"),
        ("numpy/random/_bounded.pxd", "sources"),
        ("pandas/tests/test_frame.py", "tests"),
    ],
)
def test_each_rule_drops_its_kind_and_no_other_does(tmp_path: Path, path: str, rule: str) -> None:
    write(tmp_path, "numpy/__init__.py", "")
    write(tmp_path, path, "x")
    dropped = {r.name: names(r.find(tmp_path, NOTHING), tmp_path) for r in RULES}
    assert {name for name, found in dropped.items() if found} == {rule}
    assert dropped[rule] == [path]


def test_metadata_and_entry_points_stay(tmp_path: Path) -> None:
    write(tmp_path, "x-1.dist-info/entry_points.txt", "[console_scripts]")
    write(tmp_path, "x-1.dist-info/licenses/tests/a.h", "")
    assert not [found for rule in RULES for found in rule.find(tmp_path, NOTHING)]


def test_a_rule_spares_the_packages_that_the_facts_name(tmp_path: Path) -> None:
    write(tmp_path, "torch/include/a.h", "")
    write(tmp_path, "numpy/include/b.h", "")
    assert names(headers.find(tmp_path, frozenset({"torch"})), tmp_path) == ["numpy/include/b.h"]


def test_a_package_that_reads_its_stubs_keeps_them(tmp_path: Path) -> None:
    write(tmp_path, "skimage/__init__.py", "__getattr__, *_ = lazy.attach_stub(__name__, __file__)")
    write(tmp_path, "skimage/__init__.pyi", "")
    write(tmp_path, "numpy/__init__.pyi", "")
    assert names(stubs.find(tmp_path, NOTHING), tmp_path) == ["numpy/__init__.pyi"]


@pytest.mark.parametrize(
    "line",
    [
        "from numpy._core.tests import _natype",
        "from numpy._core.tests._natype import pd_NA",
        "import numpy._core.tests._natype",
        "from .._core.tests._natype import pd_NA",
        "from .._core import tests",
        "importlib.import_module('numpy._core.tests._natype')",
    ],
)
def test_a_test_folder_that_something_imports_stays(tmp_path: Path, line: str) -> None:
    write(tmp_path, "numpy/testing/private.py", line)
    write(tmp_path, "numpy/_core/tests/_natype.py", "")
    write(tmp_path, "numpy/_core/tests/data.csv", "")
    write(tmp_path, "numpy/linalg/tests/test_linalg.py", "")
    found = names(tests.find(tmp_path, NOTHING), tmp_path)
    assert found == ["numpy/linalg/tests/test_linalg.py"]


def test_what_kept_tests_import_stays_too(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "import a.tests")
    write(tmp_path, "a/tests/__init__.py", "from b.test import support")
    write(tmp_path, "b/test/support.py", "")
    write(tmp_path, "c/tests/x.py", "import c")
    assert names(tests.find(tmp_path, NOTHING), tmp_path) == ["c/tests/x.py"]


def test_stripping_cuts_what_no_loader_reads_and_moves_nothing(tmp_path: Path) -> None:
    whole = make_elf(needed=("libc.so.6",), soname="x", symbols=50_000)
    file = write(tmp_path, "x.so", whole)
    saved = strip_file(file)
    left = file.read_bytes()
    assert saved > 50_000
    assert len(left) == len(whole) - saved
    assert left[64:] == whole[64 : len(left)]
    assert strip_file(file) == 0


def test_bytes_that_somebody_appended_are_left_alone(tmp_path: Path) -> None:
    file = write(tmp_path, "x.so", make_elf(symbols=50_000) + b"payload")
    assert strip_file(file) == 0
    assert file.read_bytes().endswith(b"payload")


def test_little_is_not_worth_it(tmp_path: Path) -> None:
    assert strip_file(write(tmp_path, "x.so", make_elf(symbols=100))) == 0
