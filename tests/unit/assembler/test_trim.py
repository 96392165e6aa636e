from pathlib import Path

import pytest

from scaffold.assembler.packages import Packages
from scaffold.assembler.stripping import count_symbols, is_same_to_a_loader, strip_bytes, strip_file
from scaffold.assembler.trim import EVERY, FOR_COMPILERS, RULES, Rule, find_spent
from scaffold.assembler.trimming import drop_launchers
from tests.support.elf_files import make_elf, make_patched_elf, write


def spent(
    folder: Path,
    rule: str,
    *spared: tuple[str, str],
    level: str = "max",
    languages: frozenset[str] = frozenset(),
) -> list[str]:
    found = dict(find_spent(Packages(folder, languages), level, spared))
    return sorted("/".join(parts) for parts in found.get(rule, ()))


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("numpy/_core/include/numpy/arrayobject.h", "headers"),
        ("tensorflow/include/Eigen/Core", "headers"),
        ("numpy/random/lib/libnpyrandom.a", "static"),
        ("numpy/__init__.pyi", "stubs"),
        ("numpy/random/_bounded.pxd", "sources"),
        ("pandas/tests/test_frame.py", "tests"),
        ("pandas/tests/data/notes.rst", "tests"),
        ("numpy/_core/_umath_tests.cpython-313-x86_64-linux-gnu.so", "tests"),
        ("h11/_docs.md", "docs"),
        ("share/man/man1/tool.1", "docs"),
        ("pip/_vendor/rich/__init__.py", "pip"),
        ("sklearn/examples/plot.py", "examples"),
        ("babel/locale-data/fr_CA.dat", "locales"),
        ("wtforms/locale/de/LC_MESSAGES/wtforms.mo", "locales"),
    ],
)
def test_each_rule_drops_its_kind_and_no_other_does(tmp_path: Path, path: str, rule: str) -> None:
    write(tmp_path, "numpy/__init__.py", "")
    write(tmp_path, path, "x")
    assert {r.name: spent(tmp_path, r.name) for r in RULES if spent(tmp_path, r.name)} == {
        rule: [path]
    }


@pytest.mark.parametrize(
    ("source", "goes"),
    [
        ("import fast.core\n", True),
        ("from fast import _core_tests\n", False),
        ("def check():\n    from fast._core_tests import run\n", False),
        ("importlib.import_module('fast._core_tests')\n", False),
    ],
)
def test_machine_code_of_tests_goes_where_only_tests_import_it(
    tmp_path: Path, source: str, *, goes: bool
) -> None:
    write(tmp_path, "fast/_core_tests.abi3.so", "x")
    write(tmp_path, "fast/tests/test_core.py", "from fast import _core_tests\n")
    write(tmp_path, "other.py", source)
    found = spent(tmp_path, "tests", level="safe")
    assert ("fast/_core_tests.abi3.so" in found) is goes
    assert "fast/tests/test_core.py" in found


TWIN = "heavy/libheavy.so.1.2"


@pytest.mark.parametrize(
    ("path", "content", "goes"),
    [
        ("heavy/core.so", make_elf(needed=("libheavy_shared.so", "libheavy-x.so")), True),
        ("heavy/core.so", make_elf(needed=("libheavy.so.1",)), False),
        ("other/core.so", make_elf() + b"\0libheavy.so\0", False),
        ("other/tool", make_elf() + b"libheavy%s", False),
        ("other/load.py", 'glob.glob("libheavy.so*")', False),
        ("other/load.py", 'f"lib{name}.so", "libheavy2.so"', True),
        ("other/plugins.json", '{"library": "libheavy"}', False),
        ("heavy/README.md", "libheavy.so", True),
        ("heavy/libheavy.so", make_elf(soname="libheavy.so.1"), True),
        ("other/libheavy.so", make_elf(soname="libheavy.so.1"), False),
    ],
)
def test_a_library_goes_where_only_itself_says_its_name(
    tmp_path: Path, path: str, content: str | bytes, *, goes: bool
) -> None:
    write(tmp_path, TWIN, make_elf(soname="libheavy.so.1"))
    write(tmp_path, "unknown/libunknown.so", make_elf())
    write(tmp_path, path, content)
    known = (TWIN, "heavy/libheavy.so")
    packages = Packages(tmp_path, unloaded=frozenset(tuple(one.split("/")) for one in known))
    found = dict(find_spent(packages, "safe", ()))["unloaded"]
    assert (tuple(TWIN.split("/")) in found) is goes
    assert not [parts for parts in found if parts[0] != "heavy"]


