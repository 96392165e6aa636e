"""What building takes, told by the files of an sdist: the same signs that real ones have."""

import pytest

from scaffold.index.metadata import scan_sources

C = {"src/a.c": "#include <Python.h>\n#include <stdio.h>\n#include <sys/types.h>\n"}


@pytest.mark.parametrize(
    "texts",
    [
        {"setup.py": "setup(name='x', packages=find_packages())"},
        {"pyproject.toml": "[build-system]\nbuild-backend = 'hatchling.build'\n", **C},
        {"pyproject.toml": "[build-system]\nbuild-backend = 'poetry.core.masonry.api'\n"},
        {"pyproject.toml": "[build-system]\nbackend-path = ['.']\nbuild-backend = 'own'\n"},
        {"setup.py": "setup()", "tests/data/a.c": "int x;"},
        {"setup.cfg": "[options]\n"},
    ],
)
def test_what_runs_no_compiler_is_pure(texts: dict[str, str]) -> None:
    assert not scan_sources(texts, tuple(texts)).native


@pytest.mark.parametrize(
    ("texts", "languages"),
    [
        ({"setup.py": "setup(ext_modules=[Extension('a', ['src/a.c'])])", **C}, ("c",)),
        ({"setup.py": "from build import x\nx()", "build.py": "cythonize('a')"}, ("cython",)),
        ({"setup.py": "go()", "pkg/a.pyx": ""}, ("cython",)),
        ({"setup.py": "setup(cffi_modules=['b.py:f'])"}, ("c",)),
        ({"pyproject.toml": "[build-system]\nbuild-backend = 'maturin'"}, ("rust",)),
        (
            {"pyproject.toml": "[build-system]\nbuild-backend = 'scikit_build_core.build'"},
            ("cmake",),
        ),
        ({"pyproject.toml": "[tool.setuptools]\next-modules = []", **C}, ("c",)),
        ({"pyproject.toml": "[build-system]\nbackend-path = ['.']", **C}, ("c",)),
    ],
)
def test_what_runs_a_compiler_is_native(texts: dict[str, str], languages: tuple[str, ...]) -> None:
    found = scan_sources(texts, tuple(texts))
    assert found.native
    assert found.languages == languages


def test_headers_are_those_that_the_archive_and_the_compiler_do_not_bring() -> None:
    texts = {
        "setup.py": "setup(ext_modules=x)\nsubprocess.run(['pkg-config', '--libs', 'libfoo'])",
        "src/a.c": '#include <jpeglib.h>\n#include "own.h"\n#include <math.h>\n#include <io.h>\n'
        "#include <datetime.h>\n#include <pymem.h>\n#include <longobject.h>\n",
        "src/own.h": "#  include <ft2build.h>\n#include <vector>\n",
    }
    found = scan_sources(texts, tuple(texts))
    assert found.headers == ("ft2build.h", "jpeglib.h")
    assert found.modules == ("libfoo",)


def test_modules_of_build_systems_are_found() -> None:
    texts = {
        "pyproject.toml": "[build-system]\nbuild-backend = 'mesonpy'",
        "meson.build": "dep = dependency('openblas')\npy = dependency('python3')",
        "CMakeLists.txt": "find_package(ZLIB REQUIRED)\nfind_package(Python REQUIRED)",
    }
    found = scan_sources(texts, tuple(texts))
    assert found.modules == ("ZLIB", "openblas")
    assert "meson" in found.languages


@pytest.mark.parametrize(
    ("path", "text", "tuned"),
    [
        ("CMakeLists.txt", "list(APPEND FLAGS -march=native)", True),
        ("vendor/core/CMakeLists.txt", "set(ARM -mcpu=native+nosve)", True),
        ("setup.cfg", "extra_compile_args = -march=native", True),
        ("CMakeLists.txt", "if (AVX_IS_AVAILABLE_ON_HOST)", True),
        ("CMakeLists.txt", "set(CMAKE_C_FLAGS -march=armv8-a)", False),
        ("src/a.c", "/* try -march=native */", False),
    ],
)
def test_a_build_for_its_own_processor_is_seen(path: str, text: str, *, tuned: bool) -> None:
    texts = {"setup.py": "setup(ext_modules=x)", path: text}
    assert scan_sources(texts, tuple(texts)).tuned is tuned
