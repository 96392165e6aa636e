"""How a project is built as a package: read from what stands there, nothing is run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scaffold.model.project import OwnPackage
from scaffold.project.own_package import read_own_package

HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
SETUPTOOLS = (
    '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n'
)
NAMED = '[project]\nname = "fleet-ctl"\nversion = "1"\n'


def read(
    root: Path, files: Mapping[str, str], folder: str = ".", *, named: bool = False
) -> OwnPackage | None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_own_package(root, folder, sorted(files), named=named)


@pytest.mark.parametrize(
    ("files", "backend", "name"),
    [
        ({"pyproject.toml": HATCHLING + NAMED}, "hatchling.build", "fleet-ctl"),
        ({"setup.py": "setup(name='Fleet_Ctl')"}, "setuptools.build_meta:__legacy__", "fleet-ctl"),
        (
            {"setup.cfg": "[metadata]\nname = fleet-ctl\n", "pyproject.toml": SETUPTOOLS},
            "setuptools.build_meta",
            "fleet-ctl",
        ),
        (
            {"pyproject.toml": '[tool.poetry]\nname = "fleet-ctl"\n'},
            "poetry.core.masonry.api",
            "fleet-ctl",
        ),
        (
            {"pyproject.toml": NAMED + "[tool.uv]\npackage = true\n"},
            "setuptools.build_meta:__legacy__",
            "fleet-ctl",
        ),
    ],
)
def test_what_is_a_package_has_a_backend_and_a_name(
    tmp_path: Path, files: Mapping[str, str], backend: str, name: str
) -> None:
    own = read(tmp_path, {"fleet_ctl/__init__.py": "", **files})
    assert own is not None
    assert (own.backend, own.name) == (backend, name)
    assert own.problem == ""


@pytest.mark.parametrize(
    "text",
    [
        NAMED,
        "[tool.ruff]\n",
        HATCHLING + NAMED + "[tool.uv]\npackage = false\n",
        '[tool.poetry]\nname = "x"\npackage-mode = false\n[build-system]\nrequires = []\n',
        SETUPTOOLS + NAMED + "[tool.pdm]\ndistribution = false\n",
        SETUPTOOLS,
    ],
)
def test_what_is_no_package_stays_a_folder_of_sources(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, {"pyproject.toml": text, "main.py": ""}) is None


def test_a_folder_that_a_requirements_file_names_is_built_as_pip_does(tmp_path: Path) -> None:
    files = {"libs/a/pyproject.toml": NAMED, "libs/a/a.py": ""}
    assert read(tmp_path, files, "libs/a") is None
    own = read(tmp_path, files, "libs/a", named=True)
    assert own is not None
    assert own.backend.startswith("setuptools")


@pytest.mark.parametrize(
    ("text", "file", "root"),
    [
        (HATCHLING + NAMED, "fleet_ctl/__init__.py", "."),
        (HATCHLING + NAMED, "src/fleet_ctl/__init__.py", "src"),
        (
            HATCHLING + NAMED + '[tool.hatch.build.targets.wheel]\npackages = ["lib/fleet_ctl"]\n',
            "lib/fleet_ctl/__init__.py",
            "lib",
        ),
        (
            SETUPTOOLS + NAMED + '[tool.setuptools.packages.find]\nwhere = ["python"]\n',
            "python/fleet_ctl/__init__.py",
            "python",
        ),
        (
            '[tool.poetry]\nname = "fleet-ctl"\npackages = [{include = "x", from = "code"}]\n',
            "code/fleet_ctl/__init__.py",
            "code",
        ),
        (
            '[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n'
            + NAMED
            + '[tool.maturin]\npython-source = "python"\n',
            "python/fleet_ctl/__init__.py",
            "python",
        ),
        (
            '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n' + NAMED,
            "src/fleet_ctl/__init__.py",
            "src",
        ),
    ],
)
def test_the_folder_of_modules_is_what_the_backend_takes(
    tmp_path: Path, text: str, file: str, root: str
) -> None:
    own = read(tmp_path, {"pyproject.toml": text, file: ""})
    assert own is not None
    assert own.root == root


def test_setup_py_names_its_folder_of_modules(tmp_path: Path) -> None:
    text = "setup(name='x', packages=find_packages('lib'), package_dir={'': 'lib'})"
    own = read(tmp_path, {"libs/x/setup.py": text, "libs/x/lib/x/__init__.py": ""}, "libs/x")
    assert own is not None
    assert own.root == "libs/x/lib"


@pytest.mark.parametrize(
    ("files", "tools"),
    [
        ({"pyproject.toml": HATCHLING + NAMED, "fleet_ctl/a.c": ""}, ()),
        (
            {
                "pyproject.toml": SETUPTOOLS
                + NAMED
                + '[tool.setuptools]\next-modules = [{name = "f", sources = ["f.c"]}]\n',
                "f.c": "",
            },
            ("c",),
        ),
        (
            {"setup.py": "setup(name='x', ext_modules=cythonize('x.pyx'))", "x.pyx": ""},
            ("c",),
        ),
        (
            {"setup.py": "setup(name='x', ext_modules=[Extension('x', ['x.cpp'])])", "x.cpp": ""},
            ("c", "c++"),
        ),
        (
            {
                "pyproject.toml": '[build-system]\nrequires = ["maturin"]\n'
                'build-backend = "maturin"\n' + NAMED,
                "src/lib.rs": "",
            },
            ("c", "rust"),
        ),
        (
            {
                "pyproject.toml": '[build-system]\nrequires = ["scikit-build-core"]\n'
                'build-backend = "scikit_build_core.build"\n' + NAMED,
                "CMakeLists.txt": "",
            },
            ("c", "c++", "cmake", "ninja"),
        ),
        (
            {
                "pyproject.toml": '[tool.poetry]\nname = "x"\nbuild = "build.py"\n',
                "build.py": "from setuptools import Extension",
                "x/__init__.py": "",
            },
            ("c",),
        ),
    ],
)
def test_code_that_has_to_be_compiled_is_known_by_the_build_that_names_it(
    tmp_path: Path, files: Mapping[str, str], tools: tuple[str, ...]
) -> None:
    own = read(tmp_path, files)
    assert own is not None
    assert own.tools == tools


@pytest.mark.parametrize(
    ("text", "versioned"),
    [
        (HATCHLING + NAMED, False),
        (HATCHLING.replace('"hatchling"', '"hatchling", "hatch-vcs"') + NAMED, True),
        (SETUPTOOLS.replace('"setuptools>=77"', '"setuptools-scm[toml]>=8"') + NAMED, True),
        (SETUPTOOLS.replace('"setuptools>=77"', '"setuptools", "versioningit"') + NAMED, True),
        (
            SETUPTOOLS.replace('"setuptools>=77"', '"setuptools", "setuptools-git-versioning"')
            + NAMED,
            True,
        ),
        (
            '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n'
            + NAMED
            + '[tool.pdm.version]\nsource = "scm"\n',
            True,
        ),
    ],
)
def test_a_version_that_version_control_gives_is_known(
    tmp_path: Path, text: str, *, versioned: bool
) -> None:
    own = read(tmp_path, {"pyproject.toml": text, "fleet_ctl/__init__.py": ""})
    assert own is not None
    assert own.versioned is versioned


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"pyproject.toml": SETUPTOOLS + NAMED, "app/a.py": "", "web/b.py": ""},
            "setuptools refuses to choose between app, web",
        ),
        (
            {"pyproject.toml": SETUPTOOLS + NAMED, "main.py": "", "web.py": ""},
            "setuptools refuses to choose between main, web",
        ),
        (
            {"pyproject.toml": HATCHLING + NAMED, "app/__init__.py": ""},
            "hatchling finds no module fleet_ctl",
        ),
        (
            {"pyproject.toml": '[tool.poetry]\nname = "fleet-ctl"\n', "app/__init__.py": ""},
            "poetry finds no module fleet_ctl",
        ),
        (
            {
                "pyproject.toml": '[build-system]\nrequires = ["uv_build"]\n'
                'build-backend = "uv_build"\n' + NAMED,
                "main.py": "",
            },
            "uv_build finds no module fleet_ctl in src",
        ),
        ({"pyproject.toml": SETUPTOOLS + NAMED, "app/a.py": "", "tests/b.py": ""}, ""),
        ({"pyproject.toml": SETUPTOOLS + NAMED, "src/a/a.py": "", "src/b/b.py": ""}, ""),
        (
            {
                "pyproject.toml": SETUPTOOLS + NAMED + '[tool.setuptools]\npackages = ["app"]\n',
                "app/a.py": "",
                "web/b.py": "",
            },
            "",
        ),
    ],
)
def test_a_build_that_is_known_to_fail_is_told(
    tmp_path: Path, files: Mapping[str, str], said: str
) -> None:
    own = read(tmp_path, files)
    assert own is not None
    assert own.problem.startswith(said)
    assert bool(own.problem) is bool(said)


def test_what_a_build_hook_asks_for_is_built_with_as_well(tmp_path: Path) -> None:
    text = HATCHLING + NAMED + '[tool.hatch.build.hooks.x]\ndependencies = ["hatch-x>=1"]\n'
    own = read(tmp_path, {"pyproject.toml": text, "fleet_ctl/__init__.py": ""})
    assert own is not None
    assert own.requires == ("hatchling", "hatch-x>=1")


SCRIPT = """
setup(name='fleet', long_description=open('docs/LONG.md').read(), data_files=[('e', ['a.conf'])])
"""
SETTINGS = """
[metadata]
name = fleet
long_description = file: README.md, docs/LONG.md
license_files = COPYING
"""


@pytest.mark.parametrize(
    ("name", "text", "reads"),
    [
        ("pyproject.toml", HATCHLING + NAMED + 'readme = "README.md"\n', ["README.md"]),
        ("pyproject.toml", HATCHLING + NAMED + 'license = { file = "COPYING" }\n', ["COPYING"]),
        (
            "pyproject.toml",
            SETUPTOOLS
            + NAMED
            + '[tool.setuptools.data-files]\n"etc" = ["conf/*.conf", "a.conf"]\n',
            ["a.conf", "conf/b.conf", "conf/c.conf"],
        ),
        (
            "pyproject.toml",
            '[tool.poetry]\nname = "fleet"\nreadme = ["README.md", "docs/LONG.md"]\n',
            ["README.md", "docs/LONG.md"],
        ),
        ("setup.py", SCRIPT, ["a.conf", "docs/LONG.md"]),
        (
            "setup.cfg",
            SETTINGS,
            ["COPYING", "README.md", "docs/LONG.md"],
        ),
        (
            "pyproject.toml",
            HATCHLING
            + NAMED
            + '[tool.hatch.build.targets.wheel.force-include]\n"conf" = "f/c"\n"a.conf" = "f/a"\n',
            ["a.conf", "conf/b.conf", "conf/c.conf"],
        ),
        ("pyproject.toml", HATCHLING + NAMED + 'readme = "../../etc/passwd"\n', []),
        ("pyproject.toml", HATCHLING + NAMED + 'readme = ".env"\n', []),
    ],
)
def test_what_the_metadata_names_is_read_though_the_ignore_file_leaves_it_out(
    tmp_path: Path, name: str, text: str, reads: list[str]
) -> None:
    beside = (
        "README.md",
        "COPYING",
        "a.conf",
        "conf/b.conf",
        "conf/c.conf",
        "docs/LONG.md",
        ".env",
    )
    for path in beside:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x")
    own = read(tmp_path, {name: text, "fleet/__init__.py": ""}, named=True)
    assert own is not None
    assert list(own.reads) == reads