@pytest.mark.parametrize("level", ["none", "safe", "max"])
def test_a_level_holds_its_rules_and_those_below_it(tmp_path: Path, level: str) -> None:
    write(tmp_path, "a/x.h", "")
    write(tmp_path, "a/locale/fr/LC_MESSAGES/a.mo", "")
    found = {name for name, files in find_spent(Packages(tmp_path), level, ()) if files}
    assert found == {"none": set(), "safe": {"headers"}, "max": {"headers", "locales"}}[level]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_says_why(rule: Rule) -> None:
    assert "\n\n    Why: " in (type(rule).__doc__ or "")


def test_metadata_and_entry_points_stay(tmp_path: Path) -> None:
    write(tmp_path, "x-1.dist-info/entry_points.txt", "[console_scripts]")
    write(tmp_path, "x-1.dist-info/licenses/tests/a.h", "")
    write(tmp_path, "x-1.dist-info/licenses/LICENSE.md", "")
    assert not [files for _, files in find_spent(Packages(tmp_path), "max", ()) if files]


def test_a_rule_spares_the_packages_that_the_facts_name(tmp_path: Path) -> None:
    write(tmp_path, "torch/include/a.h", "")
    write(tmp_path, "numpy/include/b.h", "")
    assert spent(tmp_path, "headers", ("headers", "torch")) == ["numpy/include/b.h"]


@pytest.mark.parametrize("rule", FOR_COMPILERS)
def test_where_there_is_a_compiler_what_it_reads_stays(tmp_path: Path, rule: str) -> None:
    for path in ("a/x.h", "a/libx.a", "a/x.pyx", "a/__init__.pyi"):
        write(tmp_path, path, "")
    assert spent(tmp_path, rule) != []
    assert spent(tmp_path, rule, (rule, EVERY)) == []


def test_packages_that_compile_at_run_time_keep_their_headers(tmp_path: Path) -> None:
    write(tmp_path, "cupy/cuda/compiler.py", "from cupy_backends import x\nload('nvrtc64_112_0')")
    write(tmp_path, "cupy/_core/include/cupy/complex.cuh", "")
    assert spent(tmp_path, "headers") == []


@pytest.mark.parametrize(
    "reads",
    [
        "__getattr__, *_ = lazy.attach_stub(__name__, __file__)",
        "from lazy_loader import attach_stub\n",
        "stubs = Path(__file__).with_suffix('.pyi')",
    ],
)
def test_a_package_that_reads_its_stubs_keeps_them(tmp_path: Path, reads: str) -> None:
    write(tmp_path, "skimage/__init__.py", reads)
    write(tmp_path, "skimage/__init__.pyi", "")
    write(tmp_path, "numpy/__init__.pyi", "")
    write(tmp_path, "numpy/tests/test_stubs.py", "FILES = ['__init__.pyi']")
    assert spent(tmp_path, "stubs") == ["numpy/__init__.pyi"]


def test_texts_that_a_package_opens_are_no_documentation(tmp_path: Path) -> None:
    write(tmp_path, "sklearn/datasets/_base.py", "load_descr('iris.rst')")
    write(tmp_path, "sklearn/datasets/descr/wine_data.rst", "")
    write(tmp_path, "sklearn/README.md", "")
    assert spent(tmp_path, "docs") == ["sklearn/README.md"]


def test_code_in_a_folder_called_docs_is_code(tmp_path: Path) -> None:
    write(tmp_path, "boto3/docs/__init__.py", "")
    write(tmp_path, "boto3/docs/logo.svg", "")
    assert spent(tmp_path, "docs") == ["boto3/docs/logo.svg"]


