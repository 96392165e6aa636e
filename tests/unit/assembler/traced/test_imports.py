import pytest

from scaffold.assembler.traced.imports import Found, find_imports
from scaffold.assembler.traced.keeping import module_of, spell_file


def read(source: str, module: str = "web.app", *, package: bool = False) -> Found:
    return find_imports(source.encode(), module, package=package)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("def f():\n    import a.b", "a.b"),
        ("from a import b", "a.b"),
        ("from . import views", "web.views"),
        ("from .views import show", "web.views"),
        ("import importlib\nimportlib.import_module('a.late')", "a.late"),
        (
            "from importlib import import_module as i\nimport importlib\nimport_module('.x')",
            "web.x",
        ),
        ("import a as b\nb.c.d()", "a.c.d"),
        ("try:\n    import fast\nexcept ImportError:\n    import slow", "slow"),
        ("run('web.tasks:main')", "web.tasks.main"),
    ],
)
def test_what_any_function_imports_is_named(source: str, named: str) -> None:
    assert named in read(source).modules


@pytest.mark.parametrize(
    "source",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import heavy",
        "import sys\nif sys.platform == 'win32':\n    import heavy",
        "import sys\nif sys.platform.startswith('win'):\n    import heavy",
        "import os\nif os.name == 'nt':\n    import heavy",
        "if __name__ == '__main__':\n    import heavy",
    ],
)
def test_what_cannot_run_in_an_image_is_not(source: str) -> None:
    assert "heavy" not in read(source).modules


def test_a_branch_for_linux_counts() -> None:
    assert "heavy" in read("import sys\nif sys.platform == 'linux':\n    import heavy").modules


def test_a_program_runs_its_main_part() -> None:
    source = b"if __name__ == '__main__':\n    import uvicorn"
    assert "uvicorn" in find_imports(source, "main", package=False, script=True).modules


def test_a_computed_import_is_dynamic() -> None:
    assert read("import importlib\nimportlib.import_module(name)").dynamic
    assert read("import pkgutil\npkgutil.iter_modules(p)").dynamic
    assert not read("import importlib\nimportlib.import_module('json')").dynamic


def test_a_package_that_loads_its_own_modules_when_asked_is_lazy() -> None:
    source = (
        "import importlib\nversion = 1\n"
        "def __getattr__(name):\n    return importlib.import_module(f'web.{name}')"
    )
    found = read(source, "web", package=True)
    assert found.lazy
    assert not found.dynamic
    assert "version" in found.bound
    assert read("import lazy_loader\nlazy_loader.attach(__name__)", "web", package=True).lazy


def test_what_does_not_parse_names_nothing() -> None:
    assert read("print 'two'") == Found()


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        ("/l/python3.13/json/__init__.pyc", "stdlib/json/__init__.py"),
        ("/l/python3.13/site/a/__pycache__/b.cpython-313.pyc", "site/a/b.py"),
        ("/l/python3.13/site/a/_c.cpython-313-aarch64-linux-gnu.so", "site/a/_c.so"),
        ("/l/python3.13/site/a/_c.abi3.so", "site/a/_c.so"),
        ("/l/python3.13/site/a.libs/libz-1f.so.1", "site/a.libs/libz-1f.so.1"),
        ("/usr/lib/aarch64-linux-gnu/libz.so.1.3.1", "library/libz.so.1.3.1"),
        ("/etc/localtime", "/etc/localtime"),
    ],
)
def test_a_file_is_spelled_alike_everywhere(path: str, spelled: str) -> None:
    assert spell_file(path, "/l/python3.13", "/l/python3.13/site") == spelled


def test_a_library_is_no_module() -> None:
    assert module_of("a/b.py") == "a.b"
    assert module_of("a/__init__.py") == "a"
    assert module_of("lib-dynload/_ssl.so") == "_ssl"
    assert module_of("a.libs/libz-1f.so") == ""
    assert module_of("a/data.json") == ""


@pytest.mark.parametrize(
    "deep",
    [
        "x = " + "+".join(["1"] * 5000),
        "x = a" + ".b()" * 900,
        "x = " + "-" * 2000 + "1",
        "x = [" + " or ".join(["not a"] * 10) + ", " + "(" * 80 + "1" + ")" * 80 + "]",
    ],
    ids=["sum", "chain", "signs", "flat"],
)
def test_expressions_of_any_depth_leave_the_imports_known(deep: str) -> None:
    source = f"import a.first\n{deep}\ndef f():\n    from . import late\n"
    assert {"a.first", "web.late"} <= read(source).modules


def test_a_deep_file_still_tells_that_it_imports_what_it_computes() -> None:
    found = read("import importlib\nx = a" + ".b()" * 2000 + "\nimportlib.import_module(name)\n")
    assert found.dynamic