def test_a_catalogue_goes_where_it_was_compiled(tmp_path: Path) -> None:
    write(tmp_path, "django/conf/locale/de/LC_MESSAGES/django.po", "")
    write(tmp_path, "django/conf/locale/de/LC_MESSAGES/django.mo", "")
    write(tmp_path, "other/locale/de/LC_MESSAGES/other.po", "")
    assert spent(tmp_path, "sources") == ["django/conf/locale/de/LC_MESSAGES/django.po"]


def test_english_and_the_languages_of_the_application_stay(tmp_path: Path) -> None:
    for name in ("en_GB.dat", "de_AT.dat", "fr.dat", "root.dat", "LICENSE.unicode"):
        write(tmp_path, f"babel/locale-data/{name}", "")
    write(tmp_path, "django/conf/locale/fr/formats.py", "")
    found = spent(tmp_path, "locales", languages=frozenset({"de"}))
    assert found == ["babel/locale-data/fr.dat"]


def test_pip_goes_unless_another_package_knows_it(tmp_path: Path) -> None:
    write(tmp_path, "pip/__init__.py", "")
    write(tmp_path, "app/__init__.py", "")
    assert spent(tmp_path, "pip") == ["pip/__init__.py"]
    write(tmp_path, "app/__init__.py", "run([sys.executable, '-m', 'pip', 'install', name])")
    assert spent(tmp_path, "pip") == []


@pytest.mark.parametrize(
    "line",
    [
        "from numpy._core.tests import _natype",
        "from numpy._core.tests._natype import pd_NA",
        "import numpy._core.tests._natype",
        "from .._core.tests._natype import pd_NA",
        "importlib.import_module('numpy._core.tests._natype')",
        "importlib.import_module('._core.tests._natype', 'numpy')",
    ],
)
def test_a_test_module_that_something_imports_stays(tmp_path: Path, line: str) -> None:
    write(tmp_path, "numpy/testing/private.py", line)
    write(tmp_path, "numpy/_core/tests/__init__.py", "")
    write(tmp_path, "numpy/_core/tests/_natype.py", "")
    write(tmp_path, "numpy/_core/tests/test_it.py", "")
    write(tmp_path, "numpy/_core/tests/data.csv", "")
    write(tmp_path, "numpy/linalg/tests/test_linalg.py", "")
    assert spent(tmp_path, "tests") == [
        "numpy/_core/tests/test_it.py",
        "numpy/linalg/tests/test_linalg.py",
    ]


def test_a_test_folder_that_is_imported_as_a_whole_stays_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py", "from . import tests")
    write(tmp_path, "a/tests/one.py", "")
    assert spent(tmp_path, "tests") == []


def test_what_kept_tests_import_stays_too(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "import a.tests")
    write(tmp_path, "a/tests/__init__.py", "from b.test import support")
    write(tmp_path, "b/test/support.py", "")
    write(tmp_path, "c/tests/x.py", "import c")
    assert spent(tmp_path, "tests") == ["c/tests/x.py"]


def test_folders_named_test_that_are_spared_are_read_like_any_source(tmp_path: Path) -> None:
    write(tmp_path, "tensorflow/python/framework/test/util.py", "import keras.tests.helper")
    write(tmp_path, "keras/tests/helper.py", "")
    write(tmp_path, "keras/tests/test_layer.py", "")
    assert spent(tmp_path, "tests", ("tests", "tensorflow")) == ["keras/tests/test_layer.py"]


def test_stripping_takes_out_what_no_loader_reads_and_changes_nothing_else(tmp_path: Path) -> None:
    whole = make_elf(needed=("libc.so.6",), soname="x", symbols=50_000)
    file = write(tmp_path, "x.so", whole)
    assert count_symbols(whole) == len(whole) - len(strip_bytes(whole))
    saved = strip_file(file)
    left = file.read_bytes()
    assert saved > 50_000
    assert len(left) == len(whole) - saved
    assert left[64:] == whole[64 : len(left)]
    assert strip_file(file) == 0


@pytest.mark.parametrize("align", [0x1000, 0x10000])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [32, 64])
def test_segments_that_patching_put_behind_the_symbols_move_up(
    bits: int, order: str, align: int
) -> None:
    whole = make_patched_elf(bits=bits, order=order, align=align, symbols=200_000)
    left = strip_bytes(whole)
    assert len(whole) - len(left) > 200_000 - 2 * align
    assert count_symbols(whole) == len(whole) - len(left)
    assert is_same_to_a_loader(whole, left)


def test_a_difference_that_a_loader_would_see_is_seen() -> None:
    whole = make_patched_elf(align=0x1000, symbols=9000)
    left = bytearray(strip_bytes(whole))
    left[-1] ^= 1
    assert not is_same_to_a_loader(whole, bytes(left))


def test_a_file_that_is_not_aligned_is_left_as_it_was() -> None:
    whole = make_patched_elf(align=0x1000, symbols=50_000, skew=8)
    assert strip_bytes(whole) == whole


def test_bytes_that_somebody_appended_are_left_alone(tmp_path: Path) -> None:
    file = write(tmp_path, "x.so", make_elf(symbols=50_000) + b"payload")
    assert strip_file(file) == 0
    assert file.read_bytes().endswith(b"payload")


def test_little_is_not_worth_it(tmp_path: Path) -> None:
    assert strip_file(write(tmp_path, "x.so", make_elf(symbols=100))) == 0


@pytest.mark.parametrize("cut", [3, 20, 63, 100, 150])
def test_a_broken_file_is_left_alone(cut: int) -> None:
    whole = make_elf(symbols=50_000)
    assert strip_bytes(whole[:cut]) == whole[:cut]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("lib/engine/api.h", "TEXT = open(HERE / 'engine' / 'api.h').read()"),
        ("lib/gpu/kernel.cl.h", 'load("gpu/kernel.cl.h")'),
        ("lib/README.md", "open(path.join(HERE, 'README.md'))"),
        ("lib/fast.c", "build(r'fast.c')"),
        ("lib/libhelper.a", 'ARCHIVE = b"libhelper.a"'),
        ("lib/shapes.pyi", "parse('shapes.pyi')"),
    ],
)
def test_a_file_that_its_package_names_stays(tmp_path: Path, file: str, source: str) -> None:
    write(tmp_path, "lib/__init__.py", source)
    write(tmp_path, file, "x")
    found = dict(find_spent(Packages(tmp_path), "max", ()))
    assert [p for files in found.values() for p in files] == []


def test_a_name_in_another_package_or_in_tests_keeps_nothing(tmp_path: Path) -> None:
    write(tmp_path, "lib/__init__.py", "")
    write(tmp_path, "lib/api.h", "x")
    write(tmp_path, "other/__init__.py", "open('api.h')")
    write(tmp_path, "lib/tests/test_api.py", "open('api.h')")
    assert spent(tmp_path, "headers") == ["lib/api.h"]


def test_a_file_too_deep_for_a_tree_still_says_what_it_imports(tmp_path: Path) -> None:
    deep = "x = " + "+".join(["1"] * 9000)
    write(tmp_path, "lib/__init__.py", f"{deep}\nif x: from lib.tests import (\n  helper,\n)\n")
    write(tmp_path, "lib/tests/__init__.py", "")
    write(tmp_path, "lib/tests/helper.py", "")
    write(tmp_path, "lib/tests/other.py", "")
    assert spent(tmp_path, "tests") == ["lib/tests/other.py"]


def test_a_package_called_bin_has_no_launchers_in_its_folders(tmp_path: Path) -> None:
    write(tmp_path, "scripts/bin/x", "from gone import main")
    write(tmp_path, "scripts/tool", "from gone import main")
    drop_launchers(tmp_path / "scripts", tmp_path / "packages", {"gone": {"tests": 1}})
    assert [p.name for p in (tmp_path / "scripts").iterdir()] == ["bin"]
